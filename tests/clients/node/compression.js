'use strict';

// The cases about compression. What is compressed is chosen per channel or, in a stream, per message.

const grpc = require('@grpc/grpc-js');

const { LARGE_REQUEST, LARGE_RESPONSE } = require('./cases');
const { Responses, equal, hasPayload, hasStatus, outcome, succeeded, unary, zeros } = require('./service');

// `WriteFlags.NoCompress` of grpc-js, which only its type declarations have.
const NO_COMPRESS = 2;

async function client_compressed_unary(server) {
  const call = (expected) => (client) => unary(client, 'UnaryCall', {
    expect_compressed: { value: expected },
    response_size: LARGE_RESPONSE,
    payload: zeros(LARGE_REQUEST),
  });
  const probe = await server.connected(call(true));
  hasStatus('the probe', probe.status, grpc.status.INVALID_ARGUMENT);
  const compressed = await server.connectedWithGzip(call(true));
  hasPayload('the response to the compressed request', succeeded('compressed', compressed), LARGE_RESPONSE);
  const plain = await server.connected(call(false));
  hasPayload('the response to the plain request', succeeded('plain', plain), LARGE_RESPONSE);
}

async function client_compressed_streaming(server) {
  const compressed = { expect_compressed: { value: true }, payload: zeros(27182) };
  const plain = { expect_compressed: { value: false }, payload: zeros(45904) };

  const probe = await server.connected((client) => outcome((callback) => {
    const call = client.StreamingInputCall(callback);
    call.write(compressed);
    call.end();
    return call;
  }));
  hasStatus('the probe', probe.status, grpc.status.INVALID_ARGUMENT);

  const both = await server.connectedWithGzip((client) => outcome((callback) => {
    const call = client.StreamingInputCall(callback);
    call.write(compressed, () => {
      // Streams of Node.js take no flags for a message, the call below them does.
      call.call.sendMessageWithContext({ flags: NO_COMPRESS, callback: () => call.end() }, plain);
    });
    return call;
  }));
  const size = succeeded('StreamingInputCall', both).aggregated_payload_size;
  equal('aggregated_payload_size', size, 73086);
}

async function server_compressed_unary(server) {
  for (const isCompressed of [true, false]) {
    const what = `the response with response_compressed = ${isCompressed}`;
    const result = await server.connected((client) => unary(client, 'UnaryCall', {
      response_compressed: { value: isCompressed },
      response_size: LARGE_RESPONSE,
      payload: zeros(LARGE_REQUEST),
    }));
    hasPayload(what, succeeded(what, result), LARGE_RESPONSE);
    equal(`${what}: compressed messages`, result.unpacked, isCompressed ? 1 : 0);
  }
}

async function server_compressed_streaming(server) {
  const response_parameters = [
    { compressed: { value: true }, size: 31415 },
    { compressed: { value: false }, size: 92653 },
  ];
  const responses = await server.connected((client) =>
    new Responses(client.StreamingOutputCall({ response_parameters })).rest());
  equal('number of responses', responses.length, 2);
  hasPayload('the first response', responses[0], 31415);
  hasPayload('the second response', responses[1], 92653);
  equal('compressed messages up to the first response', responses[0].unpacked, 1);
  equal('compressed messages up to the second response', responses[1].unpacked, 1);
}

module.exports = {
  cases: {
    client_compressed_unary,
    client_compressed_streaming,
    server_compressed_unary,
    server_compressed_streaming,
  },
};

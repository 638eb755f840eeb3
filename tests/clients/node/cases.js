'use strict';

// The cases of the gRPC project's interoperability test descriptions, except those about compression. Names,
// sizes and what is demanded are theirs.

const grpc = require('@grpc/grpc-js');

const { Responses, equal, hasPayload, hasStatus, outcome, succeeded, unary, unaryAt, zeros } = require('./service');

const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;

const STATUS_MESSAGE = 'test status message';
const SPECIAL_STATUS_MESSAGE = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';

const INITIAL = ['x-grpc-test-echo-initial', 'test_initial_metadata_value'];
const TRAILING = ['x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab])];

const SOAK_ITERATIONS = 100;

const onOneChannel = {
  async empty_unary(client) {
    const response = succeeded('EmptyCall', await unary(client, 'EmptyCall', {}));
    equal('the response', response, {});
  },

  async large_unary(client) {
    await largeUnary('UnaryCall', client);
  },

  async client_streaming(client) {
    const result = await outcome((callback) => {
      const call = client.StreamingInputCall(callback);
      for (const size of REQUEST_SIZES) {
        call.write({ payload: zeros(size) });
      }
      call.end();
      return call;
    });
    const size = succeeded('StreamingInputCall', result).aggregated_payload_size;
    equal('aggregated_payload_size', size, 74922);
  },

  async server_streaming(client) {
    const response_parameters = RESPONSE_SIZES.map((size) => ({ size }));
    const responses = await new Responses(client.StreamingOutputCall({ response_parameters })).rest();
    equal('number of responses', responses.length, RESPONSE_SIZES.length);
    responses.forEach((response, at) => hasPayload(`response ${at + 1}`, response, RESPONSE_SIZES[at]));
  },

  async ping_pong(client) {
    const call = client.FullDuplexCall();
    const responses = new Responses(call);
    for (const [at, size] of RESPONSE_SIZES.entries()) {
      call.write(ping(REQUEST_SIZES[at], size));
      hasPayload(`response ${at + 1}`, await responses.next(), size);
    }
    call.end();
    equal('responses after the last', await responses.rest(), []);
  },

  async empty_stream(client) {
    const call = client.FullDuplexCall();
    call.end();
    equal('responses', await new Responses(call).rest(), []);
  },

  async status_code_and_message(client) {
    await unaryEchoesStatus(client, STATUS_MESSAGE);
    const call = client.FullDuplexCall();
    const responses = new Responses(call);
    call.write({ response_status: { code: 2, message: STATUS_MESSAGE } });
    call.end();
    hasStatus('FullDuplexCall', await responses.status, grpc.status.UNKNOWN, STATUS_MESSAGE);
  },

  async special_status_message(client) {
    await unaryEchoesStatus(client, SPECIAL_STATUS_MESSAGE);
  },

  async custom_metadata(client) {
    const metadata = new grpc.Metadata();
    metadata.set(...INITIAL);
    metadata.set(...TRAILING);

    const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
    const result = await unary(client, 'UnaryCall', request, metadata);
    hasPayload('UnaryCall', succeeded('UnaryCall', result), LARGE_RESPONSE);
    echoesMetadata('UnaryCall', result.initial, result.status.metadata);

    const call = client.FullDuplexCall(metadata);
    const stream = new Responses(call);
    call.write(ping(LARGE_REQUEST, LARGE_RESPONSE));
    call.end();
    const responses = await stream.rest();
    equal('FullDuplexCall: number of responses', responses.length, 1);
    hasPayload('FullDuplexCall', responses[0], LARGE_RESPONSE);
    echoesMetadata('FullDuplexCall', stream.initial, (await stream.status).metadata);
  },

  async unimplemented_method(client) {
    const result = await unaryAt(client, '/grpc.testing.TestService/UnimplementedCall');
    hasStatus('UnimplementedCall', result.status, grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service(client) {
    const result = await unaryAt(client, '/grpc.testing.UnimplementedService/UnimplementedCall');
    hasStatus('UnimplementedCall', result.status, grpc.status.UNIMPLEMENTED);
  },

  async timeout_on_sleeping_server(client) {
    const call = client.FullDuplexCall({ deadline: Date.now() + 1 });
    const responses = new Responses(call);
    call.write({ payload: zeros(REQUEST_SIZES[0]) });
    hasStatus('FullDuplexCall', await responses.status, grpc.status.DEADLINE_EXCEEDED);
    await goesOn(client);
  },

  async cancel_after_begin(client) {
    const result = await outcome((callback) => {
      const call = client.StreamingInputCall(callback);
      call.cancel();
      return call;
    });
    hasStatus('StreamingInputCall', result.status, grpc.status.CANCELLED);
    await goesOn(client);
  },

  async cancel_after_first_response(client) {
    const call = client.FullDuplexCall();
    const responses = new Responses(call);
    call.write(ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]));
    hasPayload('the first response', await responses.next(), RESPONSE_SIZES[0]);
    call.cancel();
    hasStatus('FullDuplexCall', await responses.status, grpc.status.CANCELLED);
    await goesOn(client);
  },

  async rpc_soak(client) {
    for (let iteration = 1; iteration <= SOAK_ITERATIONS; iteration += 1) {
      await largeUnary(`iteration ${iteration}`, client);
    }
  },
};

async function channel_soak(server) {
  for (let iteration = 1; iteration <= SOAK_ITERATIONS; iteration += 1) {
    await server.connected((client) => largeUnary(`iteration ${iteration}`, client));
  }
}

async function largeUnary(what, client) {
  const request = { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
  hasPayload(what, succeeded(what, await unary(client, 'UnaryCall', request)), LARGE_RESPONSE);
}

function ping(requestSize, responseSize) {
  return { response_parameters: [{ size: responseSize }], payload: zeros(requestSize) };
}

async function unaryEchoesStatus(client, message) {
  const result = await unary(client, 'UnaryCall', { response_status: { code: 2, message } });
  hasStatus('UnaryCall', result.status, grpc.status.UNKNOWN, message);
}

function echoesMetadata(what, initial, trailing) {
  for (const [kind, metadata, [key, value]] of [['initial', initial, INITIAL], ['trailing', trailing, TRAILING]]) {
    equal(`${what}: ${kind} metadata \`${key}\``, metadata?.get(key), [value]);
  }
}

/** The connection is still good for other calls; the descriptions do not ask for it. */
async function goesOn(client) {
  succeeded('a call after it', await unary(client, 'EmptyCall', {}));
}

const cases = { channel_soak };
for (const [name, run] of Object.entries(onOneChannel)) {
  cases[name] = (server) => server.connected(run);
}

module.exports = { cases, LARGE_REQUEST, LARGE_RESPONSE };

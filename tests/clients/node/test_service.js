// A server of grpc-js that guests call: `grpc.testing.TestService`. Prints its port on the first line and serves until
// its standard input ends. That a client has left a conversation is told on standard output.

'use strict';

const path = require('node:path');

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PROTOS = path.resolve(__dirname, '../../../examples/grpc-interop/proto');
const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

/** Sends the metadata back that the client wants back; returns what goes behind the messages. */
function echoMetadata(call) {
  const initial = new grpc.Metadata();
  call.metadata.get(ECHO_INITIAL).forEach((value) => initial.add(ECHO_INITIAL, value));
  call.sendMetadata(initial);
  const trailing = new grpc.Metadata();
  call.metadata.get(ECHO_TRAILING).forEach((value) => trailing.add(ECHO_TRAILING, value));
  return trailing;
}

/** The status that a request asks for, or none. */
function askedStatus(request, metadata) {
  const { code, message } = request.response_status ?? {};
  return code ? { code, details: message, metadata } : null;
}

function payload(size) {
  return { payload: { body: Buffer.alloc(size) } };
}

/** Writes what a request asks for. */
function respond(call, request) {
  for (const { size } of request.response_parameters) {
    call.write(payload(size));
  }
}

const service = {
  EmptyCall: (_call, respondWith) => respondWith(null, {}),

  UnaryCall: (call, respondWith) => {
    const trailing = echoMetadata(call);
    const status = askedStatus(call.request, trailing);
    respondWith(status, status ? undefined : payload(call.request.response_size), trailing);
  },

  StreamingInputCall: (call, respondWith) => {
    let size = 0;
    call.on('data', (request) => {
      size += request.payload.body.length;
    });
    call.on('end', () => respondWith(null, { aggregated_payload_size: size }));
  },

  StreamingOutputCall: (call) => {
    const trailing = echoMetadata(call);
    respond(call, call.request);
    call.end(trailing);
  },

  FullDuplexCall: (call) => {
    call.on('cancelled', () => console.log('a conversation has ended'));
    const trailing = echoMetadata(call);
    call.on('data', (request) => {
      const status = askedStatus(request, trailing);
      if (status) {
        call.emit('error', status);
      } else {
        respond(call, request);
      }
    });
    call.on('end', () => call.end(trailing));
  },
};

const definition = protoLoader.loadSync('grpc/testing/test.proto', {
  includeDirs: [PROTOS],
  keepCase: true,
  defaults: true,
});
const server = new grpc.Server();
server.addService(grpc.loadPackageDefinition(definition).grpc.testing.TestService.service, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(port);
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

'use strict';

// `grpc.testing.TestService` as grpc-js sees it, and what all cases say about its answers. Does not know the
// cases.

const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const zlib = require('node:zlib');

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PROTOS = path.resolve(__dirname, '../../../examples/grpc-interop/proto');
const FILE = 'grpc/testing/test.proto';

const COMPRESSABLE = 0;

// grpc-js hides the flag of a message; it unpacks exactly those that have it set.
let unpacked = 0;
for (const unpack of ['createGunzip', 'createInflate']) {
  const original = zlib[unpack];
  Object.defineProperty(zlib, unpack, {
    value: (...options) => {
      unpacked += 1;
      return original(...options);
    },
  });
}

/** The server's answer is not what the case demands. */
class Wrong extends Error {}

function equal(what, actual, expected) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Wrong(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

/** Channels to the server on `port` of this machine. */
class Server {
  constructor(port, protos = PROTOS) {
    this.address = `127.0.0.1:${port}`;
    const definition = protoLoader.loadSync(FILE, { includeDirs: [protos], keepCase: true, defaults: true });
    this.TestService = grpc.loadPackageDefinition(definition).grpc.testing.TestService;
  }

  /** Gives `use` a channel with a connection of its own. */
  async connected(use, options = {}) {
    const client = new this.TestService(this.address, grpc.credentials.createInsecure(), {
      // Otherwise channels to one address share a connection.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      ...options,
    });
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  /** The same, with all that it sends compressed. */
  connectedWithGzip(use) {
    return this.connected(use, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
  }
}

/** What came of a call: its response, initial metadata, and status with trailing metadata. */
function outcome(begin) {
  return new Promise((resolve) => {
    const result = { unpacked };
    const call = begin((error, response) => {
      result.response = response;
    });
    call.on('metadata', (metadata) => {
      result.initial = metadata;
    });
    // The last of a call's events, after the callback.
    call.on('status', (status) => resolve({ ...result, status, unpacked: unpacked - result.unpacked }));
  });
}

/** What came of a unary call of `method`. */
function unary(client, method, request, metadata = new grpc.Metadata()) {
  return outcome((callback) => client[method](request, metadata, callback));
}

/** What came of a unary call of a method that no .proto file has to know, with an empty message. */
function unaryAt(client, fullPath) {
  const { requestSerialize, responseDeserialize } = client.constructor.service.EmptyCall;
  return outcome((callback) =>
    client.makeUnaryRequest(fullPath, requestSerialize, responseDeserialize, {}, callback));
}

/** A call whose responses are a stream. */
class Responses {
  constructor(call) {
    this.call = call;
    this.arrived = [];
    this.waiting = null;
    const before = unpacked;
    call.on('data', (message) => {
      this.arrived.push({ ...message, unpacked: unpacked - before });
      this.waiting?.();
    });
    call.on('metadata', (metadata) => {
      this.initial = metadata;
    });
    // The status tells errors as well.
    call.on('error', () => {});
    this.status = new Promise((resolve) => {
      call.on('status', (status) => {
        resolve(status);
        this.ended = true;
        this.waiting?.();
      });
    });
  }

  /** The next response. */
  async next() {
    while (this.arrived.length === 0) {
      if (this.ended) {
        throw new Wrong('expected a response, but the call has ended');
      }
      await new Promise((resolve) => {
        this.waiting = resolve;
      });
    }
    return this.arrived.shift();
  }

  /** All responses that are still to come, of a call that succeeds. */
  async rest() {
    hasStatus('the stream', await this.status, grpc.status.OK);
    return this.arrived.splice(0);
  }
}

/** The payload of a request. */
function zeros(size) {
  return { body: Buffer.alloc(size) };
}

function hasStatus(what, status, code, details) {
  equal(`${what}: status (${status.details})`, grpc.status[status.code], grpc.status[code]);
  if (details !== undefined) {
    equal(`${what}: message of the status`, status.details, details);
  }
}

/** Demands a payload of `size` zeros. Contents are compared after sizes: they are long. */
function hasPayload(what, response, size) {
  const { type, body } = response.payload;
  equal(`${what}: type of the payload`, type, COMPRESSABLE);
  equal(`${what}: size of the payload`, body.length, size);
  equal(`${what}: bytes that are not zero`, body.filter((byte) => byte !== 0).length, 0);
}

/** The response of a call that has to succeed. */
function succeeded(what, result) {
  hasStatus(what, result.status, grpc.status.OK);
  return result.response;
}

module.exports = { Server, Responses, Wrong, equal, hasPayload, hasStatus, outcome, succeeded, unary, unaryAt, zeros };

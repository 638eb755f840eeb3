"""Servers of grpcio that guests call: `grpc.testing.TestService`, and one whose errors are in any form there is.

Prints its port on the first line and serves until its standard input ends.
"""

import argparse
import json
import sys
import threading
import time
from concurrent import futures

import grpc
from google.protobuf.empty_pb2 import Empty as Nothing
from google.protobuf.wrappers_pb2 import BytesValue, StringValue

import messages
from messages import (
    Empty,
    Payload,
    SimpleRequest,
    SimpleResponse,
    StreamingInputCallRequest,
    StreamingInputCallResponse,
    StreamingOutputCallRequest,
    StreamingOutputCallResponse,
)
from service import SERVICE

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"
COMPRESSION = {None: None, "gzip": grpc.Compression.Gzip}

_CODES = {code.value[0]: code for code in grpc.StatusCode}

# Errors as the frameworks send them: code, message of the status.
ERRORS = {
    "go-head": (
        grpc.StatusCode.NOT_FOUND,
        json.dumps({"kind": "NotFoundError", "message": "not found", "service_name": "user"}),
    ),
    "go-0.19": (
        grpc.StatusCode.UNKNOWN,
        json.dumps(
            {
                "code": 0,
                "kind": "RPCError",
                "message": "service RPC error",
                "details": "dial tcp: connection refused",
                "service_name": "user",
                "destination": "orders",
            }
        ),
    ),
    "rust": (
        grpc.StatusCode.UNKNOWN,
        json.dumps(
            {
                "code": 42,
                "kind": "PermissionError",
                "message": "not yours",
                "service_name": "user",
                "attributes": {"owner": "ada"},
            }
        ),
    ),
    "foreign": (grpc.StatusCode.FAILED_PRECONDITION, "the shop is closed"),
    "json-without-kind": (grpc.StatusCode.INTERNAL, "{}"),
    "garbage": (grpc.StatusCode.ABORTED, "{\"kind\":\"Not"),
}


def echo_metadata(context):
    received = dict(context.invocation_metadata())
    if ECHO_INITIAL in received:
        context.send_initial_metadata([(ECHO_INITIAL, received[ECHO_INITIAL])])
    if ECHO_TRAILING in received:
        context.set_trailing_metadata([(ECHO_TRAILING, received[ECHO_TRAILING])])


def echo_status(request, context):
    status = request.response_status
    if status.code != 0:
        context.abort(_CODES[status.code], status.message)


def payload(size):
    return Payload(body=bytes(size))


def empty_call(_request, _context):
    return Empty()


def unary_call(request, context):
    echo_metadata(context)
    echo_status(request, context)
    if request.HasField("response_compressed") and request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    return SimpleResponse(payload=payload(request.response_size))


def streaming_input_call(requests, _context):
    size = sum(len(request.payload.body) for request in requests)
    return StreamingInputCallResponse(aggregated_payload_size=size)


def responses(request, context):
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1_000_000)
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        yield StreamingOutputCallResponse(payload=payload(parameters.size))
    echo_status(request, context)


def streaming_output_call(request, context):
    echo_metadata(context)
    if any(parameters.compressed.value for parameters in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    yield from responses(request, context)


def full_duplex_call(requests, context):
    """That it is over, for whatever reason, is told on standard output."""
    context.add_callback(lambda: print("a conversation has ended", flush=True))
    echo_metadata(context)
    for request in requests:
        yield from responses(request, context)


def fail(request, context):
    """Fails as the text of the request says: the name of a form."""
    code, message = ERRORS[request.value]
    context.abort(code, message)


peers = set()


def echo(request, context):
    peers.add(context.peer())
    return request


def connections(_request, _context):
    """From how many connections calls of `Echo` came."""
    return StringValue(value=str(len(peers)))


def metadata(_request, context):
    """The metadata of the request, as JSON; values of `-bin` names are shown in hexadecimal."""
    fields = [[name, value if isinstance(value, str) else value.hex()]
              for name, value in context.invocation_metadata()]
    remaining = context.time_remaining()
    return StringValue(value=json.dumps({"metadata": fields, "remaining": remaining}))


def endless(_request, context):
    """Messages of 1,000 bytes until the client leaves, which is told on standard output."""
    context.add_callback(lambda: print("an endless stream was left", flush=True))
    while context.is_active():
        yield BytesValue(value=bytes(1000))


def total(requests, context):
    """How many bytes there are in all messages; that a stream is broken off is told on standard output."""
    context.add_callback(lambda: print("a sum has ended", flush=True))
    try:
        return StringValue(value=str(sum(len(request.value) for request in requests)))
    except grpc.RpcError:
        print("a sum was broken off", flush=True)
        raise


def sleep_until_left(_request, context):
    """Returns nothing before the client leaves; then says so on standard output."""
    print("a sleep has begun", flush=True)
    gone = threading.Event()
    context.add_callback(gone.set)
    gone.wait()
    print("the client has left", flush=True)
    return Nothing()


def handlers():
    def method(make, handler, request, response):
        return make(handler, request_deserializer=request.FromString,
                    response_serializer=response.SerializeToString)

    output = (StreamingOutputCallRequest, StreamingOutputCallResponse)
    test_service = {
        "EmptyCall": method(grpc.unary_unary_rpc_method_handler, empty_call, Empty, Empty),
        "UnaryCall": method(
            grpc.unary_unary_rpc_method_handler, unary_call, SimpleRequest, SimpleResponse
        ),
        "StreamingInputCall": method(
            grpc.stream_unary_rpc_method_handler, streaming_input_call,
            StreamingInputCallRequest, StreamingInputCallResponse,
        ),
        "StreamingOutputCall": method(
            grpc.unary_stream_rpc_method_handler, streaming_output_call, *output
        ),
        "FullDuplexCall": method(
            grpc.stream_stream_rpc_method_handler, full_duplex_call, *output
        ),
    }
    text = (StringValue, StringValue)
    peer = {
        "Fail": method(grpc.unary_unary_rpc_method_handler, fail, *text),
        "Echo": method(grpc.unary_unary_rpc_method_handler, echo, *text),
        "Connections": method(grpc.unary_unary_rpc_method_handler, connections, *text),
        "Metadata": method(grpc.unary_unary_rpc_method_handler, metadata, *text),
        "Endless": method(grpc.unary_stream_rpc_method_handler, endless, StringValue, BytesValue),
        "Sum": method(grpc.stream_unary_rpc_method_handler, total, BytesValue, StringValue),
        "Sleep": method(grpc.unary_unary_rpc_method_handler, sleep_until_left, StringValue, Nothing),
    }
    return [
        grpc.method_handlers_generic_handler(SERVICE, test_service),
        grpc.method_handlers_generic_handler("test.Peer", peer),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 is any")
    arguments = parser.parse_args()
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=64), options=[("grpc.so_reuseport", 0)]
    )
    server.add_generic_rpc_handlers(handlers())
    print(server.add_insecure_port(f"127.0.0.1:{arguments.port}"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(grace=None).wait()


if __name__ == "__main__":
    main()

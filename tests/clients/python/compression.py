"""The cases about compression.

client_compressed_streaming is not here: grpcio compresses all messages of a call or none.
"""

import grpc

from cases import LARGE_REQUEST, LARGE_RESPONSE, on_one_channel
from connection import connect
from messages import (
    BoolValue,
    ResponseParameters,
    SimpleRequest,
    StreamingOutputCallRequest,
)
from relay import Relay
from service import TestService, Wrong, equal, failure_of, has_payload, has_status, zeros

# Far more than a compressed payload, which is all zeros, and far less than one that is not.
MARGIN = 8192


@on_one_channel
def client_compressed_unary(service):
    probe = failure_of(lambda: _unary(service, expected=True, actual=False))
    has_status("the probe", probe, grpc.StatusCode.INVALID_ARGUMENT)
    compressed = _unary(service, expected=True, actual=True)
    has_payload("the response to the compressed request", compressed, LARGE_RESPONSE)
    plain = _unary(service, expected=False, actual=False)
    has_payload("the response to the plain request", plain, LARGE_RESPONSE)


def _unary(service, expected, actual):
    """A large call that is compressed or not, and tells the server what to expect."""
    request = SimpleRequest(
        expect_compressed=BoolValue(value=expected),
        response_size=LARGE_RESPONSE,
        payload=zeros(LARGE_REQUEST),
    )
    compression = grpc.Compression.Gzip if actual else grpc.Compression.NoCompression
    return service.unary_call(request, compression=compression)


def server_compressed_unary(port):
    for is_compressed in [True, False]:
        what = f"the response with response_compressed = {is_compressed}"
        request = SimpleRequest(
            response_compressed=BoolValue(value=is_compressed),
            response_size=LARGE_RESPONSE,
            payload=zeros(LARGE_REQUEST),
        )
        with Relay(port) as relay, connect(relay.port) as channel:
            has_payload(what, TestService(channel).unary_call(request), LARGE_RESPONSE)
            _has_wire_size(what, relay.returned, 0 if is_compressed else LARGE_RESPONSE)


def server_compressed_streaming(port):
    sizes = [31415, 92653]
    compressed = ResponseParameters(size=sizes[0], compressed=BoolValue(value=True))
    plain = ResponseParameters(size=sizes[1], compressed=BoolValue(value=False))
    request = StreamingOutputCallRequest(response_parameters=[compressed, plain])
    with Relay(port) as relay, connect(relay.port) as channel:
        responses = list(TestService(channel).streaming_output_call(request))
        equal("number of responses", len(responses), 2)
        for number, (response, size) in enumerate(zip(responses, sizes), 1):
            has_payload(f"response {number}", response, size)
        # No other choice of which message is compressed comes to this size.
        _has_wire_size("the responses", relay.returned, sizes[1])


def _has_wire_size(what, actual, payload):
    if not payload <= actual < payload + MARGIN:
        limits = f"from {payload} to {payload + MARGIN}"
        raise Wrong(f"{what}: expected {limits} bytes on the wire, got {actual}")

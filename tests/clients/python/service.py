"""The methods of `grpc.testing.TestService`, and what all cases say about their answers.

Does not know the cases.
"""

import queue

import grpc

import messages

SERVICE = f"{messages.PACKAGE}.TestService"


class Wrong(Exception):
    """The server's answer is not what the case demands."""


def equal(what, actual, expected):
    if actual != expected:
        raise Wrong(f"{what}: expected {_shortened(expected)}, got {_shortened(actual)}")


def _shortened(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"


def zeros(size):
    """The payload of a request."""
    return messages.Payload(body=bytes(size))


def has_payload(what, response, size):
    """Demands a payload of `size` zeros. Contents are compared after sizes: they are long."""
    equal(f"{what}: type of the payload", response.payload.type, messages.COMPRESSABLE)
    equal(f"{what}: size of the payload", len(response.payload.body), size)
    equal(f"{what}: bytes that are not zero", len(response.payload.body.strip(b"\0")), 0)


def failure_of(call):
    """The error that `call()` has to end with."""
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise Wrong("expected an error, but the call succeeded")


def has_status(what, error, code, details=None):
    equal(f"{what}: status", error.code(), code)
    if details is not None:
        equal(f"{what}: message of the status", error.details(), details)


class TestService:
    """One attribute per method."""

    def __init__(self, channel):
        request = messages.StreamingOutputCallRequest
        response = messages.StreamingOutputCallResponse
        self.empty_call = _method(
            channel.unary_unary, f"{SERVICE}/EmptyCall", messages.Empty, messages.Empty
        )
        self.unary_call = _method(
            channel.unary_unary,
            f"{SERVICE}/UnaryCall",
            messages.SimpleRequest,
            messages.SimpleResponse,
        )
        self.streaming_input_call = _method(
            channel.stream_unary,
            f"{SERVICE}/StreamingInputCall",
            messages.StreamingInputCallRequest,
            messages.StreamingInputCallResponse,
        )
        self.streaming_output_call = _method(
            channel.unary_stream, f"{SERVICE}/StreamingOutputCall", request, response
        )
        self.full_duplex_call = _method(
            channel.stream_stream, f"{SERVICE}/FullDuplexCall", request, response
        )
        self.unimplemented_method = _method(
            channel.unary_unary, f"{SERVICE}/UnimplementedCall", messages.Empty, messages.Empty
        )
        self.unimplemented_service = _method(
            channel.unary_unary,
            f"{messages.PACKAGE}.UnimplementedService/UnimplementedCall",
            messages.Empty,
            messages.Empty,
        )


def _method(shape, path, request, response):
    return shape(
        f"/{path}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


class Conversation:
    """A FullDuplexCall whose requests are sent one at a time."""

    def __init__(self, service, **options):
        self._requests = queue.SimpleQueue()
        self.call = service.full_duplex_call(iter(self._requests.get, None), **options)

    def send(self, request):
        self._requests.put(request)

    def half_close(self):
        self._requests.put(None)

    def receive(self):
        """The next response."""
        response = next(self.call, None)
        if response is None:
            raise Wrong("expected a response, but the stream has ended")
        return response

    def rest(self):
        """All responses that are still to come."""
        return list(self.call)

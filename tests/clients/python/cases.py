"""The cases of the gRPC project's interoperability test descriptions, except those about compression.

Names, sizes and what is demanded are theirs.
"""

import functools
import queue

import grpc

from connection import connect
from messages import (
    EchoStatus,
    Empty,
    ResponseParameters,
    SimpleRequest,
    StreamingInputCallRequest,
    StreamingOutputCallRequest,
)
from service import (
    Conversation,
    TestService,
    equal,
    failure_of,
    has_payload,
    has_status,
    zeros,
)

REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159

STATUS_MESSAGE = "test status message"
SPECIAL_STATUS_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"

INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")

SOAK_ITERATIONS = 100


def on_one_channel(case):
    """Makes a case of a function that takes the service: it is given a channel that is closed."""

    @functools.wraps(case)
    def run(port):
        with connect(port) as channel:
            case(TestService(channel))

    return run


@on_one_channel
def empty_unary(service):
    equal("the response", service.empty_call(Empty()), Empty())


def _large_unary(what, service):
    request = SimpleRequest(response_size=LARGE_RESPONSE, payload=zeros(LARGE_REQUEST))
    has_payload(what, service.unary_call(request), LARGE_RESPONSE)


@on_one_channel
def large_unary(service):
    _large_unary("the response", service)


@on_one_channel
def client_streaming(service):
    requests = [StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES]
    response = service.streaming_input_call(iter(requests))
    equal("aggregated_payload_size", response.aggregated_payload_size, 74922)


@on_one_channel
def server_streaming(service):
    parameters = [ResponseParameters(size=size) for size in RESPONSE_SIZES]
    request = StreamingOutputCallRequest(response_parameters=parameters)
    responses = list(service.streaming_output_call(request))
    equal("number of responses", len(responses), len(RESPONSE_SIZES))
    for number, (response, size) in enumerate(zip(responses, RESPONSE_SIZES), 1):
        has_payload(f"response {number}", response, size)


@on_one_channel
def ping_pong(service):
    conversation = Conversation(service)
    for number, sizes in enumerate(zip(REQUEST_SIZES, RESPONSE_SIZES), 1):
        conversation.send(_ping(*sizes))
        has_payload(f"response {number}", conversation.receive(), sizes[1])
    conversation.half_close()
    equal("responses after the last", conversation.rest(), [])


def _ping(request_size, response_size):
    parameters = [ResponseParameters(size=response_size)]
    return StreamingOutputCallRequest(response_parameters=parameters, payload=zeros(request_size))


@on_one_channel
def empty_stream(service):
    conversation = Conversation(service)
    conversation.half_close()
    equal("responses", conversation.rest(), [])


@on_one_channel
def status_code_and_message(service):
    _unary_echoes_status(service, STATUS_MESSAGE)
    conversation = Conversation(service)
    status = EchoStatus(code=2, message=STATUS_MESSAGE)
    conversation.send(StreamingOutputCallRequest(response_status=status))
    conversation.half_close()
    error = failure_of(conversation.rest)
    has_status("FullDuplexCall", error, grpc.StatusCode.UNKNOWN, STATUS_MESSAGE)


@on_one_channel
def special_status_message(service):
    _unary_echoes_status(service, SPECIAL_STATUS_MESSAGE)


def _unary_echoes_status(service, message):
    request = SimpleRequest(response_status=EchoStatus(code=2, message=message))
    error = failure_of(lambda: service.unary_call(request))
    has_status("UnaryCall", error, grpc.StatusCode.UNKNOWN, message)


@on_one_channel
def custom_metadata(service):
    metadata = [INITIAL, TRAILING]
    request = SimpleRequest(response_size=LARGE_RESPONSE, payload=zeros(LARGE_REQUEST))
    response, call = service.unary_call.with_call(request, metadata=metadata)
    has_payload("UnaryCall", response, LARGE_RESPONSE)
    _echoes_metadata("UnaryCall", call)

    conversation = Conversation(service, metadata=metadata)
    conversation.send(_ping(LARGE_REQUEST, LARGE_RESPONSE))
    conversation.half_close()
    responses = conversation.rest()
    equal("FullDuplexCall: number of responses", len(responses), 1)
    has_payload("FullDuplexCall", responses[0], LARGE_RESPONSE)
    _echoes_metadata("FullDuplexCall", conversation.call)


def _echoes_metadata(what, call):
    both = [
        ("initial", call.initial_metadata(), INITIAL),
        ("trailing", call.trailing_metadata(), TRAILING),
    ]
    for kind, metadata, (key, expected) in both:
        values = [value for name, value in metadata if name == key]
        equal(f"{what}: {kind} metadata `{key}`", values, [expected])


@on_one_channel
def unimplemented_method(service):
    error = failure_of(lambda: service.unimplemented_method(Empty()))
    has_status("UnimplementedCall", error, grpc.StatusCode.UNIMPLEMENTED)


@on_one_channel
def unimplemented_service(service):
    error = failure_of(lambda: service.unimplemented_service(Empty()))
    has_status("UnimplementedCall", error, grpc.StatusCode.UNIMPLEMENTED)


@on_one_channel
def timeout_on_sleeping_server(service):
    conversation = Conversation(service, timeout=0.001)
    conversation.send(StreamingOutputCallRequest(payload=zeros(REQUEST_SIZES[0])))
    error = failure_of(conversation.rest)
    has_status("FullDuplexCall", error, grpc.StatusCode.DEADLINE_EXCEEDED)
    _goes_on(service)


@on_one_channel
def cancel_after_begin(service):
    requests = queue.SimpleQueue()
    call = service.streaming_input_call.future(iter(requests.get, None))
    call.cancel()
    has_status("StreamingInputCall", call, grpc.StatusCode.CANCELLED)
    requests.put(None)
    _goes_on(service)


@on_one_channel
def cancel_after_first_response(service):
    conversation = Conversation(service)
    conversation.send(_ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]))
    has_payload("the first response", conversation.receive(), RESPONSE_SIZES[0])
    conversation.call.cancel()
    error = failure_of(conversation.rest)
    has_status("FullDuplexCall", error, grpc.StatusCode.CANCELLED)
    conversation.half_close()
    _goes_on(service)


def _goes_on(service):
    """The connection is still good for other calls; the descriptions do not ask for it."""
    equal("a call after it", service.empty_call(Empty()), Empty())


@on_one_channel
def rpc_soak(service):
    for iteration in range(1, SOAK_ITERATIONS + 1):
        _large_unary(f"iteration {iteration}", service)


def channel_soak(port):
    for iteration in range(1, SOAK_ITERATIONS + 1):
        with connect(port) as channel:
            _large_unary(f"iteration {iteration}", TestService(channel))

"""Keeps a call open while a server shuts down, and goes on with it when the health check says that it does.

Prints what happens, a line each: responses of the call, serving statuses, the status of the call.
"""

import argparse

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from connection import bound_time, connect
from messages import ResponseParameters, StreamingOutputCallRequest
from service import Conversation, TestService


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the server on 127.0.0.1")
    arguments = parser.parse_args()
    bound_time()
    with connect(arguments.port) as channel:
        conversation = Conversation(TestService(channel))
        try:
            exchange(conversation, 1)
            stub = health_pb2_grpc.HealthStub(channel)
            for answer in stub.Watch(health_pb2.HealthCheckRequest()):
                say(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
                if answer.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                    break
            exchange(conversation, 2)
            conversation.half_close()
            conversation.rest()
        except grpc.RpcError as error:
            say(f"status {error.code().name}: {error.details()}")
        else:
            say("status OK")


def exchange(conversation, number):
    """Sends a request and waits for its response."""
    parameters = [ResponseParameters(size=1)]
    conversation.send(StreamingOutputCallRequest(response_parameters=parameters))
    conversation.receive()
    say(f"response {number}")


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    main()

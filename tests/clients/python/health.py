"""Asks a server on this machine for its health, once or for as long as it tells.

Prints each answer as a line: a serving status, or `status` and the code that the call ended with.
"""

import argparse

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from connection import bound_time, connect


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the server on 127.0.0.1")
    parser.add_argument("--service", default="", help="full name; without it the whole server")
    parser.add_argument("--watch", action="store_true", help="until the server ends the stream")
    arguments = parser.parse_args()
    bound_time()
    request = health_pb2.HealthCheckRequest(service=arguments.service)
    with connect(arguments.port) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            # Someone who watches may come before the server does.
            answers = (
                stub.Watch(request, wait_for_ready=True)
                if arguments.watch
                else [stub.Check(request)]
            )
            for answer in answers:
                say(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
        except grpc.RpcError as error:
            say(f"status {error.code().name}")


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    main()

"""Asks a server on this machine for its services and their descriptors, by server reflection.

Both versions of the protocol have the same messages; grpcio-reflection knows them as v1alpha. Prints what
it is asked for, or `status` and the code of the answer.
"""

import argparse

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection_pb2

from connection import bound_time, connect


class Failed(Exception):
    """The server answers with an error; holds the name of its code."""


class Reflection:
    """One stream of questions and answers."""

    def __init__(self, channel, version):
        self._call = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )

    def ask(self, **question):
        request = reflection_pb2.ServerReflectionRequest(**question)
        [answer] = self._call(iter([request]))
        if answer.original_request != request:
            raise Failed("the answer does not repeat the question")
        if answer.HasField("error_response"):
            code = answer.error_response.error_code
            raise Failed(next(one.name for one in grpc.StatusCode if one.value[0] == code))
        return answer

    def services(self):
        answer = self.ask(list_services="")
        return sorted(service.name for service in answer.list_services_response.service)

    def files(self, **question):
        """The files of an answer, parsed."""
        answer = self.ask(**question)
        files = answer.file_descriptor_response.file_descriptor_proto
        return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in files]

    def pool(self, symbol):
        """The file that has `symbol` and, asked for one by one, all that it imports."""
        pool = descriptor_pool.DescriptorPool()
        self._add(pool, set(), self.files(file_containing_symbol=symbol))
        return pool

    def _add(self, pool, known, files):
        by_name = {file.name: file for file in files}
        for file in files:
            if file.name in known:
                continue
            known.add(file.name)
            for name in file.dependency:
                found = by_name.get(name)
                self._add(pool, known, [found] if found else self.files(file_by_filename=name))
            pool.Add(file)


def describe(service):
    """The methods of a service as a .proto file writes them."""
    for method in service.methods:
        request = "stream " * method.client_streaming + method.input_type.full_name
        response = "stream " * method.server_streaming + method.output_type.full_name
        yield f"rpc {method.name}({request}) returns ({response})"


def answer(reflection, arguments):
    if arguments.service:
        yield from describe(reflection.pool(arguments.service).FindServiceByName(arguments.service))
    elif arguments.symbol:
        yield from (file.name for file in reflection.files(file_containing_symbol=arguments.symbol))
    elif arguments.file:
        yield from (file.name for file in reflection.files(file_by_filename=arguments.file))
    else:
        yield from reflection.services()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the server on 127.0.0.1")
    parser.add_argument("--version", choices=["v1", "v1alpha"], default="v1")
    question = parser.add_mutually_exclusive_group()
    question.add_argument("--service", help="print the methods of this service")
    question.add_argument("--symbol", help="print the names of the files that come for this symbol")
    question.add_argument("--file", help="print the names of the files that come for this file")
    arguments = parser.parse_args()
    bound_time()
    with connect(arguments.port) as channel:
        try:
            for line in answer(Reflection(channel, arguments.version), arguments):
                print(line)
        except Failed as failed:
            print(f"status {failed}")
        except grpc.RpcError as error:
            print(f"status {error.code().name}")


if __name__ == "__main__":
    main()

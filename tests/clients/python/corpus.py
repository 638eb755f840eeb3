"""The public protobuf files of Google: where they are on this machine, and whether a server tells all of them.

A server is asked for each file by server reflection, and the answer compared with what protoc has made of it.
Prints what differs, and at the end how many files were the same.
"""

import argparse
import importlib
import pathlib

import google.rpc
from google.protobuf import descriptor_pb2

from connection import bound_time, connect
from reflection import Failed, Reflection

DIRECTORY = pathlib.Path(google.rpc.__path__[0]).parent.parent
# Those of protobuf itself that have been the same for years.
WELL_KNOWN = "any duration empty field_mask source_context struct timestamp wrappers"


def names():
    """The names of all files, as others import them."""
    files = (path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.glob("google/**/*.proto"))
    own = sorted(name for name in files if not name.startswith("google/protobuf/"))
    return own + [f"google/protobuf/{name}.proto" for name in WELL_KNOWN.split()]


def expected(name):
    """A file as protoc has compiled it."""
    module = importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    # One of them is a copy of another one.
    file.name = name
    return file


def comparable(file):
    """The file without what has no meaning: names in JSON that follow from others, and options without any."""
    for message in file.message_type:
        normalize(message)
    for field in file.extension:
        field.ClearField("json_name")
    for service in file.service:
        for method in service.method:
            if not method.options.ListFields():
                method.ClearField("options")
    return file


def normalize(message):
    for field in [*message.field, *message.extension]:
        field.ClearField("json_name")
    for nested in message.nested_type:
        normalize(nested)


def compare(reflection):
    # Options of one are defined in another, so all are there before the first answer is read.
    files = {name: comparable(expected(name)) for name in names()}
    same = 0
    for name, file in files.items():
        try:
            [told] = reflection.files(file_by_filename=name)
        except Failed as failed:
            yield f"{name}: {failed}"
            continue
        if comparable(told) == file:
            same += 1
        else:
            yield f"{name}:\n{told}\ninstead of:\n{file}"
    yield f"{same} of {len(files)} files are the same"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="print the directory and the names of the files")
    what.add_argument("--port", type=int, help="of the server on 127.0.0.1")
    arguments = parser.parse_args()
    bound_time()
    if arguments.list:
        print(DIRECTORY, *names(), sep="\n")
        return
    with connect(arguments.port) as channel:
        for line in compare(Reflection(channel, "v1")):
            print(line)


if __name__ == "__main__":
    main()

"""The messages of `grpc.testing.TestService`, without generated code.

Numbers and types are written down here a second time, from the interface that the gRPC project has
published: a wrong number in the definition of the server shows. Fields that no case uses are left out.
"""

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

PACKAGE = "grpc.testing"

# `[repeated] type name number`, as in a .proto file.
_MESSAGES = {
    "Empty": [],
    "BoolValue": ["bool value 1"],
    "Payload": ["PayloadType type 1", "bytes body 2"],
    "EchoStatus": ["int32 code 1", "string message 2"],
    "SimpleRequest": [
        "PayloadType response_type 1",
        "int32 response_size 2",
        "Payload payload 3",
        "BoolValue response_compressed 6",
        "EchoStatus response_status 7",
        "BoolValue expect_compressed 8",
    ],
    "SimpleResponse": ["Payload payload 1"],
    "StreamingInputCallRequest": ["Payload payload 1", "BoolValue expect_compressed 2"],
    "StreamingInputCallResponse": ["int32 aggregated_payload_size 1"],
    "ResponseParameters": ["int32 size 1", "int32 interval_us 2", "BoolValue compressed 3"],
    "StreamingOutputCallRequest": [
        "PayloadType response_type 1",
        "repeated ResponseParameters response_parameters 2",
        "Payload payload 3",
        "EchoStatus response_status 7",
    ],
    "StreamingOutputCallResponse": ["Payload payload 1"],
}

_SCALARS = {
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "string": FieldDescriptorProto.TYPE_STRING,
}


def _file():
    file = FileDescriptorProto(name="clients/messages.proto", package=PACKAGE, syntax="proto3")
    enum = file.enum_type.add(name="PayloadType")
    enum.value.add(name="COMPRESSABLE", number=0)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, field)
    return file


def _add_field(message, text):
    *label, kind, name, number = text.split()
    field = message.field.add(name=name, number=int(number))
    field.label = FieldDescriptorProto.LABEL_REPEATED if label else FieldDescriptorProto.LABEL_OPTIONAL
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
        return
    is_message = kind in _MESSAGES
    field.type = FieldDescriptorProto.TYPE_MESSAGE if is_message else FieldDescriptorProto.TYPE_ENUM
    field.type_name = f".{PACKAGE}.{kind}"


_CLASSES = message_factory.GetMessages([_file()], pool=descriptor_pool.DescriptorPool())

BoolValue = _CLASSES[f"{PACKAGE}.BoolValue"]
EchoStatus = _CLASSES[f"{PACKAGE}.EchoStatus"]
Empty = _CLASSES[f"{PACKAGE}.Empty"]
Payload = _CLASSES[f"{PACKAGE}.Payload"]
ResponseParameters = _CLASSES[f"{PACKAGE}.ResponseParameters"]
SimpleRequest = _CLASSES[f"{PACKAGE}.SimpleRequest"]
SimpleResponse = _CLASSES[f"{PACKAGE}.SimpleResponse"]
StreamingInputCallRequest = _CLASSES[f"{PACKAGE}.StreamingInputCallRequest"]
StreamingInputCallResponse = _CLASSES[f"{PACKAGE}.StreamingInputCallResponse"]
StreamingOutputCallRequest = _CLASSES[f"{PACKAGE}.StreamingOutputCallRequest"]
StreamingOutputCallResponse = _CLASSES[f"{PACKAGE}.StreamingOutputCallResponse"]

COMPRESSABLE = 0

//! Compiles the clients of protobuf services that others serve.

use mikros_sdk_build::{CompileError, configure};

fn main() -> Result<(), CompileError> {
    let interop = "../../../examples/grpc-interop/proto";
    let clients = || configure().build_server(false);
    clients().compile_protos(&[format!("{interop}/grpc/testing/test.proto")], &[interop])?;
    clients().compile_protos(&["../streams/proto/probe.proto"], &["../streams/proto"])
}

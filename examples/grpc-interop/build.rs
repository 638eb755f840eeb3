//! Compiles the protobuf services of the gRPC interoperability tests.

fn main() -> Result<(), mikros_sdk_build::CompileError> {
    mikros_sdk_build::compile_protos(&["proto/grpc/testing/test.proto"], &["proto"])
}

//! Compiles the protobuf service of `greeter-grpc`: its client, and for the tests what a fake implements.

fn main() -> Result<(), mikros_sdk_build::CompileError> {
    let proto = "../greeter-grpc/proto";
    mikros_sdk_build::compile_protos(&[format!("{proto}/greeter.proto")], &[proto])
}

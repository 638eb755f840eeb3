//! Compiles the protobuf service.

fn main() -> Result<(), mikros_sdk_build::CompileError> {
    mikros_sdk_build::compile_protos(&["proto/welcome.proto"], &["proto"])
}

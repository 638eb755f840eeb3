//! Compiles the protobuf services.

use mikros_sdk_build::{CompileError, compile_protos, configure};

fn main() -> Result<(), CompileError> {
    compile_protos(&["proto/probe.proto"], &["proto"])?;
    // Two calls, as both directories have a `common.proto`.
    let others = || configure().include_file("others.rs").generate_default_stubs(true);
    others().compile_protos(&["proto/vault/health.proto"], &["proto/vault"])?;
    others().compile_protos(&["proto/clinic/clinic.proto"], &["proto/clinic"])
}

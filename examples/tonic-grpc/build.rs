//! Compiles the protobuf service with tonic. `protox` takes the place of `protoc`, which need not be installed.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message as _;

#[expect(clippy::disallowed_methods, reason = "a build script is told by variables")]
fn main() -> Result<(), Box<dyn Error>> {
    let descriptors = protox::compile(["proto/greeter.proto"], ["proto"])?;
    let file = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets it")?).join("greeter.bin");
    fs::write(file, descriptors.encode_to_vec())?;
    println!("cargo::rerun-if-changed=proto");
    let build = tonic_prost_build::configure().build_client(false).build_transport(false);
    Ok(build.compile_fds(descriptors)?)
}

//! The components that tests run. They are compiled once per test run, from this workspace.
//! Does not know which tests use them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::workspace;

/// A guest by the name of its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guest(&'static str);

// The examples.
pub(crate) const AXUM_HTTP: Guest = Guest("axum-http");
pub(crate) const CRONJOB: Guest = Guest("cronjob");
pub(crate) const HELLO_HTTP: Guest = Guest("hello-http");
pub(crate) const NATIVE_TICKER: Guest = Guest("native-ticker");
pub(crate) const SCRIPT_REPORT: Guest = Guest("script-report");
pub(crate) const FEATURE_WASM: Guest = Guest("feature-wasm");
pub(crate) const FLAGS: Guest = Guest("flags");
pub(crate) const SESSION_AUTH: Guest = Guest("session-auth");
pub(crate) const GREETER_GRPC: Guest = Guest("greeter-grpc");
pub(crate) const GRPC_INTEROP: Guest = Guest("grpc-interop");
pub(crate) const TONIC_GRPC: Guest = Guest("tonic-grpc");
pub(crate) const USER_BFF: Guest = Guest("user-bff");
pub(crate) const HYBRID_GRPC_HTTP: Guest = Guest("hybrid-grpc-http");
pub(crate) const HYBRID_HTTP_NATIVE: Guest = Guest("hybrid-http-native");

// `tests/guests`.
pub(crate) const BARE: Guest = Guest("bare");
pub(crate) const CALLS: Guest = Guest("calls");
pub(crate) const CRONJOBS: Guest = Guest("cronjobs");
pub(crate) const ECHOES: Guest = Guest("echoes");
pub(crate) const GATHERS: Guest = Guest("gathers");
pub(crate) const GIVES_ONLY: Guest = Guest("gives-only");
pub(crate) const HANDS_OVER: Guest = Guest("hands-over");
pub(crate) const HOSTILE_CALLS: Guest = Guest("hostile-calls");
pub(crate) const IMPORTS_FS: Guest = Guest("imports-fs");
pub(crate) const IMPORTS_NET: Guest = Guest("imports-net");
pub(crate) const MISBEHAVES: Guest = Guest("misbehaves");
pub(crate) const NATIVES: Guest = Guest("natives");
pub(crate) const PATIENT: Guest = Guest("patient");
pub(crate) const PLUGIN_CRUDE: Guest = Guest("plugin-crude");
pub(crate) const PLUGIN_FLAGS: Guest = Guest("plugin-flags");
pub(crate) const PLUGIN_MUTE: Guest = Guest("plugin-mute");
pub(crate) const PLUGIN_OTHER_FLAGS: Guest = Guest("plugin-other-flags");
pub(crate) const PLUGIN_PROBE: Guest = Guest("plugin-probe");
pub(crate) const PROGRAM: Guest = Guest("program");
pub(crate) const RPC_CLIENT: Guest = Guest("rpc-client");
pub(crate) const SCRIPTS: Guest = Guest("scripts");
pub(crate) const STREAMS: Guest = Guest("streams");
pub(crate) const STARTS: Guest = Guest("starts");
pub(crate) const TALKS: Guest = Guest("talks");
pub(crate) const USES_FLAGS: Guest = Guest("uses-flags");
pub(crate) const VERSIONS: Guest = Guest("versions");

/// Those that one run of cargo compiles, with the features that any of them wants.
const PLAIN: &[Guest] = &[
    AXUM_HTTP,
    CRONJOB,
    HELLO_HTTP,
    NATIVE_TICKER,
    SCRIPT_REPORT,
    FEATURE_WASM,
    FLAGS,
    SESSION_AUTH,
    GREETER_GRPC,
    GRPC_INTEROP,
    USER_BFF,
    HYBRID_GRPC_HTTP,
    HYBRID_HTTP_NATIVE,
    BARE,
    CALLS,
    CRONJOBS,
    ECHOES,
    GATHERS,
    GIVES_ONLY,
    HANDS_OVER,
    HOSTILE_CALLS,
    IMPORTS_FS,
    IMPORTS_NET,
    MISBEHAVES,
    NATIVES,
    PATIENT,
    PLUGIN_CRUDE,
    PLUGIN_FLAGS,
    PLUGIN_MUTE,
    PLUGIN_OTHER_FLAGS,
    PLUGIN_PROBE,
    PROGRAM,
    RPC_CLIENT,
    SCRIPTS,
    STARTS,
    STREAMS,
    TONIC_GRPC,
    USES_FLAGS,
    VERSIONS,
];

/// Those with features that would cost all others something.
const WITH_TRACING: &[Guest] = &[TALKS];

const TARGET: &str = "wasm32-wasip2";

impl Guest {
    /// The path of its component, which exists now.
    pub(crate) fn component(self) -> PathBuf {
        static BUILT: OnceLock<()> = OnceLock::new();
        BUILT.get_or_init(build_once_per_run);
        // Libraries and programs differ in it; no program here has a name with a hyphen.
        let file = format!("{}.wasm", self.0.replace('-', "_"));
        target_directory().join(TARGET).join("release").join(file)
    }
}

/// The target directory of this test run.
pub(crate) fn target_directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the directory is below the target's")
}

/// Builds, unless another process of the same run has done so: nextest starts one per test, and says
/// which run it belongs to.
fn build_once_per_run() {
    let run = variable("NEXTEST_RUN_ID");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests-of-run");
    let lock = File::options().create(true).append(true).open(&path);
    let lock = lock.expect("the target directory can be written");
    lock.lock().expect("files in the target directory can be locked");
    let built_for = fs::read_to_string(&path).expect("the file has just been opened");
    if run.as_ref().is_some_and(|run| *run == *built_for) {
        return;
    }
    install_target();
    build(PLAIN);
    build(WITH_TRACING);
    fs::write(&path, run.unwrap_or_default().as_encoded_bytes()).expect("the file is writable");
}

fn build(guests: &[Guest]) {
    let mut cargo = cargo_like("CARGO", "cargo");
    cargo.args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.arg("--target-dir").arg(target_directory());
    for Guest(package) in guests {
        cargo.args(["--package", package]);
    }
    run(cargo, "cannot compile the guests");
}

/// The toolchain file asks for the target, but a toolchain that was there before may lack it.
fn install_target() {
    let mut rustc = cargo_like("RUSTC", "rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let output = rustc.output().expect("rustc can be started");
    let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if library.read_dir().is_ok_and(|mut files| files.next().is_some()) {
        return;
    }
    let mut rustup = cargo_like("RUSTUP", "rustup");
    rustup.args(["target", "add", TARGET]);
    run(rustup, "cannot install the compilation target");
}

/// A tool of the toolchain, in the workspace.
fn cargo_like(variable_name: &str, default: &str) -> Command {
    let program = variable(variable_name).unwrap_or_else(|| default.into());
    let mut command = Command::new(program);
    command.current_dir(workspace());
    // Flags for the tests, to measure coverage for example, are not for guests.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

fn run(mut command: Command, problem: &str) {
    let output = command.output().expect("the tools of the toolchain can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}: {command:?}\n{text}");
}

#[expect(clippy::disallowed_methods, reason = "the tests are not the host")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

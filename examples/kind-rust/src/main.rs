//! A host of one's own: all that `mikros-host` can do, and the kind `consumer`.
//! Deliberately nothing else: what the kind does is in its module.

mod consumer;

use std::process::ExitCode;

use mikros_host::Host;

fn main() -> ExitCode {
    Host::builder().kind(consumer::Consumer).run()
}

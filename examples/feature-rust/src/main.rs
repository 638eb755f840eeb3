//! A host of one's own: all that `mikros-host` can do, and the feature `geo`.
//! Deliberately nothing else: what the feature does is in its module.

mod geo;

use std::process::ExitCode;

use mikros_host::Host;

fn main() -> ExitCode {
    Host::builder().feature(geo::Geo).run()
}

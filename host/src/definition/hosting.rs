//! `[host]`: which component runs, how often, and within which limits.
//!
//! Does not know whether the component exists.

use std::num::NonZeroUsize;
use std::path::Path;

use super::reader::{Reader, Section};
use super::shape::Checked;
use super::{Hosting, Instances, Limits};

/// `file` is the path of the `service.toml`: paths in it are relative to its directory.
pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>, file: &Path) -> Hosting {
    let section = root.section("host");
    let directory = file.parent().unwrap_or(Path::new(""));
    let address = reader.address(&section, "address");
    Hosting {
        component: directory.join(reader.text(&section, "component").unwrap_or_default()),
        build: reader.text(&section, "build"),
        instances: instances(reader, &section),
        address: address.unwrap_or(std::net::Ipv6Addr::UNSPECIFIED.into()),
        start_timeout: reader.duration(&section, "start_timeout").unwrap_or_default(),
        shutdown_timeout: reader.duration(&section, "shutdown_timeout").unwrap_or_default(),
        limits: limits(reader, &section.section("limits")),
    }
}

fn instances<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Instances {
    match reader.read(section, "instances") {
        Some(Checked::Word(_)) => Instances::Auto,
        Some(Checked::Integer(count)) => {
            Instances::Count(at_least_one(usize::try_from(count).ok()))
        }
        _ => Instances::Count(NonZeroUsize::MIN),
    }
}

fn limits<'t>(reader: &mut Reader<'t>, section: &Section<'t>) -> Limits {
    Limits {
        memory: reader.number(section, "memory").unwrap_or_default(),
        call_timeout: reader.duration(section, "call_timeout").unwrap_or_default(),
        max_concurrency: at_least_one(reader.number(section, "max_concurrency")),
        max_queue: reader.number(section, "max_queue").unwrap_or_default(),
        max_body: reader.number(section, "max_body").unwrap_or_default(),
    }
}

/// The reference keeps zero out; whatever fails its check is never used.
fn at_least_one(count: Option<usize>) -> NonZeroUsize {
    count.and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}

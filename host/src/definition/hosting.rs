//! `[host]`: which component runs, how often, and within which limits.
//!
//! Does not know whether the component exists.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Place;
use super::reader::{Reader, Section};
use super::shape::Checked;
use super::{Address, Hosting, Instances, Kind, Limits};

/// `[host.dev]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dev {
    /// Files and directories to watch, resolved against the directory of the file, each once.
    pub watch: Vec<PathBuf>,
    /// Whether what the service is built of is to be found and watched as well.
    pub finds_sources: bool,
}

/// `directory` is that of the file: paths in it are relative to that.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    root: &Section<'t>,
    kinds: &[Kind],
    directory: &Path,
) -> Hosting {
    let section = root.section("host");
    let address = reader.address(&section, "address");
    Hosting {
        component: directory.join(reader.text(&section, "component").unwrap_or_default()),
        build: reader.text(&section, "build"),
        instances: instances(reader, &section),
        address: Address::Of(address.unwrap_or(std::net::Ipv6Addr::UNSPECIFIED.into())),
        start_timeout: reader.duration(&section, "start_timeout").unwrap_or_default(),
        drain_delay: drain_delay(reader, &section, kinds),
        shutdown_timeout: reader.duration(&section, "shutdown_timeout").unwrap_or_default(),
        limits: limits(reader, &section.section("limits")),
        dev: dev(reader, &section.section("dev"), directory),
    }
}

/// Nobody has to hear of the end of a service that nobody connects to.
fn drain_delay<'t>(reader: &mut Reader<'t>, section: &Section<'t>, kinds: &[Kind]) -> Duration {
    let delay = reader.duration(section, "drain_delay").unwrap_or_default();
    let place = section.value("drain_delay").map(Place::of);
    if let Some(place) = place
        && !(delay.is_zero() || kinds.is_empty() || kinds.iter().any(Kind::listens))
    {
        let message =
            "`host.drain_delay` has no effect without the kind `http` or `grpc`".to_owned();
        reader.warning(place, message, None);
    }
    delay
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

/// What stands in a list for all that would be watched without one.
const REST: &str = "...";

/// Twice the same is no mistake that anybody suffers from.
fn dev<'t>(reader: &mut Reader<'t>, section: &Section<'t>, directory: &Path) -> Dev {
    let Some(Checked::List(items)) = reader.read(section, "watch") else {
        return Dev { watch: Vec::new(), finds_sources: true };
    };
    let mut paths = Vec::new();
    let finds_sources = items.iter().any(|item| item.text == REST);
    for item in items.into_iter().filter(|item| item.text != REST) {
        if item.text.trim().is_empty() {
            let message = "`host.dev.watch` must not hold empty paths".to_owned();
            let help = "write `.` for the directory of this file".to_owned();
            reader.problem(item.place, message, Some(help));
            continue;
        }
        let path = directory.join(item.text);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Dev { watch: paths, finds_sources }
}

/// The reference keeps zero out; whatever fails its check is never used.
fn at_least_one(count: Option<usize>) -> NonZeroUsize {
    count.and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}

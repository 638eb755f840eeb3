//! `dev` with several services: one screen, and each is built and replaced for itself.
//! Does not know what is said of a single one.

use std::fs;
use std::path::Path;

use super::named;
use crate::support::process::Process;
use crate::support::{Command, Service, Signal, guests};

/// A service of the guest that tells its mark, which is built of `src/mark`.
fn project(name: &str) -> Service {
    let service = Service::with_component(Path::new("app.wasm"), "http:0, native")
        .host("build = 'sh build.sh'")
        .tables("[host.dev]\nwatch = ['src']");
    let build = "mark=$(cat src/mark)\necho builds $mark\nLC_ALL=C sed s/unmarked/$mark/ versions.wasm > app.wasm\n";
    service.write("build.sh", build);
    fs::create_dir(service.directory().join("src")).expect("the target directory can be written");
    service.write("src/mark", "version1");
    let guest = fs::read(guests::VERSIONS.component()).expect("the component is there");
    service.write("versions.wasm", guest);
    named(name, service)
}

fn shows(process: &Process, text: &str, count: usize) {
    let what = format!("`{text}` on standard error, {count} times");
    process.wait_until(&what, |_, stderr| (stderr.matches(text).count() >= count).then_some(()));
}

#[test]
fn each_service_is_built_and_replaced_for_itself_on_one_screen() {
    let (user, bff) = (project("user"), project("bff"));
    let mut command = Command::new(["dev"]);
    command.arguments([user.path(), bff.path()]);
    let mut dev = command.spawn();
    shows(&dev, "ready in", 2);

    bff.replace("src/mark", "version2");
    shows(&dev, "bff  | src/mark changed", 1);
    shows(&dev, "ready in", 3);
    dev.signal(Signal::TERM);
    let status = dev.wait();

    assert_eq!(status.code(), Some(0), "{}", dev.stderr());
    let stderr = dev.stderr();
    assert!(stderr.contains("user | builds version1\n"), "{stderr}");
    assert!(stderr.contains("bff  | builds version1\n"), "{stderr}");
    assert!(stderr.contains("bff  | builds version2\n"), "{stderr}");
    assert!(!stderr.contains("user | builds version2\n"), "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("user | ") || line.starts_with("bff  | ")));
}

#[test]
fn one_that_cannot_be_built_does_not_keep_the_other_from_serving() {
    let (user, broken) = (project("user"), project("broken"));
    broken.write("build.sh", "echo no >&2; exit 3\n");
    let mut command = Command::new(["dev"]);
    command.arguments([broken.path(), user.path()]);
    let mut dev = command.spawn();

    shows(&dev, "broken | build failed after", 1);
    shows(&dev, "ready in", 1);
    dev.signal(Signal::INT);

    assert_eq!(dev.wait().code(), Some(0), "{}", dev.stderr());
    assert!(dev.stderr().contains("user   | "), "{}", dev.stderr());
}

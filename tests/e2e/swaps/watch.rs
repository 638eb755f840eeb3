//! `run --watch`: files that change, without anybody who says so.
//! Does not know what swaps are like, nor anything of builds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use expect_test::expect;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, Signal, guests, mask};

const REFUSED: &str = "swap-failed";
const LOOKS: &str = "reload-started";

/// A component that tells another mark.
fn component(mark: &str) -> Vec<u8> {
    let mut bytes = fs::read(guests::VERSIONS.component()).expect("the component is there");
    let at = bytes.windows(8).position(|bytes| bytes == b"unmarked");
    let at = at.expect("its mark is text in the component");
    bytes[at..at + 8].copy_from_slice(mark.as_bytes());
    bytes
}

/// A service with the first component at `app.wasm`.
fn service() -> Service {
    let service = Service::with_component(Path::new("app.wasm"), "http:0, native");
    service.write("app.wasm", component("version1"));
    service
}

/// A host that watches, and a connection that outlives all versions.
struct Watching {
    host: Host,
    client: Client,
}

impl Watching {
    fn start(service: &Service) -> Self {
        let mut command = Host::command(service);
        command.arguments(["--watch"]);
        let host = Host::running(service, command);
        let client = Client::connect(host.port());
        Self { host, client }
    }

    #[track_caller]
    fn serves(&mut self, mark: &str) {
        assert_eq!(super::ask(&mut self.client, "/who"), format!("v1.0.0 {mark}"));
        assert_eq!(http::get(self.host.port(), "/who").text(), format!("v1.0.0 {mark}"));
    }

    /// Waits until versions have been replaced `count` times; the last one has this mark.
    #[track_caller]
    fn swaps(&mut self, count: usize, mark: &str) {
        self.host.wait_for_count("swap-completed", count);
        self.serves(mark);
    }

    /// Waits until `count` changes have come to nothing; the version with this mark goes on.
    #[track_caller]
    fn refuses(&mut self, count: usize, mark: &str) -> String {
        let line = self.host.wait_for_count(REFUSED, count);
        self.serves(mark);
        mask(line.text("error.message"))
    }

    /// Stops it. Demands that there were no more swaps and refusals than these.
    #[track_caller]
    fn stop(self, swaps: usize, refusals: usize) {
        let stopped = self.host.stop();
        let counts = [stopped.lines("swap-completed").len(), stopped.lines(REFUSED).len()];
        assert_eq!(counts, [swaps, refusals]);
    }
}

#[test]
fn a_component_is_replaced_or_written_in_place() {
    let service = service();
    let mut watching = Watching::start(&service);
    watching.serves("version1");

    service.replace("app.wasm", component("version2"));
    watching.swaps(1, "version2");
    let looks = watching.host.wait_for(LOOKS);
    assert_eq!(looks.msg(), "reading the definition again");
    assert_eq!(mask(looks.text("changes")), "`$DIR/app.wasm`");
    // Whoever looks meanwhile may see a part of it, which is refused.
    service.write("app.wasm", component("version3"));
    watching.swaps(2, "version3");

    assert_eq!(watching.host.stop().lines("swap-completed").len(), 2);
}

#[test]
fn a_component_that_is_cut_off_is_refused_until_it_is_whole() {
    let service = service();
    let mut watching = Watching::start(&service);
    let whole = component("version2");

    service.replace("app.wasm", &whole[..whole.len() / 2]);
    let message = watching.refuses(1, "version1");
    assert!(message.starts_with("`$DIR/app.wasm` is truncated"), "{message}");
    service.replace("app.wasm", &whole);
    watching.swaps(1, "version2");

    watching.stop(1, 1);
}

#[test]
fn a_component_that_is_removed_is_refused_until_it_comes_back() {
    let service = service();
    let mut watching = Watching::start(&service);

    fs::remove_file(service.directory().join("app.wasm")).expect("it is there");
    let message = watching.refuses(1, "version1");
    expect!["cannot read component `$DIR/app.wasm`: No such file or directory (os error 2)"]
        .assert_eq(&message);
    service.replace("app.wasm", component("version2"));
    watching.swaps(1, "version2");

    watching.stop(1, 1);
}

#[test]
fn a_definition_is_edited() {
    let service = service().tables("[service]\nmark = 'first'");
    let mut watching = Watching::start(&service);
    watching.serves("first");

    service.edit("'first'", "'second'");
    watching.swaps(1, "second");
    service.edit("product", "produkt");
    let message = watching.refuses(1, "second");
    assert!(message.contains("unknown key `produkt`"), "{message}");
    service.edit("produkt", "product");
    watching.host.wait_for_count("swap-completed", 2);
    service.edit("'second'", "'third'");
    watching.swaps(3, "third");

    watching.stop(3, 1);
}

#[test]
fn a_definition_that_is_removed_is_refused_until_it_comes_back() {
    let service = service();
    let mut watching = Watching::start(&service);
    let text = fs::read_to_string(service.path()).expect("it is there");

    fs::remove_file(service.path()).expect("it is there");
    watching.refuses(1, "version1");
    service.replace("service.toml", text + "[service]\nmark = 'back'\n");
    watching.swaps(1, "back");

    watching.stop(1, 1);
}

#[test]
fn the_component_that_the_definition_names_is_the_one_that_is_watched() {
    let service = service();
    service.write("other.wasm", component("version2"));
    let mut watching = Watching::start(&service);

    service.edit("app.wasm", "other.wasm");
    watching.swaps(1, "version2");
    // Nobody looks at this one any more.
    service.replace("app.wasm", component("version1"));
    service.replace("other.wasm", component("version3"));
    watching.swaps(2, "version3");

    let last = watching.host.wait_for_count(LOOKS, 2);
    assert_eq!(mask(last.text("changes")), "`$DIR/other.wasm`");
    watching.stop(2, 0);
}

#[test]
fn a_component_that_is_not_there_yet_is_watched() {
    let service = service();
    let mut watching = Watching::start(&service);

    service.edit("app.wasm", "later/other.wasm");
    watching.refuses(1, "version1");
    fs::create_dir(service.directory().join("later")).expect("it can be written");
    service.replace("later/other.wasm", component("version2"));
    watching.swaps(1, "version2");

    watching.host.stop();
}

/// A service as Kubernetes mounts a `ConfigMap`: its files lead through `..data` to a directory, which is
/// exchanged as a whole. Each version has a component and the kinds in `types`.
fn mounted(versions: &[(Vec<u8>, &str)]) -> Service {
    let service = service();
    let path = |name: &str| service.directory().join(name);
    let text = fs::read_to_string(service.path()).expect("it is there");
    let text = text.replace("'app.wasm'", &format!("'{}'", path("app.wasm").display()));
    for (number, (component, types)) in versions.iter().enumerate() {
        let name = format!("..{number}");
        fs::create_dir(path(&name)).expect("the target directory can be written");
        service.write(&format!("{name}/app.wasm"), component);
        let text = text.replace("'http:0', 'native'", types) + &format!("# {number}\n");
        service.write(&format!("{name}/service.toml"), text);
    }
    mount(&service, 0);
    for name in ["app.wasm", "service.toml"] {
        fs::remove_file(path(name)).expect("it is there");
        symlink(Path::new("..data").join(name), path(name)).expect("it can be written");
    }
    service
}

/// Exchanges all files at once.
fn mount(service: &Service, number: usize) {
    let path = |name: &str| service.directory().join(name);
    symlink(format!("..{number}"), path("..new")).expect("the target directory can be written");
    fs::rename(path("..new"), path("..data")).expect("the link is ours");
}

#[test]
fn files_behind_a_link_are_exchanged_as_one() {
    let both = "'http:0', 'native'";
    let versions = ["version1", "version2", "version3"].map(|mark| (component(mark), both));
    let service = mounted(&versions);
    let mut watching = Watching::start(&service);
    watching.serves("version1");

    mount(&service, 1);
    fs::remove_dir_all(service.directory().join("..0")).expect("it is there");
    watching.swaps(1, "version2");
    mount(&service, 2);
    fs::remove_dir_all(service.directory().join("..1")).expect("it is there");
    watching.swaps(2, "version3");

    watching.stop(2, 0);
}

#[test]
fn both_files_that_change_at_once_are_one_swap() {
    let natives = fs::read(guests::NATIVES.component()).expect("the component is there");
    let versions = [(component("version1"), "'http:0', 'native'"), (natives, "'native'")];
    let service = mounted(&versions);
    let mut watching = Watching::start(&service);

    // Neither of them would do alone.
    mount(&service, 1);
    watching.host.wait_for("swap-completed");

    assert!(watching.client.is_closed());
    let stopped = watching.host.stop();
    assert_eq!((stopped.lines(REFUSED).len(), stopped.lines(LOOKS).len()), (0, 1));
}

#[test]
fn what_is_written_anew_without_a_difference_is_no_change() {
    let service = service();
    let mut watching = Watching::start(&service);

    service.edit("product", "product");
    service.replace("app.wasm", component("version1"));
    service.write("beside.txt", "not of interest");
    service.replace("app.wasm", component("version2"));
    watching.swaps(1, "version2");

    watching.stop(1, 0);
}

#[test]
fn a_change_while_the_service_stops_is_too_late() {
    let service = service();
    let mut watching = Watching::start(&service);
    watching.client.get("/wait/500");
    watching.host.wait_for("waiting begins");

    watching.host.signal(Signal::TERM);
    watching.host.wait_for("service-stopping");
    service.replace("app.wasm", component("version2"));

    assert_eq!(watching.client.response().text(), "v1.0.0 version1");
    let stopped = watching.host.ended();
    assert_eq!(stopped.status, Some(0));
    assert_eq!(stopped.lines(LOOKS).len(), 0);
}

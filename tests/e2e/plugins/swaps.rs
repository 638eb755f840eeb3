//! Plug-ins that are replaced, enabled and disabled while a service serves.
//! Does not know how changes are noticed.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::{connect, echoes, get, plugin, probe, probed, received, streams};
use crate::support::grpc::Request;
use crate::support::http::Client;
use crate::support::probe::{CHAT, CONTEXT, ContextReply, Empty, chunk};
use crate::support::{Host, LIMIT, Service, Signal, guests, mask};

const REFUSED: &str = "swap-failed";

/// Tells the host to look at its files, and waits until it has replaced the version `count` times.
fn swap(host: &Host, count: usize) {
    host.signal(Signal::HUP);
    host.wait_for_count("swap-completed", count);
}

/// Tells the host to look at its files, and waits until it has refused them `count` times.
fn refused(host: &Host, count: usize) -> String {
    host.signal(Signal::HUP);
    mask(host.wait_for_count(REFUSED, count).text("error.message"))
}

/// Waits until there are so many answers; not for ever, so that a client that fails can say why.
fn wait_for(answered: &AtomicUsize, least: usize) {
    let begun = Instant::now();
    while answered.load(Ordering::Relaxed) < least && begun.elapsed() < LIMIT {
        thread::yield_now();
    }
}

/// A service whose plug-in is the file `plug-in.wasm`.
fn with_file() -> Service {
    let service = echoes(
        "[features.probe]\nenabled = true\ncomponent = 'plug-in.wasm'\n\
         [features.probe.settings]\nrequest = 'set=x-mark:m0'\n",
    );
    service.write("plug-in.wasm", bytes(guests::PLUGIN_PROBE));
    service
}

fn bytes(guest: guests::Guest) -> Vec<u8> {
    fs::read(guest.component()).expect("the component is there")
}

/// The probe with another message in its log line, of the same length.
fn renamed() -> Vec<u8> {
    let mut bytes = bytes(guests::PLUGIN_PROBE);
    let at = bytes.windows(12).position(|bytes| bytes == b"probe starts");
    let at = at.expect("the message is text in the component");
    bytes[at..at + 12].copy_from_slice(b"other starts");
    bytes
}

#[test]
fn no_request_fails_while_plug_ins_follow_each_other() {
    const CLIENTS: usize = 6;
    const SWAPS: usize = 5;
    let service = with_file().host("instances = 2");
    let files = [bytes(guests::PLUGIN_PROBE), renamed()];
    let host = Host::start(&service);
    let port = host.port();
    let (over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));

    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (over, answered) = (&over, &answered);
            scope.spawn(move || {
                let mut client = Client::connect(port);
                while !over.load(Ordering::Relaxed) {
                    // Half of them come anew each time.
                    if number % 2 == 0 {
                        client = Client::connect(port);
                    }
                    client.get("/head");
                    let marks = received(&client.response(), "x-mark");
                    assert!(marks.len() == 1 && marks[0].starts_with('m'), "{marks:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=SWAPS {
            let before = answered.load(Ordering::Relaxed);
            service.replace("plug-in.wasm", &files[number % 2]);
            service.edit(&format!("x-mark:m{}", number - 1), &format!("x-mark:m{number}"));
            swap(&host, number);
            wait_for(&answered, before + CLIENTS);
        }
        over.store(true, Ordering::Relaxed);
    });

    assert_eq!(received(&get(&host, "/head", ""), "x-mark"), [format!("m{SWAPS}")]);
    host.wait_for_count("version-stopped", SWAPS);
    let stopped = host.stop();
    assert!(stopped.lines("feature-failed").is_empty());
    assert_eq!(stopped.lines("probe stops").len(), 2 * (SWAPS + 1));
    assert_eq!(stopped.lines("other starts").len(), 2 * SWAPS.div_ceil(2));
}

#[test]
fn no_rpc_fails_while_plug_ins_follow_each_other() {
    const CLIENTS: usize = 3;
    const SWAPS: usize = 4;
    let service = streams(&probe("request = 'set=x-mark:m0'"));
    let host = Host::start(&service);
    let clients = [(); CLIENTS].map(|()| connect(&host));
    let (over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));

    thread::scope(|scope| {
        for mut client in clients {
            let (over, answered) = (&over, &answered);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let reply: ContextReply = client.unary(CONTEXT, &Empty {}).reply();
                    let is_marked = |line: &String| line.starts_with("x-mark: m");
                    assert!(reply.metadata.iter().any(is_marked), "{reply:?}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=SWAPS {
            let before = answered.load(Ordering::Relaxed);
            service.edit(&format!("x-mark:m{}", number - 1), &format!("x-mark:m{number}"));
            swap(&host, number);
            wait_for(&answered, before + CLIENTS);
        }
        over.store(true, Ordering::Relaxed);
    });

    host.wait_for_count("version-stopped", SWAPS);
    assert!(host.stop().lines("feature-failed").is_empty());
}

#[test]
fn rpcs_go_on_while_plug_ins_follow_each_other() {
    let service = streams(&probe("request = 'set=x-mark:m0'"));
    let host = Host::start(&service);
    let mut client = connect(&host);
    let mut other = connect(&host);
    let mut chat = client.open(Request::new(CHAT));
    chat.send(&chunk(b"before"));
    assert!(chat.next().is_some());

    for number in 1..=3 {
        service.edit(&format!("x-mark:m{}", number - 1), &format!("x-mark:m{number}"));
        swap(&host, number);
        let reply: ContextReply = other.unary(CONTEXT, &Empty {}).reply();
        assert!(reply.metadata.contains(&format!("x-mark: m{number}")), "{reply:?}");
        chat.send(&chunk(b"after"));
        assert!(chat.next().is_some());
    }
    chat.finish();

    assert_eq!(chat.answer().code(), 0);
    host.wait_for_count("version-stopped", 3);
    host.stop();
}

#[test]
fn a_hook_that_is_asked_may_come_to_its_end() {
    let service = echoes(&probe(""));
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    client.request("GET", "/head", "x-probe: log, set=x-a:1, sleep=500\r\n", b"");
    host.wait_for("probe is asked");

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    assert_eq!(received(&client.response(), "x-a"), ["1"]);
    host.wait_for("version-stopped");
    assert!(host.stop().lines("feature-failed").is_empty());
}

#[test]
fn a_file_is_replaced() {
    let service = with_file();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());

    service.replace("plug-in.wasm", renamed());
    swap(&host, 1);

    host.wait_for("other starts");
    client.get("/head");
    assert_eq!(received(&client.response(), "x-mark"), ["m0"]);
    host.wait_for("version-stopped");
    let stopped = host.stop();
    assert_eq!(stopped.lines("probe starts").len(), 1);
    assert_eq!(stopped.lines("probe stops").len(), 2);
}

#[test]
fn a_file_that_is_watched_is_replaced() {
    let service = with_file();
    let mut command = Host::command(&service);
    command.arguments(["--watch"]);
    let host = Host::running(&service, command);

    service.replace("plug-in.wasm", renamed());
    host.wait_for("swap-completed");

    host.wait_for("other starts");
    let looks = host.wait_for("reload-started");
    assert_eq!(mask(looks.text("changes")), "`$DIR/plug-in.wasm`");
    assert_eq!(received(&get(&host, "/head", ""), "x-mark"), ["m0"]);
    host.stop();
}

#[test]
fn a_file_that_is_watched_and_broken_is_refused_until_it_is_well() {
    let service = with_file();
    let mut command = Host::command(&service);
    command.arguments(["--watch"]);
    let host = Host::running(&service, command);
    let whole = renamed();

    service.replace("plug-in.wasm", &whole[..whole.len() / 2]);
    let line = host.wait_for(REFUSED);
    assert!(line.text("error.message").contains("is truncated"), "{line:?}");
    assert_eq!(received(&get(&host, "/head", ""), "x-mark"), ["m0"]);
    service.replace("plug-in.wasm", &whole);
    host.wait_for("swap-completed");

    assert_eq!(received(&get(&host, "/head", ""), "x-mark"), ["m0"]);
    assert_eq!(host.stop().lines("other starts").len(), 1);
}

#[test]
fn what_does_not_start_is_refused_and_the_version_before_goes_on() {
    let service = with_file();
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    let mut serves = |mark: &str| {
        client.get("/head");
        assert_eq!(received(&client.response(), "x-mark"), [mark]);
    };
    serves("m0");

    service.replace("plug-in.wasm", "no component");
    assert!(refused(&host, 1).contains("`$DIR/plug-in.wasm`"));
    serves("m0");
    service.replace("plug-in.wasm", bytes(guests::PLUGIN_PROBE));
    service.edit("request = 'set=x-mark:m0'", "start = 'panic'\nrequest = 'set=x-mark:m1'");
    assert!(refused(&host, 2).contains("told to panic"));
    serves("m0");
    service.edit("start = 'panic'", "unheard = 'of'");
    let message = refused(&host, 3);
    assert!(message.contains("service.toml:") && message.contains("unheard"), "{message}");
    serves("m0");
    service.edit("unheard = 'of'\n", "");
    swap(&host, 1);
    serves("m1");

    let stopped = host.stop();
    assert_eq!(stopped.lines(REFUSED).len(), 3);
    assert!(stopped.lines("feature-failed").is_empty());
}

#[test]
fn features_come_and_go() {
    let service = echoes(&probe("request = 'set=x-mark:here'"));
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    let mut marks = || {
        client.get("/head");
        received(&client.response(), "x-mark")
    };
    assert_eq!(marks(), ["here"]);

    service.edit("enabled = true", "enabled = false");
    swap(&host, 1);
    assert_eq!(marks(), [""; 0]);
    host.wait_for("probe stops");
    service.edit("enabled = false", "enabled = true");
    swap(&host, 2);
    assert_eq!(marks(), ["here"]);

    let stopped = host.stop();
    assert_eq!(stopped.lines("probe starts").len(), 2);
    assert_eq!(stopped.lines("probe stops").len(), 2);
}

#[test]
fn a_provider_is_replaced_with_the_service() {
    let flags = plugin(
        "flags",
        guests::PLUGIN_FLAGS,
        "[features.flags.settings]\nflags = { new = false }\n",
    );
    let service = Service::new(guests::USES_FLAGS, "http:0, native").tables(&flags);
    let host = Host::start(&service);
    let mut client = Client::connect(host.port());
    let mut flag = || {
        client.get("/flag/new");
        super::json(&client.response())
    };
    assert_eq!(flag()["ok"], false);

    service.edit("new = false", "new = true");
    swap(&host, 1);
    assert_eq!(flag()["ok"], true);
    service.edit("enabled = true", "enabled = false");
    swap(&host, 2);
    assert_eq!(flag()["error"]["message"], "feature `flags` is disabled");

    host.wait_for_count("version-stopped", 2);
    host.stop();
}

#[test]
fn state_of_a_plug_in_begins_anew() {
    let service = echoes(&probe("request = 'tell'"));
    let host = Host::start(&service);
    let told = || received(&probed(&host, "/head", "tell"), "x-saw-requests");
    assert_eq!([told(), told()], [["1"], ["2"]]);

    service.edit("v1.0.0", "v2.0.0");
    swap(&host, 1);

    assert_eq!(told(), ["1"]);
    host.stop();
}

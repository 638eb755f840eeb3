//! The log: levels, fields, lines of guests; whole, quiet, and in nobody's way.
//! Does not know which lines the phases write.

mod outputs;

use std::io::{BufRead, BufReader, Read};

use expect_test::{Expect, expect};

use crate::support::log::{self, Line};
use crate::support::{Command, Host, Service, Signal, guests, http, mask};

fn talks() -> Service {
    Service::new(guests::TALKS, "http:0")
}

/// Asks for `path`, stops the service, and returns what the request has left in the log.
#[track_caller]
fn says(service: &Service, path: &str, expected: &Expect) {
    let host = Host::start(service);
    let before = host.log().len();

    let answer = http::get(host.port(), path);
    let stopped = host.stop();

    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
    let lines = stopped.log[before..].iter();
    let lines = lines.take_while(|line| line.name() != "service-stopping");
    expected.assert_eq(&log::outline(lines));
}

#[test]
fn lines_below_the_level_are_not_written() {
    says(
        &talks(),
        "/levels",
        &expect![[r#"
        INFO at info request_id=$ID
        WARN at warn request_id=$ID
        ERROR at error request_id=$ID
        FATAL at fatal request_id=$ID
    "#]],
    );
}

#[test]
fn the_level_of_the_definition_counts() {
    let service = talks().tables("[log]\nlevel = 'debug'");

    says(
        &service,
        "/levels",
        &expect![[r#"
            DEBUG at debug request_id=$ID
            INTERNAL at internal request_id=$ID
            INFO at info request_id=$ID
            WARN at warn request_id=$ID
            ERROR at error request_id=$ID
            FATAL at fatal request_id=$ID
            DEBUG request answered http.status=204 duration_us=$US request_id=$ID http.method="GET" http.path="/levels"
        "#]],
    );
}

#[test]
fn the_level_of_the_command_line_beats_the_definition() {
    let service = Service::new(guests::SCRIPT_REPORT, "script").tables("[log]\nlevel = 'debug'");
    let mut command = Host::command(&service);
    command.arguments(["--log-level", "fatal", "--", "--fail"]);

    let stopped = Host::launch(command).ended();

    let levels: Vec<_> = stopped.log.iter().map(Line::level).collect();
    assert_eq!(levels, ["FATAL"], "{}", stopped.outline());
}

#[test]
fn a_service_changes_its_level_while_it_runs() {
    let host = Host::start(&talks());
    let put = |level| http::request(host.port(), "PUT", level, "", b"");

    assert_eq!(put("/level/error").text(), "info");
    http::get(host.port(), "/levels");
    assert_eq!(put("/level/debug").text(), "error");
    http::get(host.port(), "/levels");
    let stopped = host.stop();

    // Only the second time it was low enough, and not even the host's own line is there before.
    assert_eq!(stopped.lines("at fatal").len(), 2);
    assert_eq!(stopped.lines("at error").len(), 2);
    assert_eq!(stopped.lines("at warn").len(), 1);
    assert_eq!(stopped.lines("at debug").len(), 1);
    assert_eq!(stopped.lines("request-answered").len(), 2, "{}", stopped.outline());
}

#[test]
fn a_level_that_one_instance_sets_counts_in_all() {
    let host = Host::start(&talks().host("instances = 2"));
    let everywhere = || (0..20).for_each(|_| drop(http::get(host.port(), "/levels")));

    everywhere();
    http::request(host.port(), "PUT", "/level/debug", "", b"");
    everywhere();
    http::request(host.port(), "PUT", "/level/error", "", b"");
    everywhere();
    let stopped = host.stop();

    let counts = ["at debug", "at info", "at error"].map(|line| stopped.lines(line).len());
    assert_eq!(counts, [20, 40, 60]);
}

#[test]
fn attributes_follow_the_fixed_fields_and_cannot_replace_the_line() {
    says(
        &talks(),
        "/attributes",
        &expect![[r#"
        INFO attributes text="a \"quoted\" text\nin two lines" number=7 list=[1,2] attributes.msg="not this one" attributes.request_id="mine" request_id=$ID
    "#]],
    );
}

#[test]
fn the_fields_of_a_line_stand_in_their_order() {
    let host = Host::start(&talks());

    http::get(host.port(), "/attributes");
    let stopped = host.stop();

    let line = stopped.lines("attributes")[0];
    let own = ["text", "number", "list", "attributes.msg", "attributes.request_id", "request_id"];
    assert_eq!(line.fields(), [log::FIXED.as_slice(), &own].concat());
    assert_eq!(line.text("service.name"), "impostor");
}

#[test]
fn what_tracing_and_log_record_becomes_lines() {
    let host = Host::start(&talks());
    let before = host.log().len();

    let mut clients = ["one", "two"].map(|name| (name, http::Client::connect(host.port())));
    for (name, client) in &mut clients {
        client.get(&format!("/records/{name}"));
    }
    for (_, client) in &mut clients {
        assert_eq!(client.response().status, 204);
    }
    let stopped = host.stop();

    assert_eq!(stopped.lines("the start is recorded").len(), 1);
    assert_eq!(stopped.lines("a task of the start is recorded").len(), 1);
    let lines = stopped.log[before..].iter();
    let of_one = lines.filter(|line| line.get("name").is_some_and(|name| name == "one"));
    expect![[r#"
        INFO begins name="one" item="one" log.span="request:store" log.target="library" size=3 request_id=$ID
        WARN is slow name="one" item="one" log.span="request:store" log.target="talks::records" attempt=2 request_id=$ID
        INFO ends name="one" item="one" log.span="request:store" request_id=$ID
    "#]].assert_eq(&log::outline(of_one));
    let of_two =
        stopped.log.iter().filter(|line| line.get("name").is_some_and(|name| name == "two"));
    assert_eq!(of_two.count(), 3);
}

#[test]
fn what_a_guest_prints_becomes_lines() {
    says(
        &talks(),
        "/print",
        &expect![[r#"
        INFO to stdout stream="stdout"
        INFO in two pieces stream="stdout"
        INFO to stderr stream="stderr"
    "#]],
    );
}

#[test]
fn what_a_guest_prints_without_the_end_of_a_line_is_not_lost() {
    let host = Host::start(&talks());

    assert_eq!(http::get(host.port(), "/print-without-end").status, 204);
    let stopped = host.stop();

    assert_eq!(stopped.lines("to stdout without an end").len(), 1, "{}", stopped.outline());
    assert_eq!(stopped.lines("to stderr without an end").len(), 1, "{}", stopped.outline());
}

#[test]
fn a_long_line_that_a_guest_prints_comes_in_pieces() {
    let host = Host::start(&talks());

    assert_eq!(http::get(host.port(), "/print-long").status, 204);
    let stopped = host.stop();

    let pieces: Vec<_> = stopped.log.iter().filter(|line| line.has("stream")).collect();
    assert!(pieces.iter().all(|line| !line.has("log.shortened")), "{}", stopped.outline());
    assert_eq!(pieces.iter().map(|line| line.msg()).collect::<String>(), "€".repeat(10_000));
}

#[test]
fn what_a_guest_prints_and_does_not_flush_is_not_lost() {
    let host = Host::start(&talks());

    assert_eq!(http::get(host.port(), "/print-without-flush").status, 204);
    let stopped = host.stop();

    assert_eq!(stopped.lines("to stdout without a flush").len(), 1, "{}", stopped.outline());
}

#[test]
fn attributes_of_the_definition_are_in_every_line() {
    let service = talks().tables("[log]\nattributes = { team = 'core' }");
    let host = Host::start(&service);

    http::get(host.port(), "/levels");
    let stopped = host.stop();

    assert!(stopped.log.iter().all(|line| line.text("team") == "core"), "{}", stopped.outline());
}

#[test]
fn time_is_local_or_utc_as_the_definition_says() {
    for (local, zone) in [(false, "Z"), (true, "+05:30")] {
        let service = talks().tables(&format!("[log]\nlocal_timestamp = {local}"));
        let command = Host::command(&service).env("TZ", "Asia/Kolkata");

        let stopped = Host::running(&service, command).stop();

        let times: Vec<_> = stopped.log.iter().map(|line| line.text("time")).collect();
        assert!(times.iter().all(|time| time.ends_with(zone)), "{times:?}");
    }
}

#[test]
fn a_reader_that_does_not_read_delays_no_request() {
    // The queue takes 8 MiB, and 16 requests make 16 MiB.
    const REQUESTS: usize = 16;
    let service = talks();
    let (reader, writer) = std::io::pipe().expect("there are pipes");
    let mut process = Host::command(&service).spawn_into(writer.into());
    let mut reader = BufReader::new(reader);
    let mut begin = String::new();
    let port = loop {
        let start = begin.len();
        reader.read_line(&mut begin).expect("the host writes UTF-8");
        if let Some(port) = port_of(&Line::parse(&begin[start..])) {
            break port;
        }
    };

    for _ in 0..REQUESTS {
        assert_eq!(http::get(port, "/flood/1000").text(), "1000 lines");
    }
    process.signal(Signal::TERM);
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("the host writes UTF-8");
    let status = process.wait();

    let lines: Vec<_> = rest.lines().map(Line::parse).collect();
    let (losses, written): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.name() == "log-lines-lost");
    let lost: u64 = losses.iter().map(|line| line.number("lines")).sum();
    assert!(lost > 0, "nothing was lost, so the reader was not slow enough");
    // And the two lines of the shutdown, which may be lost as well.
    assert_eq!(written.len() as u64 + lost, 1000 * REQUESTS as u64 + 2);
    assert_eq!(status.code(), Some(0));
}

fn port_of(line: &Line) -> Option<u16> {
    let address = line.has("address").then(|| line.text("address"))?;
    address.rsplit_once(':')?.1.parse().ok()
}

#[test]
fn every_line_is_written_before_the_process_ends() {
    let service = Service::new(guests::SCRIPT_REPORT, "script");
    let arguments: Vec<_> = (0..5000).map(|number| number.to_string()).collect();

    let stopped = Host::run(&service, &arguments);

    let reported: Vec<_> =
        stopped.lines("reported").iter().map(|line| line.text("argument").to_owned()).collect();
    assert_eq!(reported, arguments);
    assert_eq!(stopped.log.last().map(Line::name), Some("service-stopped"));
}

#[test]
fn lines_for_people_are_text() {
    let service = Service::new(guests::SCRIPT_REPORT, "script");
    let mut command = Host::command(&service);
    command.arguments(["--log-format", "text", "--log-level", "info", "--", "one"]);

    let finished = command.run();

    let lines: Vec<_> = finished.stdout.lines().map(without_time).collect();
    expect![[r#"
        probe INFO  starting service
        probe INFO  starting features
        probe INFO  service resources  component=$TARGET/wasm32-wasip2/release/script_report.wasm limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        probe INFO  service is running  kind=script
        probe INFO  reported  argument=one characters=3
        probe INFO  the report is closed  lines=1
        probe INFO  stopping service
        probe INFO  service stopped"#]].assert_eq(&mask(&lines.join("\n")));
    assert_eq!((finished.status, finished.stderr.as_str()), (0, ""));
}

/// The rest of a text line in a file after its date and time, and without how long the start took.
fn without_time(line: &str) -> String {
    let (time, rest) = line.split_once(' ').expect("a line has a time");
    let digits = |c: char| c.is_ascii_digit() || "-T:.Z+".contains(c);
    assert!(time.len() > 20 && time.chars().all(digits), "not a time with a date: {time}");
    match rest.split_once("started_in_ms=") {
        Some((before, _)) => format!("{before}started_in_ms=$MS"),
        None => rest.to_owned(),
    }
}

#[test]
fn libraries_are_silent_at_every_level() {
    let service = talks().tables("[log]\nlevel = 'debug'");
    let host = Host::start(&service);

    http::get(host.port(), "/print");
    // HTTP/2 without anything behind it, and a client that leaves in the middle.
    let mut client = http::Client::connect(host.port());
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    drop(client);
    let stopped = host.stop();

    // The guest's own lines have the attribute as well.
    let is_foreign = |line: &&Line| line.get("log.target").is_some_and(|target| target != "talks");
    let foreign: Vec<_> = stopped.log.iter().filter(is_foreign).collect();
    assert!(foreign.is_empty(), "{}", log::outline(foreign));
    assert_eq!(stopped.lines("request-answered").len(), 1);
}

#[test]
fn values_of_variables_are_never_written() {
    const SECRET: &str = "correct-horse-battery-staple";
    let service = talks()
        .top("envs = ['TOKEN']")
        .tables("[log]\nlevel = 'debug'\n[service]\ntoken = 'TOKEN@env'");
    let with_secret = |command: Command| command.env("TOKEN", SECRET).env("UNRELATED", SECRET);
    let host = Host::running(&service, with_secret(Host::command(&service)));

    let length = http::get(host.port(), "/reveal/TOKEN");
    let stopped = host.stop();

    // The guest has it, and nobody else.
    assert_eq!(length.text(), SECRET.len().to_string());
    assert!(!stopped.outline().contains(SECRET), "{}", stopped.outline());
    for command in ["check", "inspect", "build"] {
        for options in [&[][..], &["--json"]] {
            if command == "build" && !options.is_empty() {
                continue;
            }
            let mut command = Command::new([command, "--log-level", "debug"]);
            command.arguments(options);
            command.arguments([service.path()]);
            let finished = with_secret(command).run();
            assert!(!finished.outline().contains(SECRET), "{}", finished.outline());
        }
    }
}

//! Forms as browsers send them, in a guest.
//! The bodies are larger than the memory of the guest where that matters.

use std::iter;

use expect_test::expect;

use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests};

const URLENCODED: &str = "content-type: application/x-www-form-urlencoded\r\n";
const MULTIPART: &str = "content-type: multipart/form-data; boundary=X\r\n";
/// The beginning of a field with a file.
const FILE: &str = "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\n\
    content-type: image/png\r\n\r\n";
/// More than the guest has memory for.
const LARGE: usize = 48 << 20;

/// A guest whose memory is smaller than the bodies that it takes.
fn start() -> Host {
    let service = Service::new(guests::ECHOES, "http:0");
    Host::start(&service.limits("memory = '16MiB'\nmax_body = '64MiB'"))
}

/// Status and body; of an error the message and its fields.
fn show(answer: &Response) -> String {
    let Ok(error) = serde_json::from_slice::<serde_json::Value>(&answer.body) else {
        return format!("{} {}", answer.status, answer.text());
    };
    let fields = error["field_violations"].as_array().into_iter().flatten();
    let fields = fields.map(|field| format!("\n  {} {}", field["field"], field["description"]));
    iter::once(format!("{} {}", answer.status, error["message"])).chain(fields).collect()
}

#[test]
fn a_form_is_read_as_browsers_send_it() {
    let host = start();
    let post =
        |form: &str| http::request(host.port(), "POST", "/web/form", URLENCODED, form.as_bytes());

    let answers = [
        post("name=J%C3%B6rg+M&min=&active=on&tag=a&tag=b%26c"),
        post("min=300&active=maybe"),
        http::request(host.port(), "POST", "/web/form", MULTIPART, b""),
        http::get(host.port(), "/web/form?name=x&min=7"),
    ];

    expect![[r#"
        200 Filter { name: "Jörg M", min: None, active: true, tag: ["a", "b&c"] }
        400 "request validation failed"
          "min" "expected a whole number from 0 to 255, found `300`"
          "active" "expected `true` or `false`, found `maybe`"
          "name" "is missing"
        415 "expected a body of content type `application/x-www-form-urlencoded`, found `multipart/form-data; boundary=X`"
        200 Filter { name: "x", min: Some(7), active: false, tag: [] }"#]].assert_eq(&answers.each_ref().map(show).join("\n"));
    host.stop();
}

#[test]
fn a_part_that_is_larger_than_the_memory_of_the_guest_streams_through() {
    let host = start();
    let note = "--X\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n";
    let file = vec![b'x'; LARGE];
    let body = [note.as_bytes(), FILE.as_bytes(), &file, b"\r\n--X--\r\n"].concat();

    let answer = http::request(host.port(), "POST", "/web/upload", MULTIPART, &body);

    expect![[r#"
        200 Some("note") None None 2
        Some("file") Some("a b.bin") Some("image/png") 50331648"#]]
    .assert_eq(&show(&answer));
    host.stop();
}

#[test]
fn a_part_that_nobody_reads_is_skipped_in_pieces() {
    let host = start();
    let note = "\r\n--X\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--X--\r\n";
    let body = [FILE.as_bytes(), &vec![b'x'; LARGE], note.as_bytes()].concat();

    let answer = http::request(host.port(), "POST", "/web/names", MULTIPART, &body);

    assert_eq!((answer.status, answer.text()), (200, "file, note"));
    host.stop();
}

#[test]
fn a_form_that_breaks_off_is_the_clients_mistake() {
    let host = start();
    let send = |body: &[u8]| {
        let answer = http::request(host.port(), "POST", "/web/upload", MULTIPART, body);
        show(&answer)
    };

    let shown = [
        send(b""),
        send(&FILE.as_bytes()[..40]),
        send(FILE.as_bytes()),
        send(format!("{FILE}half").as_bytes()),
        // A boundary, but not the one that was announced.
        send(&FILE.replace("--X", "--Y").into_bytes()),
    ];

    expect![[r#"
        400 "the form cannot be read: it ends too early"
        400 "the form cannot be read: it ends too early"
        400 "the form cannot be read: it ends too early"
        400 "the form cannot be read: it ends too early"
        400 "the form cannot be read: it ends too early""#]]
    .assert_eq(&shown.join("\n"));
    host.stop();
}

#[test]
fn a_boundary_that_never_comes_costs_no_memory() {
    let host = start();
    let without = vec![b'-'; LARGE];
    let endless_head = [b"--X\r\ncontent-disposition: ".as_slice(), &vec![b'x'; LARGE]].concat();
    let endless_part = [FILE.as_bytes(), &vec![b'\r'; LARGE]].concat();
    let send = |body: &[u8]| {
        let mut client = Client::connect(host.port());
        client.request("POST", "/web/upload", MULTIPART, body);
        show(&client.response())
    };

    let shown = [send(&without), send(&endless_head), send(&endless_part)];

    expect![[r#"
        400 "the form cannot be read: no field begins within 65536 bytes"
        400 "the form cannot be read: no field begins within 65536 bytes"
        400 "the form cannot be read: it ends too early""#]]
    .assert_eq(&shown.join("\n"));
    let stopped = host.stop();
    assert!(stopped.lines("instance-lost").is_empty(), "{:?}", stopped.log);
}

#[test]
fn a_field_is_there_before_the_rest_of_the_form_has_come() {
    let host = start();
    let mut client = Client::connect(host.port());
    let head = "POST /web/first-field HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n";
    client.send(format!("{head}{MULTIPART}\r\n"));

    client.send("--X\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--X\r\n");

    assert_eq!(client.response().text(), "hi");
    host.stop();
}

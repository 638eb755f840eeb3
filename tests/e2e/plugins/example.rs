//! `examples/feature-wasm`, as its README says.
//! Does not know how its plug-ins do what they do.

use std::fs;
use std::process::Command as Program;

use prost::Message;

use super::connect;
use crate::support::grpc::Request;
use crate::support::http::{self, Response};
use crate::support::probe::Empty;
use crate::support::{Host, Service, Signal, guests, workspace};

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[derive(Clone, PartialEq, Message)]
struct Greeting {
    #[prost(string, tag = "1")]
    text: String,
}

/// The service of the example, with its own `service.toml` but for places and ports.
fn service() -> Service {
    let path = workspace().join("examples/feature-wasm/service.toml");
    let text = fs::read_to_string(path).expect("the example is there");
    let mut text = text.replace("http:8080", "http:0").replace("grpc:7070", "grpc:0");
    for guest in [guests::FEATURE_WASM, guests::SESSION_AUTH, guests::FLAGS] {
        let path = guest.component();
        let name = path.file_name().and_then(|name| name.to_str()).expect("its name is text");
        let named = format!("../../target/wasm32-wasip2/release/{name}");
        assert!(text.contains(&named), "{text} does not name {name}");
        text = text.replace(&named, &path.display().to_string());
    }
    Service::of_text(text.replace("[host]", "[host]\naddress = '127.0.0.1'"))
}

fn start(service: &Service) -> Host {
    let host = Host::launch(Host::command(service).env("SESSION_KEY", KEY));
    host.wait_for_count("service-running", 2);
    host
}

/// The session that the README makes, by the lines of the README.
fn session() -> String {
    let path = workspace().join("examples/feature-wasm/README.md");
    let text = fs::read_to_string(path).expect("the example is there");
    let (_, from) = text.split_once("```sh\nkey=").expect("it tells how to make a session");
    let (lines, _) = from.split_once("```").expect("the block has an end");
    let script = format!("key={lines}\nprintf %s \"$session\"");
    let output = Program::new("sh").args(["-euc", &script]).output().expect("there is a shell");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("a session is text")
}

fn get(host: &Host, path: &str, header: &str) -> Response {
    http::request(host.port(), "GET", path, header, b"")
}

#[test]
fn the_readme_tells_the_truth() {
    let service = service();
    let host = start(&service);
    let session = session();
    let header = format!("x-session: {session}\r\n");

    assert_eq!(http::get(host.port(), "/about").text(), "welcomes those who are known\n");
    let unknown = http::get(host.port(), "/");
    assert_eq!((unknown.status, unknown.header("www-authenticate")), (401, Some("Session")));
    assert_eq!(get(&host, "/", &header).text(), "how good to see you, ada!");
    let cookie = format!("cookie: session={session}\r\n");
    assert_eq!(get(&host, "/", &cookie).text(), "how good to see you, ada!");
    let mut client = connect(&host);
    let request = || Request::new("/welcome.Welcome/Greet").message(&Empty {});
    let greeting = client.call(request().metadata("x-session", &session));
    assert_eq!(greeting.reply::<Greeting>().text, "how good to see you, ada!");
    assert_eq!(client.call(request()).code(), 16);

    service.edit(
        "on = [\"warm-welcome\"]\noff = [\"fireworks\"]",
        "on = []\noff = [\"warm-welcome\"]",
    );
    host.signal(Signal::HUP);
    host.wait_for("swap-completed");

    assert_eq!(get(&host, "/", &header).text(), "hello ada");
    let greeting = client.call(request().metadata("x-session", &session));
    assert_eq!(greeting.reply::<Greeting>().text, "hello ada");
    host.stop();
}

#[test]
fn a_session_that_somebody_has_made_up_is_none() {
    let host = start(&service());
    let real = session();

    for forged in [
        real.replacen("ada", "bob", 1),
        real.replacen("4102444800", "4102444801", 1),
        real[..real.len() - 1].to_owned(),
        "ada.4102444800.".to_owned(),
        "ada".to_owned(),
        "..".to_owned(),
    ] {
        let response = get(&host, "/", &format!("x-session: {forged}\r\n"));
        assert_eq!(response.status, 401, "{forged}: {response:?}");
    }
    host.stop();
}

#[test]
fn a_key_that_is_missing_keeps_the_example_from_starting() {
    let service = service();

    let stopped = Host::launch(Host::command(&service)).ended();

    assert_eq!(stopped.status, Some(2));
    assert!(stopped.stderr.contains("SESSION_KEY"), "{}", stopped.stderr);
}

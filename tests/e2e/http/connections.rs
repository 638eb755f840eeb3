//! Connections: protocol versions, keep-alive, addresses.
//! Does not know what is answered beyond that it is the right answer.

use std::net::{Ipv6Addr, TcpListener, TcpStream};

use crate::support::frames::{Client as Raw, PING};
use crate::support::http::Client;
use crate::support::{Host, Service, guests, http2};

fn hello() -> Service {
    Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hello'")
}

#[test]
fn both_versions_of_http_are_served_on_one_port() {
    let host = Host::start(&hello());

    let old = crate::support::http::get(host.port(), "/hello/Ada");
    let new = http2::Client::connect(host.port()).get("/hello/Ada");

    assert_eq!((old.status, old.text()), (200, "hello Ada"));
    assert_eq!((new.status, new.text()), (200, "hello Ada"));
    assert_eq!(old.header("content-type"), new.header("content-type"));
    host.stop();
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let host = Host::start(&hello());
    let mut client = Client::connect(host.port());

    let answers = ["/hello/a", "/nowhere", "/hello/b", "/health", "/hello/c"].map(|path| {
        client.get(path);
        client.response().status
    });

    assert_eq!(answers, [200, 404, 200, 200, 200]);
    host.stop();
}

#[test]
fn requests_that_arrive_together_are_answered_in_order() {
    let host = Host::start(&hello());
    let mut client = Client::connect(host.port());

    let get = |path| format!("GET /hello/{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client.send([get("a"), get("b"), get("c")].concat());

    let answers = [(); 3].map(|()| client.response().text().to_owned());
    assert_eq!(answers, ["hello a", "hello b", "hello c"]);
    host.stop();
}

#[test]
fn a_connection_is_closed_when_the_client_asks_for_it() {
    let host = Host::start(&hello());
    let mut new = Client::connect(host.port());
    let mut old = Client::connect(host.port());

    new.send("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    old.send("GET / HTTP/1.0\r\n\r\n");

    for client in [&mut new, &mut old] {
        let response = client.response();
        assert_eq!((response.status, response.text()), (200, "hello world"));
        assert!(client.is_closed());
    }
    host.stop();
}

#[test]
fn streams_of_one_http_2_connection_are_served_at_the_same_time() {
    let host = Host::start(&Service::new(guests::GATHERS, "http:0"));

    let answers = http2::Client::connect(host.port()).get_all(&["/meet/50"; 50]);

    assert!(answers.iter().all(|answer| answer.status == 200));
    host.stop();
}

#[test]
fn an_http_2_client_that_does_not_answer_pings_leaves_its_place() {
    let service = Service::new(guests::GATHERS, "http:0").limits("max_concurrency = 1");
    let service =
        service.tables("[services.http]\nkeepalive_interval = '50ms'\nkeepalive_timeout = '50ms'");
    let host = Host::start(&service);
    let mut silent = Raw::connect(host.port());
    silent.get(1, "/stay");
    host.wait_for("a call has entered");

    silent.until(PING);

    assert!(silent.is_closed_at_last());
    assert_eq!(crate::support::http::get(host.port(), "/count").text(), "1");
    host.stop();
}

#[test]
fn the_default_address_takes_ipv4_and_ipv6_on_one_socket() {
    let component = guests::HELLO_HTTP.component();
    let service = Service::of_text(format!(
        "name = 'probe'\nversion = 'v1.0.0'\nlanguage = 'rust'\nproduct = 'Tests'\n\
         types = ['http:0']\n[host]\ncomponent = '{}'\n[service]\ngreeting = 'hello'\n",
        component.display()
    ));
    let host = Host::start(&service);

    let mut clients = vec![Client::connect(host.port())];
    // A machine without IPv6 cannot have such clients.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let stream = TcpStream::connect((Ipv6Addr::LOCALHOST, host.port()));
        clients.push(Client::over(stream.expect("the host listens to IPv6")));
    }

    for mut client in clients {
        client.get("/");
        assert_eq!(client.response().text(), "hello world");
    }
    host.stop();
}

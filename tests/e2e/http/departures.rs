//! Clients that leave while they are being answered, and those that only seem to.
//! Does not know what they would have been told.

use std::net::Shutdown;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests};

/// Bytes that a socket takes although nobody reads them.
const FITS_IN_A_SOCKET: usize = 60_000;

/// Nothing but the departure of its client ends a call or a connection.
fn echoes() -> Host {
    let timeouts = ["header", "read", "write", "idle"].map(|name| format!("{name}_timeout = '1h'"));
    let tables = format!("[services.http]\n{}", timeouts.join("\n"));
    let service = Service::new(guests::ECHOES, "http:0").tables(&tables);
    Host::start(&service.limits("call_timeout = '1h'"))
}

/// Requests that are not answered, with nothing behind them that is not read, and with something.
fn waiting(body: usize) -> [String; 4] {
    let get = "GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let post = "POST /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    [
        get.to_owned(),
        "GET /wait HTTP/1.0\r\n\r\n".to_owned(),
        get.repeat(2),
        post.to_owned() + &"x".repeat(body),
    ]
}

fn connect(host: &Host, request: &str) -> Client {
    let mut client = Client::connect(host.port());
    client.send(request);
    client
}

#[test]
fn clients_that_leave_are_noticed_whatever_they_have_sent() {
    let host = echoes();
    // The end of a client, unlike its reset, arrives after what it has sent.
    let [ending, resetting] = [FITS_IN_A_SOCKET, 300_000]
        .map(|body| waiting(body).map(|request| connect(&host, &request)));
    let calls = ending.len() + resetting.len();
    host.wait_for_count("a call waits", calls);
    drop(ending);
    resetting.into_iter().for_each(Client::reset);

    host.wait_for_count("a waiting call was dropped", calls);
    host.stop();
}

#[test]
fn clients_that_leave_quiet_streams_are_noticed_whatever_they_have_sent() {
    let host = echoes();
    let stream = "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";

    let mut clients = [(); 2].map(|()| connect(&host, &stream.repeat(2)));
    for client in &mut clients {
        assert_eq!(client.head().status, 200);
    }
    let [ending, resetting] = clients;
    drop(ending);
    resetting.reset();

    host.wait_for_count("a waiting call was dropped", 2);
    host.stop();
}

#[test]
fn clients_that_have_left_do_not_hold_up_the_end() {
    let host = echoes();
    let request = "POST /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n";
    let client = connect(&host, request);
    host.wait_for("a call waits");

    client.stream().shutdown(Shutdown::Write).expect("the host is there");
    let stopped = host.stop();

    assert!(stopped.lines("shutdown-timed-out").is_empty());
}

#[test]
fn a_client_that_only_ends_its_own_side_is_answered() {
    let host = echoes();
    let post = "POST /hold HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nhello";

    for request in [post, "POST /hold HTTP/1.0\r\ncontent-length: 5\r\n\r\nhello"] {
        let mut client = connect(&host, request);
        client.stream().shutdown(Shutdown::Write).expect("the host is there");
        http::get(host.port(), "/permit");

        assert_eq!(client.response().text(), "5");
        assert!(client.is_closed());
    }

    host.stop();
}

#[test]
fn all_of_what_a_client_has_asked_before_it_ends_its_side_is_answered() {
    let host = echoes();
    let request = "GET /head HTTP/1.1\r\nhost: localhost\r\n\r\n";

    let mut client = connect(&host, &request.repeat(20));
    client.stream().shutdown(Shutdown::Write).expect("the host is there");

    for _ in 0..20 {
        assert_eq!(client.response().status, 200);
    }
    assert!(client.is_closed());
    host.stop();
}

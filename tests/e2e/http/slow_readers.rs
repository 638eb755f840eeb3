//! Clients that take their time with responses, which the service has long made.
//! Does not know how responses are made.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::support::http::Client;
use crate::support::{Host, Service, Signal, frames, guests};

/// Of the response, in pieces of 64 KiB and in bytes: more than sockets hold.
const PIECES: usize = 64;
const LENGTH: usize = PIECES * 64 * 1024;

fn echoes(timeouts: &str) -> Service {
    Service::new(guests::ECHOES, "http:0").tables(&format!("[services.http]\n{timeouts}"))
}

/// A client whose socket holds little, and which has read no more than the head.
fn slow(host: &Host) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there are sockets");
    socket.set_recv_buffer_size(16 * 1024).expect("a socket takes options");
    socket
        .connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, host.port())).into())
        .expect("it accepts");
    let mut client = Client::over(socket.into());
    client.get(&format!("/whole/{PIECES}"));
    assert_eq!(client.head().status, 200);
    client
}

/// Reads what the socket holds, and tells how much it was.
fn read_some(client: &Client) -> usize {
    client.stream().read(&mut vec![0; 64 * 1024]).expect("there is more")
}

/// The same over HTTP/2, where it is the window that holds little.
fn slow_stream(host: &Host) -> frames::Client {
    let mut client = frames::Client::with_window(host.port(), 1000);
    client.get(1, &format!("/whole/{PIECES}"));
    assert_eq!(client.until(frames::DATA).payload.len(), 1000);
    client
}

/// Takes the rest, and tells how long all of it was.
fn read_stream(mut client: frames::Client) -> usize {
    client.open_window(1);
    let mut length = 1000;
    loop {
        let data = client.until(frames::DATA);
        length += data.payload.len();
        if data.flags & frames::END_STREAM != 0 {
            return length;
        }
    }
}

#[test]
fn a_connection_is_not_idle_while_its_client_reads() {
    let host = Host::start(&echoes("idle_timeout = '200ms'"));
    let (mut client, stream) = (slow(&host), slow_stream(&host));

    // A client that does not care is closed when the timeout has passed, and a second more.
    assert!(frames::Client::connect(host.port()).is_closed_at_last());
    let mut length = read_some(&client);
    assert!(Client::connect(host.port()).is_closed());
    length += client.rest().expect("the host closes it in the end").len();

    assert_eq!(length, LENGTH);
    assert_eq!(read_stream(stream), LENGTH);
    host.stop();
}

#[test]
fn a_stop_waits_for_clients_that_read() {
    let host = Host::start(&echoes(""));
    let (mut client, stream) = (slow(&host), slow_stream(&host));
    let mut idle = frames::Client::connect(host.port());

    host.signal(Signal::TERM);
    // Clients without a request get a second.
    assert!(idle.is_closed_at_last());
    let length = read_some(&client) + client.rest().expect("the host closes it in the end").len();

    assert_eq!(length, LENGTH);
    assert_eq!(read_stream(stream), LENGTH);
    let stopped = host.ended();
    assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
}

#[test]
fn responses_that_a_stop_does_not_wait_for_are_told() {
    let host = Host::start(&echoes("").host("shutdown_timeout = '300ms'"));
    let _clients = (slow(&host), slow_stream(&host));

    host.signal(Signal::TERM);
    let stopped = host.ended();

    let told = stopped.lines("slow-readers-cut");
    assert_eq!((told[0].level(), told[0].number("responses.cut")), ("WARN", 2));
    assert_eq!(told[0].msg(), "responses cut off, their clients read too slowly");
    assert_eq!(stopped.status, Some(1));
}

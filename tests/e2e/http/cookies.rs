//! Cookies that a guest has signed or encrypted.

use crate::support::http::{self, Client, Response};
use crate::support::{Host, Service, guests};

fn service() -> Service {
    Service::new(guests::ECHOES, "http:0")
}

/// The first cookie that a response sets, as a client sends it back.
fn cookie(response: &Response) -> String {
    let set = response.header("set-cookie").expect("it sets a cookie");
    set.split(';').next().unwrap_or_default().to_owned()
}

fn get(host: &Host, path: &str, cookie: &str) -> Response {
    http::request(host.port(), "GET", path, &format!("cookie: {cookie}\r\n"), b"")
}

/// The same cookie with another first letter of its value.
fn forged(cookie: &str) -> String {
    let (name, value) = cookie.split_once('=').expect("a cookie has a value");
    let first = if value.starts_with('A') { 'B' } else { 'A' };
    format!("{name}={first}{}", &value[1..])
}

#[test]
fn cookies_are_read_and_set_with_their_encoding() {
    let host = Host::start(&service());

    let answer = get(&host, "/web/cookies", "old=1; theme=gr%C3%BCn; nonsense");
    let mut set: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, set)| set)
        .collect();
    set.sort();

    assert!(answer.text().contains("theme=grün"), "{}", answer.text());
    assert!(set[0].starts_with("old=; Max-Age=0; Expires="), "{set:?}");
    assert_eq!(set[1], "theme=gr%C3%BCn%3B");
    host.stop();
}

#[test]
fn a_signed_cookie_can_be_read_and_not_changed() {
    let host = Host::start(&service());
    let path = "/web/cookies/signed";

    let signed = cookie(&http::get(host.port(), path));

    assert!(signed.ends_with('7'), "{signed}");
    assert_eq!(get(&host, path, &signed).text(), "7");
    assert_eq!(get(&host, path, &forged(&signed)).text(), "nothing");
    assert_eq!(get(&host, path, &signed.replace("visits", "account")).text(), "nothing");
    host.stop();
}

#[test]
fn a_private_cookie_tells_nothing_and_is_never_the_same_twice() {
    let two_instances = service().host("instances = 2");
    let path = "/web/cookies/private";
    let mut seen: Vec<String> = Vec::new();

    for _start in 0..2 {
        let host = Host::start(&two_instances);
        // At the same time, so that both instances have something to do.
        let mut clients: Vec<_> = (0..8).map(|_| Client::connect(host.port())).collect();
        for client in &mut clients {
            client.get(path);
        }
        for answer in clients.iter_mut().map(Client::response) {
            let set = answer.header("set-cookie").expect("it sets a cookie");
            assert!(!set.contains("1234") && set.ends_with("; HttpOnly; Path=/"), "{set}");
            let cookie = cookie(&answer);
            assert_eq!(get(&host, path, &cookie).text(), "1234");
            assert_eq!(get(&host, path, &forged(&cookie)).text(), "nothing");
            seen.push(cookie);
        }
        host.stop();
    }

    // Also those that a first request of a fresh instance gets: the nonce is random, and no counter.
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn cookies_of_another_secret_count_for_nothing() {
    let first = Host::start(&service());
    let sealed = ["signed", "private"]
        .map(|kind| cookie(&http::get(first.port(), &format!("/web/cookies/{kind}"))));
    first.stop();
    let secret = "[service]\ncookie_secret = '0123456789abcdef0123456789abcdef'";
    let second = Host::start(&service().tables(secret));

    for (kind, cookie) in ["signed", "private"].into_iter().zip(sealed) {
        let path = format!("/web/cookies/{kind}");
        assert_eq!(get(&second, &path, &cookie).text(), "nothing", "{kind}");
    }
    second.stop();
}

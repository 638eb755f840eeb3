//! Many calls at the same time, in one instance and in several.
//! Does not know how many are allowed.

use std::collections::BTreeSet;
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests, http2};

fn gathers(host: &str) -> Host {
    Host::start(&Service::new(guests::GATHERS, "http:0").host(host))
}

#[test]
fn a_hundred_calls_sleep_together_in_one_instance() {
    let host = gathers("");
    let mut clients: Vec<_> = (0..100).map(|_| Client::connect(host.port())).collect();

    for client in &mut clients {
        client.get("/meet/100");
    }
    let answers = clients.iter_mut().map(Client::response);
    let instances: BTreeSet<_> = answers.map(|answer| answer.text().to_owned()).collect();

    assert_eq!(instances.len(), 1);
    assert_eq!(http::get(host.port(), "/most").text(), "100");
    host.stop();
}

#[test]
fn a_channel_connects_calls_of_one_instance() {
    let host = gathers("");
    let mut followers: Vec<_> = (0..3).map(|_| Client::connect(host.port())).collect();
    for (index, follower) in followers.iter_mut().enumerate() {
        follower.get("/follow");
        host.wait_for_count("a call follows", index + 1);
    }

    let publish = http::request(host.port(), "POST", "/publish/extra", "", b"");

    assert_eq!(publish.text(), "3");
    for follower in &mut followers {
        assert_eq!(follower.response().text(), "extra");
    }
    host.stop();
}

#[test]
fn a_guest_has_clocks_and_waits_by_them() {
    let host = gathers("");
    let seconds = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();

    let before = seconds();
    let answer = http::get(host.port(), "/clocks");
    let after = seconds();

    let (text, date) = answer.text().rsplit_once(' ').expect("the date is the last word");
    assert_eq!(text, "slept=true late=Some(\"not done within 10ms\") two=2 later=true first=fast");
    assert!((before..=after).contains(&date.parse().unwrap()), "{date}");
    host.stop();
}

#[test]
fn calls_of_many_connections_share_one_state() {
    const CONNECTIONS: usize = 32;
    const CALLS: usize = 50;
    let host = gathers("");
    let port = host.port();

    let clients = (0..CONNECTIONS).map(|_| {
        thread::spawn(move || {
            let mut client = Client::connect(port);
            let counts = (0..CALLS).map(|_| {
                client.get("/count");
                client.response().text().parse::<usize>().expect("a counter is a number")
            });
            counts.collect::<Vec<_>>()
        })
    });
    let mut counts = all(clients.collect());

    // Every number exactly once.
    counts.sort_unstable();
    assert!(counts.into_iter().eq(1..=CONNECTIONS * CALLS));
    host.stop();
}

/// What all threads have found out together.
fn all<T>(threads: Vec<JoinHandle<Vec<T>>>) -> Vec<T> {
    threads.into_iter().flat_map(|thread| thread.join().expect("all are answered")).collect()
}

/// The instances that answer so many connections.
fn instances(host: &Host, connections: usize) -> BTreeSet<String> {
    let answers = (0..connections).map(|_| http::get(host.port(), "/instance"));
    answers
        .map(|answer| {
            assert_eq!(answer.status, 200);
            answer.text().to_owned()
        })
        .collect()
}

/// Two connections that are answered by different instances.
fn on_two_instances(host: &Host) -> [Client; 2] {
    let mut first = None;
    for _ in 0..200 {
        let mut client = Client::connect(host.port());
        client.get("/instance");
        let instance = client.response().text().to_owned();
        match first.take() {
            Some((other, with)) if other != instance => return [with, client],
            Some(both) => first = Some(both),
            None => first = Some((instance, client)),
        }
    }
    panic!("one instance answers all");
}

#[test]
fn several_instances_share_the_connections_and_nothing_else() {
    let host = gathers("instances = 3");

    let found = instances(&host, 200);

    assert_eq!(found.len(), 3);
    let mut client = Client::connect(host.port());
    let counts = [(); 20].map(|()| {
        client.get("/count");
        client.response().text().to_owned()
    });
    // One connection stays with its instance, whose counter nobody else has touched.
    assert!(counts.into_iter().eq((1..=20).map(|count: u32| count.to_string())));
    host.stop();
}

#[test]
fn an_instance_that_is_lost_takes_nobody_elses_calls_with_it() {
    let host = gathers("instances = 2");
    let [mut one, mut other] = on_two_instances(&host);
    other.get("/count");
    other.response();
    one.get("/panic");
    let culprit = one.response().status;
    host.wait_for("instance-lost");
    other.get("/count");

    assert_eq!((culprit, other.response().text()), (500, "2"));
    host.stop();
}

#[test]
fn one_instance_is_the_default() {
    let host = gathers("");

    assert_eq!(instances(&host, 50).len(), 1);
    host.stop();
}

#[test]
fn calls_overflow_to_an_instance_with_free_places() {
    let service = Service::new(guests::GATHERS, "http:0").host("instances = 2");
    let host = Host::start(&service.limits("max_concurrency = 10\nmax_queue = 0"));

    // All on one connection, so on the thread of one instance.
    let answers = http2::Client::connect(host.port()).get_all(&["/meet/10"; 20]);

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let instances: BTreeSet<_> = answers.iter().map(http::Response::text).collect();
    assert_eq!(instances.len(), 2);
    host.stop();
}

#[test]
fn an_instance_that_is_stuck_leaves_its_calls_to_the_others() {
    let host = gathers("instances = 2");
    let mut stuck = Client::connect(host.port());
    stuck.get("/spin");
    let line = host.wait_for("a call spins");

    let found = instances(&host, 32);
    let was_lost = host.log().iter().any(|line| line.name() == "instance-lost");

    assert!(!was_lost, "some have waited for the end of the instance that is stuck");
    assert_eq!(found.len(), 1);
    assert!(!found.contains(&line.number("instance").to_string()));
    assert_eq!(host.stderr(), "");
}

#[test]
fn no_call_is_lost_while_instances_are() {
    const CLIENTS: usize = 8;
    const CALLS: usize = 100;
    let host = gathers("instances = 2");
    let port = host.port();
    let ask = move |path: &'static str, count: usize| {
        thread::spawn(move || {
            let mut client = Client::connect(port);
            let statuses = (0..count).map(|_| {
                client.get(path);
                client.response().status
            });
            statuses.collect::<Vec<_>>()
        })
    };

    let panics = ask("/panic", 20);
    let clients = (0..CLIENTS).map(|_| ask("/count", CALLS)).collect();
    let panics = all(vec![panics]);
    let statuses = all(clients);

    // 503 for those that were inside when another one took the instance with it.
    assert!(panics.iter().all(|status| [500, 503].contains(status)), "{panics:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200));
    assert_eq!(statuses.len(), CLIENTS * CALLS);
    host.stop();
}

/// The contract promises it to guests whose language has no async.
#[test]
fn a_guest_without_async_gets_one_call_at_a_time() {
    let host = Host::start(&Service::new(guests::PATIENT, "http:0"));

    let answers = http2::Client::connect(host.port()).get_all(&["/"; 10]);

    let answers: Vec<_> = answers.iter().map(|answer| (answer.status, answer.text())).collect();
    assert_eq!(answers, [(200, "1"); 10]);
    host.stop();
}

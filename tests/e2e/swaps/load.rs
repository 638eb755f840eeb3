//! Swaps while many clients ask.
//! Does not know how fast it is; that is the benchmark's.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::{swap, versions};
use crate::support::Host;
use crate::support::http::Client;

/// Clients at a time.
const CLIENTS: usize = 16;
const SWAPS: usize = 20;

#[test]
fn no_request_fails_while_versions_follow_each_other() {
    let service = versions().host("instances = 2").tables("[service]\nmark = 'm0'");
    let host = Host::start(&service);
    let port = host.port();
    let over = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);

    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (over, answered) = (&over, &answered);
            scope.spawn(move || {
                let mut client = Client::connect(port);
                let mut last = 0;
                while !over.load(Ordering::Relaxed) {
                    // Half of them come anew each time.
                    if number % 2 == 0 {
                        client = Client::connect(port);
                    }
                    client.get("/who");
                    let response = client.response();
                    assert_eq!(response.status, 200, "{}", response.text());
                    let mark = response.text().rsplit_once('m').and_then(|(_, n)| n.parse().ok());
                    let mark = mark.expect("the answer ends with its mark");
                    // Threads switch one after the other, and a new connection may be another's.
                    let behind = usize::from(number % 2 == 0);
                    assert!(last <= mark + behind, "version {mark} answers after {last}");
                    last = mark;
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=SWAPS {
            service.edit(&format!("'m{}'", number - 1), &format!("'m{number}'"));
            swap(&host, number);
        }
        over.store(true, Ordering::Relaxed);
    });

    assert!(answered.load(Ordering::Relaxed) > CLIENTS * SWAPS);
    host.wait_for_count("version-stopped", SWAPS);
    host.stop();
}

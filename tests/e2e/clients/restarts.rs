//! A backend that goes away and comes back while it is called: with retries, no call fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::several::{named, port};
use crate::support::{Host, Service, Signal, guests, http};

/// One of two backends of the name `localhost`, which has an address of each family.
fn backend(address: &str, port: u16) -> Host {
    let service = Service::new(guests::GREETER_GRPC, &format!("grpc:{port}"));
    let service = named("greeter", service);
    service.edit("address = '127.0.0.1'", &format!("address = '{address}'"));
    Host::start(&service)
}

/// A service that greets by calling both.
fn caller(port: u16) -> Host {
    let table = format!(
        "[clients.greeter-grpc]\nhost = 'localhost'\nport = {port}\n\
         retries = {{ attempts = 5, budget = 100, backoff = '10ms' }}\n"
    );
    Host::start(&Service::new(guests::USER_BFF, "http:0").tables(&table))
}

/// Restarts the backends in turn while they are called, each `signal`led to its end.
fn no_call_fails_while_backends_restart(signal: Signal) {
    let first = backend("127.0.0.1", 0);
    let port = port(&first, "greeter");
    let mut backends = [("127.0.0.1", Some(first)), ("::1", Some(backend("::1", port)))];
    let caller = caller(port);
    let (is_over, made) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = |host: &Host| {
        while !is_over.load(Ordering::Relaxed) {
            let response = http::get(host.port(), "/greetings?name=Ada&name=Bob&name=Eve");
            assert_eq!(response.status, 200, "{}", response.text());
            made.fetch_add(1, Ordering::Relaxed);
        }
    };

    thread::scope(|scope| {
        let clients = [(); 3].map(|()| scope.spawn(|| load(&caller)));
        let wait_for_calls = || {
            let before = made.load(Ordering::Relaxed);
            while made.load(Ordering::Relaxed) < before + 20
                && !clients.iter().all(thread::ScopedJoinHandle::is_finished)
            {
                thread::yield_now();
            }
        };
        for _ in 0..2 {
            for (address, running) in &mut backends {
                wait_for_calls();
                let gone = running.take().expect("it runs");
                gone.signal(signal);
                gone.ended();
                wait_for_calls();
                *running = Some(backend(address, port));
            }
        }
        wait_for_calls();
        is_over.store(true, Ordering::Relaxed);
    });

    caller.stop();
}

#[test]
fn no_call_fails_while_one_of_two_backends_is_restarted() {
    no_call_fails_while_backends_restart(Signal::TERM);
}

#[test]
fn no_call_fails_while_one_of_two_backends_is_killed() {
    no_call_fails_while_backends_restart(Signal::KILL);
}

//! Certificates that change while the service serves.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Secured, text};
use crate::support::certificates::{Authority, LOCALHOST, Name};
use crate::support::http::{self, Client};
use crate::support::tunnel::Tunnel;
use crate::support::{Host, Service, guests};

/// Ends the load, also when the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks over new connections and one that stays, until `done`; each request is answered.
fn load(tunnel: &Tunnel, done: &AtomicBool, count: &AtomicUsize) {
    let mut stays = Client::connect(tunnel.port());
    while !done.load(Ordering::Relaxed) {
        stays.get("/health");
        assert_eq!(stays.response().status, 200);
        assert_eq!(http::get(tunnel.port(), "/health").status, 200);
        count.fetch_add(2, Ordering::Relaxed);
    }
}

#[test]
fn certificates_are_renewed_under_load_without_a_failed_request() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));

    std::thread::scope(|scope| {
        let _ends = Ends(&done);
        scope.spawn(|| load(&tunnel, &done, &count));
        scope.spawn(|| load(&tunnel, &done, &count));
        for round in 1..=5 {
            secured.install(&secured.authority.sign(LOCALHOST));
            host.wait_for_count("certificates-reloaded", round);
        }
    });

    assert!(count.into_inner() > 0);
    let stopped = host.stop();
    assert!(stopped.lines("certificates-reload-failed").is_empty());
}

#[test]
fn clients_see_the_new_certificate() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let subject = |common| [Name::Dns("localhost"), Name::Common(common)];

    for (round, common) in ["first", "second"].into_iter().enumerate() {
        secured.install(&secured.authority.sign(subject(common)));
        host.wait_for_count("certificates-reloaded", round + 1);
        let Some(seen) = secured.s_client(&host, &[]) else { return };
        assert!(text(&seen.stdout).contains(&format!("CN = {common}")), "{}", text(&seen.stdout));
    }
    host.stop();
}

/// As Kubernetes mounts secrets: each file leads through `..data`, and that is what moves.
#[test]
fn a_directory_that_is_swapped_by_a_link_is_noticed() {
    let authority = Authority::new();
    let service = Service::new(guests::ECHOES, "http:0")
        .tables("[host.tls]\ncertificate = 'mount/tls.crt'\nkey = 'mount/tls.key'\n");
    let mount = service.directory().join("mount");
    fs::create_dir(&mount).expect("the directory is ours");
    let publish = |version: &str| {
        let pair = authority.sign(LOCALHOST);
        let directory = mount.join(version);
        fs::create_dir(&directory).expect("the directory is ours");
        fs::write(directory.join("tls.crt"), pair.certificate).expect("the directory is ours");
        fs::write(directory.join("tls.key"), pair.key).expect("the directory is ours");
        symlink(version, mount.join("..data_tmp")).expect("the directory is ours");
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).expect("the directory is ours");
    };
    publish("..1");
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), mount.join(name)).expect("the directory is ours");
    }
    let host = Host::start(&service);

    publish("..2");
    host.wait_for_count("certificates-reloaded", 1);
    publish("..3");
    host.wait_for_count("certificates-reloaded", 2);

    let tunnel = Tunnel::new(host.port(), &authority, "http/1.1", None);
    assert_eq!(http::get(tunnel.port(), "/health").status, 200);
    let stopped = host.stop();
    assert!(stopped.lines("certificates-reload-failed").is_empty());
}

#[test]
fn what_is_half_written_or_does_not_match_is_told_once_and_not_used() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    let answers = || assert_eq!(http::get(tunnel.port(), "/health").status, 200);
    let pair = secured.authority.sign(LOCALHOST);

    secured.service.replace("server.pem", &pair.certificate[..pair.certificate.len() / 2]);
    let failed = host.wait_for("certificates-reload-failed");
    assert!(failed.text("error").contains("it is truncated"), "{failed:?}");
    answers();
    secured.service.replace("server.pem", &pair.certificate);
    let failed = host.wait_for_count("certificates-reload-failed", 2);
    assert!(failed.text("error").contains("it is not the key of"), "{failed:?}");
    answers();
    secured.service.replace("server.key", &pair.key);
    host.wait_for("certificates-reloaded");
    answers();

    let stopped = host.stop();
    assert_eq!(stopped.lines("certificates-reload-failed").len(), 2);
}

#[test]
fn other_roots_are_trusted_from_then_on() {
    let secured = Secured::echoes("client_roots = 'clients.pem'");
    let (before, after) = (Authority::new(), Authority::new());
    secured.service.write("clients.pem", &before.pem);
    let host = secured.start();
    let is_let_in = |authority: &Authority| {
        let own = authority.sign([Name::Common("c")]);
        let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", Some(&own));
        let mut client = Client::connect(tunnel.port());
        client.get("/health");
        client.try_response().is_ok()
    };

    assert!(is_let_in(&before) && !is_let_in(&after));
    secured.service.replace("clients.pem", &after.pem);
    host.wait_for("certificates-reloaded");
    assert!(is_let_in(&after) && !is_let_in(&before));
    host.stop();
}

#[test]
fn a_new_version_may_have_other_certificates_or_none() {
    let secured = Secured::echoes("");
    let host = secured.start();
    let tunnel = Tunnel::new(host.port(), &secured.authority, "http/1.1", None);
    let mut old = Client::connect(tunnel.port());
    old.get("/health");
    assert_eq!(old.response().status, 200);

    secured.service.edit("key = 'server.key'", "key = 'other.key'");
    host.signal(crate::support::Signal::HUP);
    let failed = host.wait_for("swap-failed");
    assert!(failed.text("error.message").contains("other.key"), "{failed:?}");
    secured.service.edit("[host.tls]", "[services.http]\ntls = false\n[host.tls]");
    host.signal(crate::support::Signal::HUP);
    host.wait_for("swap-completed");

    assert_eq!(http::get(host.port(), "/health").status, 200);
    old.get("/health");
    assert_eq!(old.response().status, 200);
    drop(old);
    host.stop();
}

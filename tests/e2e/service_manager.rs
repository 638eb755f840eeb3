//! What systemd is told of a service: ready, reloading, stopping, alive. A socket of the test stands in for it.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::{Host, Service, Signal, guests};

/// A service manager that listens.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn of(service: &Service) -> Self {
        // The path of a socket has at most 107 bytes.
        let path = std::env::temp_dir().join(format!(
            "mikros-{}-{}",
            std::process::id(),
            service_id(service)
        ));
        drop(fs::remove_file(&path));
        let socket = UnixDatagram::bind(&path).expect("the temporary directory can be written");
        socket.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout can be set");
        Self { socket, path }
    }

    /// The next message that is no sign of life.
    fn next(&self) -> String {
        loop {
            let message = self.any();
            if message != "WATCHDOG=1" {
                return message;
            }
        }
    }

    fn any(&self) -> String {
        let mut buffer = [0; 512];
        let length = self.socket.recv(&mut buffer).expect("the host says something");
        String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn service_id(service: &Service) -> String {
    service.directory().file_name().expect("it is a directory").to_string_lossy().into_owned()
}

fn managed(service: &Service, manager: &Manager) -> Host {
    let command = Host::command(service).env("NOTIFY_SOCKET", &manager.path);
    Host::running(service, command.env("WATCHDOG_USEC", "400000"))
}

#[test]
fn it_hears_of_the_start_of_versions_and_of_the_stop() {
    let service = Service::new(guests::VERSIONS, "http:0, native");
    let manager = Manager::of(&service);
    let host = managed(&service, &manager);
    assert_eq!(manager.next(), "READY=1");

    service.edit("v1.0.0", "v2.0.0");
    host.signal(Signal::HUP);
    let reloading = manager.next();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(manager.next(), "READY=1");

    host.signal(Signal::TERM);
    assert_eq!(manager.next(), "STOPPING=1");
    assert_eq!(host.ended().status, Some(0));
}

#[test]
fn it_hears_that_a_version_was_refused() {
    let service = Service::with_component(Path::new("app.wasm"), "http:0, native");
    let component = service.directory().join("app.wasm");
    fs::copy(guests::VERSIONS.component(), component).expect("the component is there");
    let manager = Manager::of(&service);
    let host = managed(&service, &manager);
    assert_eq!(manager.next(), "READY=1");

    service.replace("app.wasm", "no component");
    host.signal(Signal::HUP);
    assert!(manager.next().starts_with("RELOADING=1\n"));
    assert_eq!(manager.next(), "READY=1");
}

#[test]
fn it_hears_that_the_host_is_alive() {
    let service = Service::new(guests::VERSIONS, "http:0, native");
    let manager = Manager::of(&service);
    let _host = managed(&service, &manager);
    let signs = std::iter::repeat_with(|| manager.any()).filter(|message| message == "WATCHDOG=1");
    assert_eq!(signs.take(3).count(), 3);
}

//! `[host.tls]`: TLS of listeners, as `curl`, `openssl` and rustls see it.
//! Certificates are made by the tests; what is said inside is no different from plaintext, and tested elsewhere.

mod callers;
mod clients;
mod drain;
mod files;
mod renewal;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::certificates::{Authority, LOCALHOST, Pair};
use crate::support::{Host, Service, guests};

/// A service with its certificate authority.
struct Secured {
    authority: Authority,
    service: Service,
}

impl Secured {
    /// `keys` are further ones of `[host.tls]`.
    fn new(service: Service, keys: &str) -> Self {
        let authority = Authority::new();
        let service = service.tables(&format!(
            "[host.tls]\ncertificate = 'server.pem'\nkey = 'server.key'\n{keys}\n"
        ));
        service.write("ca.pem", &authority.pem);
        let secured = Self { authority, service };
        secured.install(&secured.authority.sign(LOCALHOST));
        secured
    }

    /// The one that answers over HTTP with what it was asked.
    fn echoes(keys: &str) -> Self {
        Self::new(Service::new(guests::ECHOES, "http:0"), keys)
    }

    fn start(&self) -> Host {
        Host::start(&self.service)
    }

    /// Gives the service another certificate and key.
    fn install(&self, pair: &Pair) {
        self.service.replace("server.key", &pair.key);
        self.service.replace("server.pem", &pair.certificate);
    }

    /// Runs `curl` on a path, with further options. `None`: it is not there.
    fn curl(&self, host: &Host, path: &str, options: &[&str]) -> Option<Output> {
        let mut command = Command::new("curl");
        command.current_dir(self.directory()).args(["-sS", "--max-time", "60"]);
        command.args(["--cacert", "ca.pem"]).args(options);
        output(command.arg(format!("https://localhost:{}{path}", host.port())))
    }

    /// Runs `openssl s_client` without an input, with further options. `None`: it is not there.
    fn s_client(&self, host: &Host, options: &[&str]) -> Option<Output> {
        let mut command = Command::new("openssl");
        command.current_dir(self.directory()).args(["s_client", "-CAfile", "ca.pem"]);
        command.arg("-connect").arg(format!("localhost:{}", host.port()));
        output(command.args(options))
    }

    fn directory(&self) -> &Path {
        self.service.directory()
    }
}

fn output(command: &mut Command) -> Option<Output> {
    command.stdin(Stdio::null()).output().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! Files that are missing, broken, or out of date: what commands and the log say of them.

use std::fs;

use expect_test::{Expect, expect};

use super::Secured;
use crate::support::certificates::LOCALHOST;
use crate::support::{Command, Host};

/// Runs a command on the service of a test.
#[track_caller]
fn says(secured: &Secured, command: &str, expected: &Expect) {
    let mut line = Command::new([command]);
    line.arguments([secured.service.path()]);
    expected.assert_eq(&line.run().outline());
}

#[test]
fn a_key_of_another_certificate_keeps_the_service_from_starting() {
    let secured = Secured::echoes("");
    let other = secured.authority.sign(LOCALHOST);
    secured.service.replace("server.key", other.key);

    says(
        &secured,
        "run",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: invalid service definition
          $DIR/service.toml:12:7: cannot use `$DIR/server.key`: it is not the key of the certificate in `$DIR/server.pem`
    "#]],
    );
    says(
        &secured,
        "check",
        &expect![[r#"
        status 2
        --- stdout
        $DIR/service.toml:12:7: cannot use `$DIR/server.key`: it is not the key of the certificate in `$DIR/server.pem`
        $DIR/service.toml: 1 problem
        --- stderr
    "#]],
    );
}

#[test]
fn a_file_that_is_missing_keeps_the_service_from_starting() {
    let secured = Secured::echoes("client_roots = 'clients.pem'");
    fs::remove_file(secured.directory().join("ca.pem")).expect("it is ours");

    says(
        &secured,
        "run",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: invalid service definition
          $DIR/service.toml:13:16: cannot use `$DIR/clients.pem`: No such file or directory (os error 2)
    "#]],
    );
}

#[test]
fn a_certificate_that_has_expired_is_an_error_of_check_and_a_warning_at_start() {
    let secured = Secured::echoes("");
    secured.install(&secured.authority.sign_until(LOCALHOST, 2001));

    says(
        &secured,
        "check",
        &expect![[r#"
        status 2
        --- stdout
        $DIR/service.toml:11:15: `$DIR/server.pem` expired at 2001-01-01T00:00:00Z
        $DIR/service.toml: 1 problem
        --- stderr
    "#]],
    );
    let host = Host::start(&secured.service);
    let warning = host.wait_for("certificate-out-of-date");
    assert_eq!(warning.level(), "WARN");
    let message = "the certificate of a listener expired at 2001-01-01T00:00:00Z";
    assert_eq!(warning.msg(), message);
    host.stop();
}

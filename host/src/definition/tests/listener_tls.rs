//! `[host.tls]`, and `tls` of a kind.

use std::path::Path;

use expect_test::expect;

use super::{accepted, rejects, with};
use crate::definition::{Definition, LoadContext};
use crate::tls::ClientAuth;

const FILES: &str = "certificate = \"s.pem\"\nkey = \"s.key\"\n";

/// For each kind, the certificate and what is asked of clients.
fn kinds(rest: &str) -> Vec<Option<(String, Option<ClientAuth>)>> {
    let definition = accepted(&with(&[("types", r#"["http", "grpc"]"#)], rest), &[]);
    let tls = definition.kinds.iter().map(|kind| {
        let files = &definition.tls(kind)?.files;
        let auth = files.clients.as_ref().map(|clients| clients.auth);
        Some((files.certificate.display().to_string(), auth))
    });
    tls.collect()
}

#[test]
fn a_kind_has_the_certificates_of_the_host_or_its_own() {
    let own = |certificate: &str| Some((certificate.to_owned(), None));
    let host = format!("[host.tls]\n{FILES}");

    assert_eq!(kinds(""), [None, None]);
    assert_eq!(kinds(&host), [own("s.pem"), own("s.pem")]);
    let rest = format!("{host}[services.http]\ntls = false\n");
    assert_eq!(kinds(&rest), [None, own("s.pem")]);
    let rest = format!("{host}[services.grpc.tls]\ncertificate = \"g.pem\"\nkey = \"g.key\"\n");
    assert_eq!(kinds(&rest), [own("s.pem"), own("g.pem")]);
    let rest = format!("[runtime.http.tls]\n{FILES}");
    assert_eq!(kinds(&rest), [own("s.pem"), None]);
}

#[test]
fn who_names_roots_wants_certificates() {
    let auth = |lines: &str| {
        let [_, grpc] =
            kinds(&format!("[host.tls]\n{FILES}{lines}"))[..].to_owned().try_into().unwrap();
        grpc.unwrap().1
    };
    let roots = "client_roots = \"ca.pem\"\n";

    assert_eq!(auth(""), None);
    assert_eq!(auth("client_auth = \"off\""), None);
    assert_eq!(auth(roots), Some(ClientAuth::Required));
    let optional = format!("{roots}client_auth = \"optional\"");
    assert_eq!(auth(&optional), Some(ClientAuth::Optional));
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = with(&[], &format!("[host.tls]\n{FILES}client_roots = \"/etc/ca.pem\"\n"));
    let path = Path::new("app/service.toml");
    let definition = Definition::parse(path, &text, &LoadContext::default()).unwrap();

    let files = &definition.host.tls.as_ref().unwrap().files;
    let paths = files.paths().collect::<Vec<_>>();
    assert_eq!(paths, ["app/s.pem", "app/s.key", "/etc/ca.pem"].map(Path::new));
}

#[test]
fn a_listener_needs_both_files() {
    rejects(
        &with(&[], "tls = true\n[services.http.tls]\nkey = \"s.key\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:1: `host.tls.certificate` is missing
        help: add `certificate` to `[host.tls]`, the path of a PEM file
        service.toml:8:1: `host.tls.key` is missing
        help: add `key` to `[host.tls]`, the path of a PEM file
        service.toml:9:16: `services.http.tls.certificate` is missing
        help: add `certificate` to `[services.http.tls]`, the path of a PEM file"#]],
    );
    rejects(
        &with(&[], "[host.tls]\ncertificat = \"s.pem\"\nkey = \"\"\nclient_auth = \"must\"\n"),
        &[],
        &expect![[r#"
            service.toml:8:7: `host.tls.certificate` is missing
            help: add `certificate` to `[host.tls]`, the path of a PEM file
            service.toml:9:1: unknown key `host.tls.certificat`
            help: did you mean `certificate`?
            service.toml:10:7: `host.tls.key` must not be empty
            service.toml:11:15: `host.tls.client_auth` must be one of `off`, `optional`, `required`, found `"must"`
            help: for example `"optional"`"#]],
    );
}

#[test]
fn clients_are_verified_with_roots() {
    rejects(
        &with(&[], &format!("[host.tls]\n{FILES}client_auth = \"required\"\n")),
        &[],
        &expect![[r#"
            service.toml:11:15: `host.tls.client_auth` needs `host.tls.client_roots`
            help: add `client_roots` to `[host.tls]`, the path of a PEM file"#]],
    );
}

/// The warnings of a definition.
fn warnings(text: &str) -> String {
    let definition = accepted(text, &[]);
    let warnings = definition.warnings.iter().map(|one| one.located(Path::new("service.toml")));
    warnings.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_no_effect_is_told() {
    let of_host = format!("[host.tls]\n{FILES}");
    let unused = format!("{of_host}client_roots = \"ca.pem\"\nclient_auth = \"off\"\n");

    expect![[
        r#"service.toml:11:16: `host.tls.client_roots` has no effect with `client_auth = "off"`"#
    ]]
    .assert_eq(&warnings(&with(&[], &unused)));
    let native = with(&[("types", r#"["native"]"#)], &of_host);
    expect![
        "service.toml:8:7: `host.tls` has no effect: no kind listens without a `tls` of its own"
    ]
    .assert_eq(&warnings(&native));
    let own = with(&[], &format!("{of_host}[services.http.tls]\n{FILES}"));
    expect![
        "service.toml:8:7: `host.tls` has no effect: no kind listens without a `tls` of its own"
    ]
    .assert_eq(&warnings(&own));
    expect![[""]].assert_eq(&warnings(&with(&[], &of_host)));
}

//! `[services.grpc]`.

use std::time::Duration;

use expect_test::expect;

use super::{accepted, rejects, with};
use crate::definition::{Grpc, Kind, Origin, Position};

fn file(types: &str, table: &str) -> String {
    with(&[("types", types)], &format!("[services.grpc]\n{table}\n"))
}

#[track_caller]
fn grpc(types: &str, table: &str, variables: &[(&str, &str)]) -> Grpc {
    match accepted(&file(types, table), variables).kinds.remove(0) {
        Kind::Grpc(grpc) => grpc,
        other => panic!("expected grpc, found {other:?}"),
    }
}

#[test]
fn defaults_are_applied() {
    let grpc = grpc(r#"["grpc"]"#, "", &[]);

    assert_eq!(grpc.port.number, 7070);
    assert!(grpc.health && grpc.reflection && grpc.maps_codes && !grpc.compresses);
    assert_eq!([grpc.max_request, grpc.max_response], [4 << 20; 2]);
    assert_eq!(grpc.max_metadata, 16 << 10);
    let connections = grpc.connections;
    assert_eq!(connections.max_streams, 128);
    assert_eq!(connections.keepalive_interval, Some(Duration::from_mins(1)));
    assert_eq!(connections.keepalive_timeout, Duration::from_secs(20));
    assert_eq!([connections.max_age, connections.max_age_grace], [None; 2]);
    assert_eq!(connections.idle_timeout, Some(Duration::from_mins(15)));
    assert_eq!(connections.write_timeout, Some(Duration::from_mins(5)));
}

#[test]
fn every_key_reaches_its_field() {
    let grpc = grpc(
        r#"["grpc:0"]"#,
        "health = false\nreflection = false\ncompression = \"on\"\nerror_codes = \"unknown\"\n\
         max_request = \"1KiB\"\nmax_response = \"2KiB\"\nmax_metadata = \"8KiB\"\nmax_streams = 3\n\
         keepalive_interval = \"never\"\nkeepalive_timeout = \"4s\"\nmax_connection_age = \"5s\"\n\
         max_connection_age_grace = \"6s\"\nidle_timeout = \"7s\"\nwrite_timeout = \"8s\"",
        &[],
    );

    assert_eq!(grpc.port.number, 0);
    assert!(!grpc.health && !grpc.reflection && !grpc.maps_codes && grpc.compresses);
    assert_eq!([grpc.max_request, grpc.max_response, grpc.max_metadata], [1024, 2048, 8192]);
    let connections = grpc.connections;
    assert_eq!(connections.max_streams, 3);
    assert_eq!(connections.keepalive_interval, None);
    assert_eq!(connections.keepalive_timeout, Duration::from_secs(4));
    assert_eq!(connections.max_age, Some(Duration::from_secs(5)));
    assert_eq!(connections.max_age_grace, Some(Duration::from_secs(6)));
    assert_eq!(connections.idle_timeout, Some(Duration::from_secs(7)));
    assert_eq!(connections.write_timeout, Some(Duration::from_secs(8)));
}

#[test]
fn the_port_follows_the_same_precedence_as_that_of_http() {
    let own = ("GREETER__MIKROS_GRPC_PORT", "1");
    let global = ("MIKROS_GRPC_PORT", "2");

    assert_eq!(grpc(r#"["grpc"]"#, "", &[global]).port.number, 2);
    assert_eq!(
        grpc(r#"["grpc:3"]"#, "", &[]).port.source,
        Origin::File(Position { line: 2, column: 10 })
    );
    assert_eq!(grpc(r#"["grpc:3"]"#, "", &[own]).port.number, 1);
}

#[test]
fn wrong_values_say_what_is_right() {
    rejects(
        &file(
            r#"["grpc"]"#,
            "idle_timeout = 5\nmax_streams = 0\ncompression = \"gzip\"\nport = 7070",
        ),
        &[],
        &expect![[r#"
            service.toml:9:16: `services.grpc.idle_timeout` must be a duration from `1ms` to `24h`, or `"never"`, found the integer `5`
            help: write the unit, for example `"5m"`
            service.toml:10:15: `services.grpc.max_streams` must be an integer from 1 to 65535, found the integer `0`
            help: for example `1000`
            service.toml:11:15: `services.grpc.compression` must be one of `off`, `on`, found `"gzip"`
            help: for example `"on"`
            service.toml:12:1: unknown key `services.grpc.port`
            help: write the port in `types`, for example `types = ["grpc:7070"]`"#]],
    );
}

#[test]
fn two_kinds_need_two_ports() {
    rejects(
        &file(r#"["grpc:7070", "http:7070"]"#, ""),
        &[],
        &expect![[r#"
        service.toml:2:23: kinds `grpc` and `http` have the same port 7070
        help: for example `http:7071`"#]],
    );
    assert_eq!(accepted(&file(r#"["grpc:0", "http:0"]"#, ""), &[]).kinds.len(), 2);
}

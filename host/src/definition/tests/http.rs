//! `[services.http]`.

use std::time::Duration;

use expect_test::expect;

use super::{accepted, rejects, warns, with};
use crate::definition::{Http, Kind};

fn table(rest: &str) -> String {
    with(&[], &format!("[services.http]\n{rest}\n"))
}

#[track_caller]
fn http(rest: &str) -> Http {
    match accepted(&table(rest), &[]).kinds.remove(0) {
        Kind::Http(http) => http,
        other => panic!("expected http, found {other:?}"),
    }
}

#[test]
fn defaults_are_applied() {
    let http = http("");

    assert_eq!(http.base_path, "");
    assert_eq!(http.health.as_deref(), Some("/health"));
    assert_eq!(http.timeouts.header, Duration::from_secs(10));
    assert_eq!(http.timeouts.read, Duration::from_secs(15));
    assert_eq!(http.timeouts.write, Duration::from_secs(15));
    assert_eq!(http.timeouts.idle, Duration::from_mins(1));
    assert_eq!(http.timeouts.keepalive_interval, Some(Duration::from_mins(1)));
    assert_eq!(http.timeouts.keepalive_timeout, Duration::from_secs(20));
    assert_eq!(http.max_header_bytes, 65_536);
}

#[test]
fn every_key_reaches_its_field() {
    let http = http(
        "base_path = \"/api\"\nhealth = \"/healthz\"\nheader_timeout = \"1s\"\n\
         read_timeout = \"2s\"\nwrite_timeout = \"1m30s\"\nidle_timeout = \"500ms\"\n\
         keepalive_interval = \"never\"\nkeepalive_timeout = \"3s\"\nmax_header_bytes = \"1MiB\"\n",
    );

    assert_eq!(http.base_path, "/api");
    assert_eq!(http.health.as_deref(), Some("/healthz"));
    assert_eq!(http.timeouts.header, Duration::from_secs(1));
    assert_eq!(http.timeouts.read, Duration::from_secs(2));
    assert_eq!(http.timeouts.write, Duration::from_secs(90));
    assert_eq!(http.timeouts.idle, Duration::from_millis(500));
    assert_eq!(http.timeouts.keepalive_interval, None);
    assert_eq!(http.timeouts.keepalive_timeout, Duration::from_secs(3));
    assert_eq!(http.max_header_bytes, 1 << 20);
}

#[test]
fn the_three_old_timeouts_may_count_nanoseconds() {
    let http =
        http("read_timeout = 5_000_000_000\nwrite_timeout = 1000000\nidle_timeout = 0x3B9ACA00");

    assert_eq!(http.timeouts.read, Duration::from_secs(5));
    assert_eq!(http.timeouts.write, Duration::from_millis(1));
    assert_eq!(http.timeouts.idle, Duration::from_secs(1));
    rejects(
        &table("read_timeout = 15\nheader_timeout = 10000000000"),
        &[],
        &expect![[r#"
        service.toml:9:16: `services.http.read_timeout` must be a duration from `1ms` to `24h`, found the integer `15`
        help: write the unit, for example `"30s"`
        service.toml:10:18: `services.http.header_timeout` must be a duration from `1ms` to `24h`, found the integer `10000000000`
        help: write the unit, for example `"5s"`"#]],
    );
}

#[test]
fn durations_need_units_and_a_sensible_length() {
    for bad in
        ["", "0s", "30", "5 s", "1.5s", "-1s", "s", "25h", "1s1m", "1s1s", "1ns", "30S", "1d"]
    {
        let text = table(&format!("idle_timeout = {bad:?}"));

        assert_eq!(super::parse(&text, &[]).expect_err(bad).len(), 1, "{bad}");
    }
    rejects(
        &table("idle_timeout = \"0s\""),
        &[],
        &expect![[r#"
        service.toml:9:16: `services.http.idle_timeout` must be a duration from `1ms` to `24h`, found `"0s"`
        help: for example `"2m"`"#]],
    );
    rejects(
        &table("idle_timeout = \"60\""),
        &[],
        &expect![[r#"
        service.toml:9:16: `services.http.idle_timeout` must be a duration from `1ms` to `24h`, found `"60"`
        help: write an integer and a unit: `ms`, `s`, `m` or `h`"#]],
    );
    rejects(
        &table("idle_timeout = 1.5"),
        &[],
        &expect![[r#"
            service.toml:9:16: `services.http.idle_timeout` must be a duration from `1ms` to `24h`, found the number `1.5`
            help: for example `"2m"`"#]],
    );
}

#[test]
fn the_base_path_is_normalised() {
    for (written, expected) in [
        ("/", ""),
        ("api", "/api"),
        ("/api/", "/api"),
        (" /a/b ", "/a/b"),
        ("", ""),
        ("/v1.2/~x", "/v1.2/~x"),
    ] {
        assert_eq!(http(&format!("base_path = {written:?}")).base_path, expected);
    }
}

#[test]
fn paths_that_no_client_sends_are_rejected() {
    for bad in ["/a b", "/a?b", "/a#b", "/a//b", "/a/../b", "/.", "/ä", "/a\\b", "/%zz"] {
        let text = table(&format!("base_path = {bad:?}"));

        assert_eq!(super::parse(&text, &[]).expect_err(bad).len(), 1, "{bad}");
    }
    rejects(
        &table("base_path = \"/a b\"\nhealth = \"healthz\""),
        &[],
        &expect![[r#"
        service.toml:9:13: `services.http.base_path` must be a URL path, found `"/a b"`
        help: for example `"/api"`
        service.toml:10:10: `services.http.health` must be a URL path that starts with `/`, or `false`, found `"healthz"`
        help: for example `"/healthz"`"#]],
    );
    rejects(
        &table("base_path = 5\nhealth = 5"),
        &[],
        &expect![[r#"
        service.toml:9:13: `services.http.base_path` must be a URL path, found the integer `5`
        help: for example `"/api"`
        service.toml:10:10: `services.http.health` must be a URL path that starts with `/`, or `false`, found the integer `5`
        help: for example `"/healthz"`"#]],
    );
}

#[test]
fn the_health_check_can_be_moved_and_turned_off() {
    assert_eq!(http("health = false").health, None);
    assert_eq!(http("health = true").health.as_deref(), Some("/health"));
    assert_eq!(http("health = \"/a/b/\"").health.as_deref(), Some("/a/b/"));
    assert_eq!(http("health = \"/\"").health.as_deref(), Some("/"));
}

#[test]
fn the_head_of_a_request_has_a_size() {
    assert_eq!(http("max_header_bytes = 1048576").max_header_bytes, 1 << 20);
    rejects(
        &table("max_header_bytes = 100"),
        &[],
        &expect![[r#"
            service.toml:9:20: `services.http.max_header_bytes` must be a size from `8KiB` to `16MiB`, found the integer `100`
            help: write the unit, for example `"1MiB"`"#]],
    );
    rejects(
        &table("max_header_bytes = \"1GiB\""),
        &[],
        &expect![[r#"
        service.toml:9:20: `services.http.max_header_bytes` must be a size from `8KiB` to `16MiB`, found `"1GiB"`
        help: for example `"1MiB"`"#]],
    );
}

#[test]
fn settings_without_effect_are_not_taken_silently() {
    http("disable_auth = true");
    rejects(
        &table("disable_auth = false"),
        &[],
        &expect![[r#"
        service.toml:9:16: `services.http.disable_auth` asks for authentication, and `http_auth` is not enabled
        help: enable `[features.http_auth]`, or write `true`: the service is open to everybody then"#]],
    );
    warns(
        &table("cors_strict = false"),
        &[],
        &expect![
            "service.toml:9:15: `services.http.cors_strict` has no effect: mistakes in `[features.http_cors]` always keep the service from starting"
        ],
    );
}

#[test]
fn keys_of_other_documents_name_their_successor() {
    rejects(
        &table(
            "port = 8080\nuse_tls = true\nmax_request_body_size = 4\ndisable_panic_recovery = true",
        ),
        &[],
        &expect![[r#"
            service.toml:9:1: unknown key `services.http.port`
            help: write the port in `types`, for example `types = ["http:8080"]`
            service.toml:10:1: unknown key `services.http.use_tls`
            help: write `[host.tls]`, with `certificate` and `key`
            service.toml:11:1: unknown key `services.http.max_request_body_size`
            help: write `max_body = "4MiB"` in `[host.limits]`
            service.toml:12:1: unknown key `services.http.disable_panic_recovery`
            help: remove it: a panic in the service never stops the host"#]],
    );
}

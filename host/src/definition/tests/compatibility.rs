//! Files of the two existing frameworks, and the cases their own tests check.

use expect_test::expect;

use super::{accepted, explained, rejects, warns, with};
use crate::definition::Kind;

/// What this host needs in addition.
const HOST: &str = "\n[host]\ncomponent = \"service.wasm\"\n";

const GO: &str = r#"name = "UserService"
types = ["http:8080", "worker"]
version = "v0.1"
language = "go"
product = "Matrix"
envs = ["DB_HOST"]

[log]
level = "internal"
error_stacktrace = true
[log.attributes]
team = "core"

[tests]
discard_log_messages = true

[runtime.http]
base_path = "api/"
disable_auth = true
read_timeout = 15000000000
max_header_bytes = 1048576

[features.cache]
enabled = false
address = "CACHE@env"

[clients.orders]
host = "localhost"
port = 7070

[service]
max_diff_range = 100
"#;

#[test]
fn a_file_of_the_go_framework_loads() {
    let text = format!("{GO}{HOST}");

    let definition = accepted(&text, &[("DB_HOST", "db"), ("CACHE", "c")]);

    assert_eq!(definition.identity.name, "user-service");
    assert_eq!(definition.kinds.iter().map(Kind::name).collect::<Vec<_>>(), ["http", "native"]);
    expect![[r#"
        name = UserService (service.toml:1)
        types = http:8080 worker (service.toml:2)
        version = v0.1 (service.toml:3)
        language = go (service.toml:4)
        product = Matrix (service.toml:5)
        envs = DB_HOST (service.toml:6)
        http.port = 8080 (service.toml:2)
        runtime.http.base_path = /api (service.toml:18)
        runtime.http.health = /health (default)
        runtime.http.header_timeout = 10s (default)
        runtime.http.read_timeout = 15s (service.toml:20)
        runtime.http.write_timeout = 15s (default)
        runtime.http.idle_timeout = 1m (default)
        runtime.http.keepalive_interval = 1m (default)
        runtime.http.keepalive_timeout = 20s (default)
        runtime.http.max_header_bytes = 1MiB (service.toml:21)
        runtime.http.disable_auth = true (service.toml:19)
        host.component = service.wasm (service.toml:35)
        host.instances = 1 (default)
        host.address = :: (default)
        host.tls = false (default)
        host.start_timeout = 30s (default)
        host.drain_delay = 0s (default)
        host.shutdown_timeout = 30s (default)
        host.limits.memory = 256MiB (default)
        host.limits.call_timeout = 30s (default)
        host.limits.max_concurrency = 256 (default)
        host.limits.max_queue = 1024 (default)
        host.limits.max_body = 4MiB (default)
        host.egress = closed (default)
        log.level = internal (service.toml:9)
        log.error_stacktrace = true (service.toml:10)
        log.attributes.team = core (service.toml:12)
        log.max_line = 16KiB (default)
        log.local_timestamp = true (default)
        log.display_errors = true (default)
        tests.discard_log_messages = true (service.toml:15)
        MIKROS_TRACKER_HEADER_NAME = X-Request-ID (default)
        MIKROS_SERVICE_DEPLOY = local (default)
        MIKROS_HIDE_RESPONSE_FIELDS = "" (default)
        MIKROS_COUPLED_NAMESPACE = localhost (default)
        MIKROS_COUPLED_PORT = 7070 (default)
        MIKROS_CICD_TEST = false (default)
        envs.DB_HOST = *** (DB_HOST)
        clients.orders.host = localhost (service.toml:28)
        clients.orders.port = 7070 (service.toml:29)
        features.cache.enabled = false (service.toml:24)
        features.cache.address = *** (CACHE)
        service.max_diff_range = 100 (service.toml:32)"#]]
    .assert_eq(&without_defaults_of_clients(&explained(&definition, "")));
}

/// They are the subject of `clients`.
fn without_defaults_of_clients(shown: &str) -> String {
    let is_default = |line: &&str| line.starts_with("clients.") && line.ends_with("(default)");
    shown.lines().filter(|line| !is_default(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_of_the_rust_framework_loads() {
    let text = format!(
        "{}{HOST}",
        r#"name = "http-example"
types = ["http", "native"]
version = "v0.1.0"
language = "rust"
product = "examples"
envs = ["CUSTOM_ENV"]

[log]
level = "warning"
local_timestamp = false
display_errors = false

[service]
name = "custom"

[services.http]
"#
    );

    warns(&text, &[("CUSTOM_ENV", "x")], &expect![[""]]);
}

#[test]
fn what_a_file_of_another_framework_needs_is_one_message() {
    rejects(
        r#"name = "orders"
types = ["http-spec:8080", "worker"]
version = "v1.0.0"
language = "go"
product = "shop"

[runtime.http-spec]
disable_panic_recovery = true

[features.database]
enabled = true

[deploy]
port = 1

[http]
port = 2
"#,
        &[],
        &expect![[r#"
            service.toml:1:1: the file has no `[host]`: one of another Mikros framework needs some changes to run here
            help: `host.component` is missing: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`
                      line 2: unknown kind `http-spec`, expected one of `http`, `grpc`, `native`, `worker`, `script`: write `http`: the service routes its requests itself
                      line 7: unknown kind `http-spec` in `[runtime.http-spec]`: write `http`: the service routes its requests itself
                      line 10: unknown feature `database`: remove it, write `enabled = false`, or name what implements it with `component = ".."`: this version has no such feature yet
                      line 13: unknown key `deploy`: write the table of the kind, for example `[services.http]`
                      line 16: unknown key `http`: write `[services.http]`
                      the only SDK so far is for Rust: a component in another language implements the contract in `wit`"#]],
    );
}

#[test]
fn types_follow_the_rules_of_both() {
    accepted(&with(&[("types", r#"["script"]"#)], ""), &[]);
    rejects(
        &with(&[("types", r#"["script", "http"]"#)], ""),
        &[],
        &expect![[r#"
        service.toml:2:10: kind `script` must be the only kind of a service
        help: make the script a service of its own"#]],
    );
    rejects(
        &with(&[("types", r#"["http", "http"]"#)], ""),
        &[],
        &expect!["service.toml:2:18: kind `http` is declared twice"],
    );
    rejects(
        &with(&[("types", r#"["http", "unsupported"]"#)], ""),
        &[],
        &expect![
            "service.toml:2:18: unknown kind `unsupported`, expected one of `http`, `grpc`, `native`, `worker`, `script`"
        ],
    );
    rejects(
        &with(&[("types", r#"["unsupported", "http"]"#)], ""),
        &[],
        &expect![
            "service.toml:2:10: unknown kind `unsupported`, expected one of `http`, `grpc`, `native`, `worker`, `script`"
        ],
    );
    rejects(
        &with(&[("types", "")], ""),
        &[],
        &expect![[r#"
        service.toml:1:1: `types` is missing
        help: add `types = ["http:8080"]`"#]],
    );
}

#[test]
fn several_mistakes_are_reported_together() {
    rejects(
        &with(
            &[
                ("types", r#"["unsupported"]"#),
                ("version", "\"zzz\""),
                ("language", "\"\""),
                ("envs", r#"["lower"]"#),
            ],
            "",
        ),
        &[],
        &expect![[r#"
            service.toml:2:10: unknown kind `unsupported`, expected one of `http`, `grpc`, `native`, `worker`, `script`
            service.toml:3:11: `version` must be a version such as `v1.2.3`, found `"zzz"`
            help: for example `"v1.2.0"`
            service.toml:4:12: `language` must not be empty
            service.toml:6:9: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"lower"`
            help: for example `LOWER`"#]],
    );
    rejects(
        &with(&[("version", "")], ""),
        &[],
        &expect![[r#"
        service.toml:1:1: `version` is missing
        help: add `version = "v1.2.0"`"#]],
    );
}

#[test]
fn a_file_without_the_table_of_this_host_says_what_to_add() {
    let text = with(&[], "").replace("[host]\ncomponent = \"greeter.wasm\"\n", "");

    rejects(
        &text,
        &[],
        &expect![[r#"
        service.toml:1:1: `host.component` is missing
        help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`"#]],
    );
}

//! `"NAME@env"` in values.

use expect_test::expect;

use super::{accepted, explained, rejects, warns, with};
use crate::definition::Kind;
use crate::telemetry::Level;

const SECRET: &str = "hunter2";

#[test]
fn a_value_is_replaced_wherever_it_is() {
    let text = with(
        &[("types", "[\"KIND@env\"]"), ("product", "\"PRODUCT@env\"")],
        "[log]\nlevel = \"LEVEL@env\"\n[service]\nhost = \"DB@env\"\n\
         list = [\"DB@env\", { inner = \"DB@env\" }]\n[features.cache]\nurl = \"DB@env\"\n",
    );

    let definition = accepted(
        &text,
        &[("KIND", "http:81"), ("PRODUCT", "Matrix"), ("LEVEL", "warn"), ("DB", SECRET)],
    );

    assert_eq!(definition.kinds.iter().map(Kind::name).collect::<Vec<_>>(), ["http"]);
    assert_eq!(definition.identity.product, "Matrix");
    assert_eq!(definition.log.level, Level::Warn);
    let settings = serde_json::to_string(&definition.settings.table).unwrap();
    assert_eq!(settings, r#"{"host":"hunter2","list":["hunter2",{"inner":"hunter2"}]}"#);
    assert_eq!(definition.features[0].settings.table["url"], SECRET);
}

#[test]
fn what_came_from_a_variable_is_masked() {
    let text = with(
        &[("product", "\"DB@env\"")],
        "[service]\nhost = \"DB@env\"\nlist = [1, { inner = \"DB@env\" }]\n\
         [log.attributes]\nteam = \"DB@env\"\n",
    );

    let definition = accepted(&text, &[("GREETER__DB", SECRET)]);

    expect![[r#"
        services.http.base_path = "" (default)
        services.http.health = /health (default)
        services.http.header_timeout = 10s (default)
        services.http.read_timeout = 15s (default)
        services.http.write_timeout = 15s (default)
        services.http.idle_timeout = 1m (default)
        services.http.keepalive_interval = 1m (default)
        services.http.keepalive_timeout = 20s (default)
        services.http.max_header_bytes = 64KiB (default)
        service.host = *** (GREETER__DB)
        service.list = *** (service.toml:10)"#]]
    .assert_eq(&explained(&definition, "service"));
    expect!["product = *** (GREETER__DB)"].assert_eq(&explained(&definition, "product"));
    expect!["log.attributes.team = *** (GREETER__DB)"]
        .assert_eq(&explained(&definition, "log.attributes"));
    assert!(!format!("{:?}", definition.settings).contains(SECRET));
    assert!(!format!("{:?}", definition.explain()).contains(SECRET));
}

#[test]
fn a_variable_is_what_its_key_takes() {
    let text = with(
        &[],
        "instances = \"N@env\"\n[host.limits]\nmax_queue = \"N@env\"\n[services.http]\n\
         health = \"OFF@env\"\nmax_header_bytes = \"BYTES@env\"\nread_timeout = \"NANOS@env\"\n\
         [log]\nlocal_timestamp = \"OFF@env\"\n[features.x]\nenabled = \"OFF@env\"\n\
         [service]\nnumber = \"N@env\"\n",
    );
    let list = [("N", "7"), ("OFF", "false"), ("BYTES", "1_048_576"), ("NANOS", "5000000000")];

    let definition = accepted(&text, &list);

    assert_eq!(definition.host.limits.max_queue, 7);
    assert!(!definition.log.local_timestamp);
    let Kind::Http(http) = &definition.kinds[0] else { panic!("expected http") };
    assert_eq!((http.health.as_ref(), http.max_header_bytes), (None, 1 << 20));
    assert_eq!(http.timeouts.read.as_secs(), 5);
    assert_eq!(definition.settings.table["number"], "7", "settings are handed over as they are");
    rejects(
        &text,
        &[("N", "x"), ("OFF", "no"), ("BYTES", "1"), ("NANOS", "-1")],
        &expect![[r#"
            service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the value of `N`
            help: for example `"auto"`
            service.toml:10:13: `host.limits.max_queue` must be an integer from 0 to 1000000, found the value of `N`
            help: for example `128`
            service.toml:12:10: `services.http.health` must be a URL path that starts with `/`, or `false`, found the value of `OFF`
            help: for example `"/healthz"`
            service.toml:13:20: `services.http.max_header_bytes` must be a size from `8KiB` to `16MiB`, found the value of `BYTES`
            help: for example `"1MiB"`
            service.toml:14:16: `services.http.read_timeout` must be a duration from `1ms` to `24h`, found the value of `NANOS`
            help: for example `"30s"`
            service.toml:16:19: `log.local_timestamp` must be `true` or `false`, found the value of `OFF`
            help: for example `false`
            service.toml:18:11: `features.x.enabled` must be `true` or `false`, found the value of `OFF`"#]],
    );
}

#[test]
fn missing_variables_are_reported_once_each_at_their_place() {
    let text = with(
        &[("types", "[\"KIND@env\"]")],
        "build = \"@env\"\n[log]\nlevel = \"LEVEL@env\"\n[service]\na = [\"X@env\", \"EMPTY@env\"]\n",
    );

    rejects(
        &text,
        &[("EMPTY", "")],
        &expect![[r#"
            service.toml:2:10: environment variable `KIND` is not set
            help: set `KIND`, or `GREETER__KIND` for this service only
            service.toml:8:9: `@env` must follow the name of an environment variable
            help: for example `DATABASE_URL@env`
            service.toml:10:9: environment variable `LEVEL` is not set
            help: set `LEVEL`, or `GREETER__LEVEL` for this service only
            service.toml:12:6: environment variable `X` is not set
            help: set `X`, or `GREETER__X` for this service only
            service.toml:12:15: environment variable `EMPTY` is empty
            help: set `EMPTY`, or `GREETER__EMPTY` for this service only"#]],
    );
}

#[test]
fn bad_values_are_named_by_their_variable() {
    let text = with(
        &[("types", "[\"V@env\", \"http:9@env\"]"), ("version", "\"V@env\"")],
        "address = \"V@env\"\n[log]\nlevel = \"V@env\"\n[host.limits]\nmemory = \"V@env\"\n\
         max_queue = \"V@env\"\n[services.http]\nbase_path = \"V@env\"\n[services]\nnative = \"V@env\"\n\
         [features.x]\nenabled = \"V@env\"\n",
    );
    let list = [("V", SECRET), ("http:9", "http:80:90")];

    let problems = super::parse(&text, &list).unwrap_err();

    assert!(!format!("{problems:?}").contains(SECRET));
    rejects(
        &text,
        &list,
        &expect![[r#"
            service.toml:2:10: a kind must be one of `http`, `grpc`, `native`, `worker`, `script`, found the value of `V`
            service.toml:2:19: a kind may have one port from 0 to 65535, found the value of `http:9`
            help: for example `http:8080`
            service.toml:3:11: `version` must be a version such as `v1.2.3`, found the value of `V`
            help: for example `"v1.2.0"`
            service.toml:8:11: `host.address` must be an IP address, found the value of `V`
            help: for example `"127.0.0.1"`
            service.toml:10:9: `log.level` must be one of `debug`, `internal`, `info`, `warn`, `warning`, `error`, `fatal`, found the value of `V`
            help: for example `"debug"`
            service.toml:12:10: `host.limits.memory` must be a size from `1MiB` to `4GiB`, found the value of `V`
            help: for example `"64MiB"`
            service.toml:13:13: `host.limits.max_queue` must be an integer from 0 to 1000000, found the value of `V`
            help: for example `128`
            service.toml:17:10: `services.native` must be a table, found the value of `V`
            help: write `[services.native]`
            service.toml:19:11: `features.x.enabled` must be `true` or `false`, found the value of `V`"#]],
    );
    warns(
        &with(&[("language", "\"V@env\"")], ""),
        &list,
        &expect![
            "service.toml:4:12: `language` must be one that compiles to components, found the value of `V`"
        ],
    );
}

#[test]
fn the_name_is_resolved_before_overrides_that_carry_it() {
    let text = with(&[("name", "\"NAME@env\""), ("envs", "[\"DB\"]")], "");

    let definition = accepted(&text, &[("NAME", "billing"), ("BILLING__DB", "x")]);

    assert_eq!(definition.identity.name, "billing");
    assert_eq!(definition.environment.declared[0].1, "x");
}

#[test]
fn a_value_that_looks_like_an_indirection_is_not_followed() {
    let text = with(&[("name", "\"A@env\"")], "[service]\nkey = \"A@env\"\n");

    let definition = accepted(&text, &[("A", "B@env"), ("B", "no")]);

    assert_eq!(definition.identity.declared, "B@env");
    assert_eq!(definition.settings.table["key"], "B@env");
}

#[test]
fn the_mark_must_be_at_the_end() {
    let text = with(&[], "[service]\na = \"X@env \"\nb = \"x@environment\"\n\"K@env\" = 1\n");

    let settings = accepted(&text, &[]).settings;

    assert_eq!(
        serde_json::to_string(&settings.table).unwrap(),
        r#"{"a":"X@env ","b":"x@environment","K@env":1}"#
    );
}

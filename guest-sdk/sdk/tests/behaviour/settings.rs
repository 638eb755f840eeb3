//! The tables of `service.toml`.

use expect_test::{Expect, expect};
use mikros_sdk::testing::{Context, json};
use mikros_sdk::{feature_settings, identity, settings};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Settings {
    max_diff_range: u32,
    #[serde(default)]
    mirrors: Vec<Mirror>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mirror {
    host: String,
}

#[track_caller]
fn refuses(table: Value, expected: &Expect) {
    let context = Context::new().settings(table);
    let error = context.run(async { settings::<Settings>() }).expect_err("it does not fit");
    expected.assert_eq(error.message());
}

#[test]
fn settings_become_a_struct() {
    let table = json!({"max_diff_range": 100, "mirrors": [{"host": "a"}]});

    let read = Context::new().settings(table).run(async { settings::<Settings>() });

    let read = read.expect("it fits");
    assert_eq!((read.max_diff_range, read.mirrors[0].host.as_str()), (100, "a"));
}

#[test]
fn what_does_not_fit_is_named_by_its_key() {
    refuses(
        json!({"max_diff_range": "100"}),
        &expect!["`[service] max_diff_range` in `service.toml` does not fit, expected u32"],
    );
    refuses(json!({}), &expect!["`[service] max_diff_range` in `service.toml` is missing"]);
    let mirrors = json!([{"host": "a"}, {"host": "b", "hots": "c"}]);
    refuses(
        json!({"max_diff_range": 1, "mirrors": mirrors}),
        &expect!["`[service] mirrors[1].hots` in `service.toml` is unknown, expected `host`"],
    );
}

#[test]
fn a_feature_that_is_not_enabled_has_no_settings() {
    let context = Context::new().feature("cache", json!({"host": 1}));

    let (other, cache) = context
        .run(async { (feature_settings::<Mirror>("other"), feature_settings::<Mirror>("cache")) });

    assert!(matches!(other, Ok(None)));
    let error = cache.expect_err("the host is no text");
    expect!["`[features.cache] host` in `service.toml` does not fit, expected a string"]
        .assert_eq(error.message());
}

#[test]
fn the_identity_is_known() {
    let who = Context::new().name("shop").run(async { identity() });

    assert_eq!((who.name.as_str(), who.language.as_str()), ("shop", "rust"));
}

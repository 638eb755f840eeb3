//! Unit tests without a host: what the flags are, and settings that contradict themselves.

use mikros_sdk::testing::{self, Context, PluginClient, json};

use super::*;

fn start(settings: &serde_json::Value) -> Result<PluginClient<Flags>, Refusal> {
    Context::new().run(testing::plugin::<Flags>(settings))
}

#[test]
fn flags_are_on_off_or_unknown() {
    let client = start(&json!({"on": ["a"], "off": ["b"]})).expect("the plug-in starts");

    let flags = client.plugin();

    assert_eq!(flags.is_enabled("a"), Ok(true));
    assert_eq!(flags.is_enabled("b"), Ok(false));
    assert_eq!(flags.is_enabled("c"), Err(ServiceError::not_found("there is no flag `c`")));
}

#[test]
fn a_flag_cannot_be_both() {
    let refusal = start(&json!({"on": ["a", "b"], "off": ["b"]})).expect_err("b is both");

    let problems: Vec<_> = refusal.problems().collect();
    assert_eq!(problems, [("off", "must not have `b`, which is on")]);
}

#[test]
fn a_misspelt_setting_is_refused() {
    let refusal = start(&json!({"onn": ["a"]})).expect_err("there is no such setting");

    let problems: Vec<_> = refusal.problems().collect();
    assert_eq!(problems, [("onn", "is unknown, expected `on` or `off`")]);
}

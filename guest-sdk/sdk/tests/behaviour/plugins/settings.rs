//! Settings of a plug-in: what fits, and the sentence for what does not.

use expect_test::{Expect, expect};
use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from JSON")]
struct Settings {
    key: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from JSON")]
struct Rule {
    path: String,
    limit: Option<u8>,
    mode: Option<Mode>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Open,
    Closed,
}

struct Configured;

impl Plugin for Configured {
    type Settings = Settings;

    async fn on_start(settings: Settings) -> Result<Self, Refusal> {
        let limit: u8 = settings
            .key
            .parse()
            .or_service_error(|| ServiceError::precondition_failed("the key is not a number"))?;
        Refusal::unless_empty(
            [("key", "must be odd")].into_iter().filter(|_| limit.is_multiple_of(2)),
        )?;
        if limit == 1 {
            // Any other error will do as well.
            settings.key.parse::<std::net::IpAddr>()?;
        }
        Ok(Self)
    }
}

#[track_caller]
fn refuses(settings: &Value, expected: &Expect) {
    let started = Context::new().run(testing::plugin::<Configured>(settings));
    expected.assert_eq(&started.expect_err("the settings are refused").to_string());
}

#[test]
fn a_setting_that_does_not_fit_is_named_without_its_value() {
    refuses(&json!({}), &expect!["`key` is missing"]);
    refuses(&json!({"key": ["hunter2"]}), &expect!["`key` does not fit, expected a string"]);
    refuses(
        &json!({"key": "3", "kye": 1}),
        &expect!["`kye` is unknown, expected `key` or `rules`"],
    );
    refuses(
        &json!({"key": "3", "rules": [{"path": "/"}, {}]}),
        &expect!["`rules[1].path` is missing"],
    );
    refuses(
        &json!({"key": "3", "rules": [{"path": "/", "limit": 300}]}),
        &expect!["`rules[0].limit` does not fit, expected u8"],
    );
    refuses(
        &json!({"key": "3", "rules": [{"path": "/", "limit": "hunter2"}]}),
        &expect!["`rules[0].limit` does not fit, expected u8"],
    );
    refuses(
        &json!({"key": "3", "rules": [{"path": "/", "mode": "hunter2"}]}),
        &expect!["`rules[0].mode` does not fit, expected `open` or `closed`"],
    );
    refuses(
        &json!({"key": "3", "rules": "hunter2"}),
        &expect!["`rules` does not fit, expected a sequence"],
    );
}

#[test]
fn a_plug_in_refuses_what_it_cannot_work_with() {
    refuses(&json!({"key": "2"}), &expect!["`key` must be odd"]);
    refuses(
        &json!({"key": "x"}),
        &expect!["the key is not a number (invalid digit found in string)"],
    );
    refuses(&json!({"key": "1"}), &expect!["got an internal error (invalid IP address syntax)"]);
}

#[test]
fn all_problems_are_told_one_per_line() {
    let refusal =
        Refusal::unless_empty([("rules[1].path", "must start with `/`"), ("", "is empty")]);

    let refusal = refusal.expect_err("there are problems");
    assert_eq!(refusal.to_string(), "`rules[1].path` must start with `/`\nthe table is empty");
    assert_eq!(refusal.error(), None);
    assert!(Refusal::unless_empty(Vec::<(String, String)>::new()).is_ok());
}

#[test]
fn settings_that_fit_start_it() {
    let settings = json!({"key": "3", "rules": [{"path": "/", "limit": 1, "mode": "open"}]});

    assert!(Context::new().run(testing::plugin::<Configured>(settings)).is_ok());
}

#[test]
fn no_settings_are_none() {
    let refused = Context::new().run(testing::plugin::<Tells>(json!({"key": 1})));

    let refusal = refused.expect_err("it has no settings");
    assert_eq!(refusal.problems().map(|(path, _)| path).collect::<Vec<_>>(), ["key"]);
}

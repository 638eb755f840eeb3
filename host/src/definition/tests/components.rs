//! Features as components.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use expect_test::expect;

use super::extensions::{accepted, rejects};
use super::{explained, with};
use crate::definition::{
    ComponentFeature, Definition, FeatureSource, LoadContext, OnFailure, Stage,
};

#[track_caller]
fn component(rest: &str) -> ComponentFeature {
    let definition = accepted(&with(&[], &format!("[features.audit]\n{rest}")), &[]);
    let audit = definition.features.iter().find(|feature| feature.name == "audit");
    match &audit.expect("it is there").source {
        FeatureSource::Component(component) => (**component).clone(),
        other => panic!("expected a component, found {other:?}"),
    }
}

#[test]
fn only_the_component_has_to_be_named() {
    let component = component("enabled = true\ncomponent = \"audit.wasm\"\n");

    assert_eq!(component.component, Path::new("audit.wasm"));
    assert_eq!(component.stage, Stage::Adapt);
    assert!(component.needs.is_empty());
    assert_eq!(component.on_failure, OnFailure::Closed);
    assert_eq!(component.limits.memory, 64 << 20);
    assert_eq!(component.limits.call_timeout, Duration::from_secs(1));
    assert_eq!(component.limits.max_concurrency.get(), 256);
}

#[test]
fn every_key_counts() {
    let component = component(
        "component = \"a.wasm\"\nenabled = true\nstage = \"identify\"\nneeds = [\"plain\"]\n\
         on_failure = \"open\"\nlimits = { memory = \"1MiB\", call_timeout = \"1ms\", max_concurrency = 1 }\n\
         [features.plain]\nenabled = true\n[features.audit.settings]\nanything = [1]\n",
    );

    assert_eq!(component.stage, Stage::Identify);
    assert_eq!(component.needs, ["plain"]);
    assert_eq!(component.on_failure, OnFailure::Open);
    assert_eq!(component.limits.memory, 1 << 20);
    assert_eq!(component.limits.call_timeout, Duration::from_millis(1));
    assert_eq!(component.limits.max_concurrency, NonZeroUsize::MIN);
}

#[test]
fn a_component_is_told_its_own_settings_only() {
    let text = with(
        &[],
        "[features.audit]\nenabled = true\ncomponent = \"a.wasm\"\n\
         [features.audit.settings]\nurl = \"URL@env\"\ndeep = { enabled = 1 }\n",
    );

    let definition = accepted(&text, &[("URL", "https://ada:secret@example")]);

    let feature = &definition.features[0];
    assert_eq!(
        serde_json::to_string(&feature.settings.table).unwrap(),
        r#"{"url":"https://ada:secret@example","deep":{"enabled":1}}"#
    );
    assert_eq!(feature.places.of("url").line, 12);
    assert_eq!(feature.places.of("missing").line, 11);
    expect![[r#"
        features.audit.enabled = true (service.toml:9)
        features.audit.component = a.wasm (service.toml:10)
        features.audit.stage = adapt (default)
        features.audit.needs = "" (default)
        features.audit.on_failure = closed (default)
        features.audit.limits.memory = 64MiB (default)
        features.audit.limits.call_timeout = 1s (default)
        features.audit.limits.max_concurrency = 256 (default)
        features.audit.settings.url = *** (URL)
        features.audit.settings.deep.enabled = 1 (service.toml:13)"#]]
    .assert_eq(&explained(&definition, "features"));
}

#[test]
fn the_path_is_relative_to_the_file() {
    let text = with(&[], "[features.audit]\ncomponent = \"plugins/a.wasm\"\n");

    let path = Path::new("/etc/greeter/service.toml");
    let definition = Definition::parse(path, &text, &LoadContext::default()).unwrap();

    let FeatureSource::Component(component) = &definition.features[0].source else {
        panic!("expected a component")
    };
    assert_eq!(component.component, Path::new("/etc/greeter/plugins/a.wasm"));
}

#[test]
fn a_component_that_is_not_enabled_is_known_and_checked() {
    let text = with(&[], "[features.audit]\ncomponent = \"a.wasm\"\nsettings = { a = 1 }\n");

    let definition = accepted(&text, &[]);

    assert!(!definition.features[0].is_enabled);
    assert!(matches!(definition.features[0].source, FeatureSource::Component(_)));
    expect![[r#"
        features.audit.enabled = false (default)
        features.audit.component = "a.wasm" (service.toml:9)
        features.audit.settings.a = 1 (service.toml:10)"#]]
    .assert_eq(&explained(&definition, "features"));
    rejects(
        &format!("{text}stage = \"first\"\n"),
        &[],
        &expect![[r#"
            service.toml:11:9: `features.audit.stage` must be one of `negotiate`, `track`, `identify`, `admit`, `adapt`, `encode`, found `"first"`
            help: for example `"identify"`"#]],
    );
}

#[test]
fn mistakes_are_told_all_at_once() {
    rejects(
        &with(
            &[],
            "[features.audit]\nenabled = true\ncomponent = \" \"\nstage = \"admin\"\nneeds = [5]\n\
             on_failure = \"shut\"\nurl = \"x\"\nsetting = {}\n\
             [features.audit.limits]\nmemory = 5\ncall_timeout = \"2m\"\nmax_concurrency = 0\nmemmory = 1\n",
        ),
        &[],
        &expect![[r#"
            service.toml:10:13: `features.audit.component` must not be empty
            service.toml:11:9: `features.audit.stage` must be one of `negotiate`, `track`, `identify`, `admit`, `adapt`, `encode`, found `"admin"`
            help: did you mean `admit`?
            service.toml:12:10: `features.audit.needs[0]` must be a string, found the integer `5`
            help: add quotes
            service.toml:13:14: `features.audit.on_failure` must be one of `closed`, `open`, found `"shut"`
            help: for example `"open"`
            service.toml:14:1: unknown key `features.audit.url`
            service.toml:15:1: unknown key `features.audit.setting`
            help: did you mean `settings`?
            service.toml:17:10: `features.audit.limits.memory` must be a size from `1MiB` to `4GiB`, found the integer `5`
            help: write the unit, for example `"16MiB"`
            service.toml:18:16: `features.audit.limits.call_timeout` must be a duration from `1ms` to `1m`, found `"2m"`
            help: for example `"100ms"`
            service.toml:19:19: `features.audit.limits.max_concurrency` must be an integer from 1 to 65535, found the integer `0`
            help: for example `64`
            service.toml:20:1: unknown key `features.audit.limits.memmory`
            help: did you mean `memory`?"#]],
    );
    rejects(
        &with(&[], "[features.audit]\ncomponent = 5\nsettings = 5\nlimits = 5\nenabled = 5\n"),
        &[],
        &expect![[r#"
            service.toml:9:13: `features.audit.component` must be a string, found the integer `5`
            help: for example `"plugins/audit.wasm"`
            service.toml:10:12: `features.audit.settings` must be a table, found the integer `5`
            help: write `[features.audit.settings]`
            service.toml:11:10: `features.audit.limits` must be a table, found the integer `5`
            help: write `[features.audit.limits]`
            service.toml:12:11: `features.audit.enabled` must be `true` or `false`, found the integer `5`
            help: for example `true`"#]],
    );
}

#[test]
fn a_name_of_this_host_is_taken() {
    rejects(
        &with(&[], "[features.plain]\nenabled = true\ncomponent = \"plain.wasm\"\n"),
        &[],
        &expect![[r#"
            service.toml:10:13: `features.plain.component` cannot be set: `plain` is a feature of this host
            help: give the feature that the component implements another name"#]],
    );
}

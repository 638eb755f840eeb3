//! `[features.<name>]`: which there are and when they count.

use expect_test::expect;

use super::extensions::{accepted, catalogue, limiter, limiter_of, rejects};
use super::{explained, listed, parse, parse_with, with};
use crate::definition::{Definition, FeatureSource, LoadContext, Position, Stage, Variables};

#[test]
fn features_are_off_unless_enabled() {
    let text = with(&[], "[features.cache]\nsize = \"5MB\"\n[features.auth]\nenabled = false\n");

    let definition = accepted(&text, &[]);

    let shown = definition.features.iter().map(|feature| {
        let settings = serde_json::to_string(&feature.settings.table).unwrap();
        format!("{} {} {settings} {:?}", feature.name, feature.is_enabled, feature.source)
    });
    expect![[r#"
        cache false {"size":"5MB"} Absent
        auth false {} Absent"#]]
    .assert_eq(&shown.collect::<Vec<_>>().join("\n"));
    expect![[r#"
        features.cache.enabled = false (default)
        features.cache.size = "5MB" (service.toml:9)
        features.auth.enabled = false (service.toml:11)"#]]
    .assert_eq(&explained(&definition, "features"));
}

#[test]
fn an_unknown_feature_cannot_be_enabled() {
    super::rejects(
        &with(&[], "[features.cache]\nenabled = true\n"),
        &[],
        &expect![[r#"
            service.toml:8:11: unknown feature `cache`
            help: remove it, write `enabled = false`, or name what implements it with `component = ".."`"#]],
    );
    rejects(
        &with(&[], "[features.limitter]\nenabled = true\n"),
        &[],
        &expect![[r#"
            service.toml:8:11: unknown feature `limitter`
            help: did you mean `limiter`?"#]],
    );
    super::rejects(
        &with(&[], "[features.cache]\nenabled = \"yes\"\n"),
        &[],
        &expect![[
            r#"service.toml:9:11: `features.cache.enabled` must be `true` or `false`, found `"yes"`"#
        ]],
    );
    super::rejects(
        &with(&[], "[features]\ncache = true\n"),
        &[],
        &expect![[r#"
        service.toml:9:9: `features.cache` must be a table, found `true`
        help: write `[features.cache]`"#]],
    );
}

#[test]
fn settings_of_a_feature_that_is_not_enabled_are_not_read() {
    let text = with(&[], "[features.limiter]\nrate = \"none\"\nzzz = 1\n");

    let definition = accepted(&text, &[]);

    assert!(matches!(definition.features[0].source, FeatureSource::Absent));
}

#[test]
fn a_mistyped_switch_does_not_turn_a_feature_off() {
    rejects(
        &with(&[], "[features.limiter]\nenabld = true\nrate = 5\n"),
        &[],
        &expect![[r#"
        service.toml:9:1: unknown key `features.limiter.enabld`
        help: did you mean `enabled`?"#]],
    );
}

#[test]
fn settings_become_what_the_feature_declares() {
    let text = limiter(
        "rate = 100\nby = \"identity\"\nwindow = \"1m30s\"\nmemory = \"4MiB\"\n\
         trusted = [\"10.0.0.1\", \"PROXY@env\"]\nroutes = { \"/a\" = { rate = 1 } }\n\
         [[features.limiter.keys]]\nname = \"ada\"\nsecret = \"SECRET@env\"\n",
    );

    let definition = accepted(&text, &[("SECRET", "correct horse"), ("PROXY", "::1")]);

    expect![[r#"
        Limiter {
            rate: 100,
            burst: 10,
            by: Identity,
            window: HumanDuration(
                90s,
            ),
            memory: Some(
                HumanSize(
                    4194304,
                ),
            ),
            trusted: [
                10.0.0.1,
                ::1,
            ],
            routes: {
                "/a": Route {
                    rate: 1.0,
                },
            },
            keys: [
                Key {
                    name: "ada",
                    secret: "correct horse",
                },
            ],
            store: Store {
                durable: false,
                shards: 4,
            },
        }"#]]
    .assert_eq(&format!("{:#?}", limiter_of(&definition)));
    let feature = &definition.features[0];
    assert!(feature.settings.table.contains_key("rate"));
    assert!(!feature.settings.table.contains_key("enabled"));
    expect![[r#"
        features.limiter.enabled = true (service.toml:9)
        features.limiter.rate = 100 (service.toml:10)
        features.limiter.by = "identity" (service.toml:11)
        features.limiter.window = "1m30s" (service.toml:12)
        features.limiter.memory = "4MiB" (service.toml:13)
        features.limiter.trusted = *** (service.toml:14)
        features.limiter.routes."/a".rate = 1 (service.toml:15)
        features.limiter.keys = *** (service.toml:16)"#]]
    .assert_eq(&explained(&definition, "features"));
    assert!(!format!("{definition:?}").contains("correct horse"));
}

#[test]
fn places_are_known_after_reading() {
    let text = limiter(
        "rate = 100\nstore.shards = 2\n[[features.limiter.keys]]\nname = \"ada\"\n\
         secret = \"long enough\"\n",
    );

    let definition = accepted(&text, &[]);

    let places = &definition.features[0].places;
    let at = |path| {
        let Position { line, column } = places.of(path);
        format!("{line}:{column}")
    };
    assert_eq!(at("rate"), "10:8");
    assert_eq!(at("store.shards"), "11:16");
    assert_eq!(at("keys[0].secret"), "14:10");
    // What is not there is where it would be.
    assert_eq!(at("keys[0].file"), at("keys[0]"));
    assert_eq!(at("keys[7].secret"), at("keys"));
    assert_eq!(at("zzz"), "8:11");
    assert_eq!(at(""), "8:11");
}

#[test]
fn without_its_variables_a_definition_can_be_looked_at() {
    let text = limiter(
        "rate = 5\nwindow = \"W@env\"\n[[features.limiter.keys]]\nname = \"a\"\nsecret = \"S@env\"\n",
    );
    let context = LoadContext {
        variables: Variables::default().incomplete(),
        catalogue: catalogue().into(),
        ..LoadContext::default()
    };

    let definition = Definition::parse("service.toml".as_ref(), &text, &context);

    assert!(definition.unwrap().features[0].is_enabled);
    let problems = parse_with(catalogue(), &text, &[]).unwrap_err();
    expect![[r#"
        service.toml:11:10: environment variable `W` is not set
        help: set `W`, or `GREETER__W` for this service only
        service.toml:14:10: environment variable `S` is not set
        help: set `S`, or `GREETER__S` for this service only"#]]
    .assert_eq(&listed(&problems));
}

#[test]
fn without_a_catalogue_there_are_no_features() {
    assert!(parse(&with(&[], "[features.limiter]\nrate = 1\n"), &[]).is_ok());
    assert!(parse(&limiter("rate = 1\n"), &[]).is_err());
}

#[test]
fn a_feature_of_this_host_can_stand_elsewhere() {
    let stage_of = |text: &str| accepted(text, &[]).features[0].stage;

    assert_eq!(stage_of(&limiter("rate = 5\nstage = \"negotiate\"\n")), Some(Stage::Negotiate));
    assert_eq!(stage_of(&limiter("rate = 5\n")), None);
    rejects(
        &limiter("rate = 5\nstage = \"first\"\n"),
        &[],
        &expect![[r#"
            service.toml:11:9: `features.limiter.stage` must be one of `negotiate`, `track`, `identify`, `admit`, `adapt`, `encode`, found `"first"`
            help: for example `"identify"`"#]],
    );
}

//! Variables with types.

use std::time::Duration;

use expect_test::{Expect, expect};
use mikros_sdk::Result;
use mikros_sdk::env::{self, Deployment, Env, FromVariable};
use mikros_sdk::testing::Context;

fn get<T: FromVariable>(text: &str) -> Result<T> {
    Context::new().variable("X", text).run(async { env::get("X") })
}

#[track_caller]
fn refuses<T: FromVariable + std::fmt::Debug>(text: &str, expected: &Expect) {
    let error = get::<T>(text).expect_err("it does not fit");
    assert!(text.is_empty() || !format!("{error:?}").contains(text), "the value is a secret");
    expected.assert_eq(error.message());
}

#[test]
fn scalars_are_read() {
    assert_eq!(get::<String>(" a b ").ok().as_deref(), Some(" a b "));
    assert_eq!(get::<u16>("65535").ok(), Some(65535));
    assert_eq!(get::<i64>("-3").ok(), Some(-3));
    assert_eq!(get::<f64>("1.5e3").ok(), Some(1500.0));
}

#[test]
fn booleans_have_the_spellings_of_go() {
    for text in ["1", "t", "T", "true", "TRUE", "True"] {
        assert_eq!(get::<bool>(text).ok(), Some(true), "{text}");
    }
    for text in ["0", "f", "F", "false", "FALSE", "False"] {
        assert_eq!(get::<bool>(text).ok(), Some(false), "{text}");
    }
    refuses::<bool>("yes-please", &expect!["environment variable `X` must be `true` or `false`"]);
}

#[test]
fn durations_have_the_format_of_go() {
    let of = |text: &str| get::<Duration>(text).ok();
    assert_eq!(of("1m30s"), Some(Duration::from_secs(90)));
    assert_eq!(of("1.5h"), Some(Duration::from_mins(90)));
    assert_eq!(of("250ms"), Some(Duration::from_millis(250)));
    assert_eq!(of("1h2m3s4ms5us6ns"), Some(Duration::new(3723, 4_005_006)));
    assert_eq!(of("3µs"), Some(Duration::from_micros(3)));
    assert_eq!(of(".5s"), Some(Duration::from_millis(500)));
    assert_eq!(of("0"), Some(Duration::ZERO));
    for text in ["30", "s", "-1s", "1 s", "1s ", "1x", "1..5s", "99999999999h", "1e3s"] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn lists_are_separated_by_commas() {
    assert_eq!(get::<Vec<String>>("a, b ,c").ok(), Some(vec!["a".into(), "b".into(), "c".into()]));
    assert_eq!(get::<Vec<u8>>("7").ok(), Some(vec![7]));
    assert_eq!(get::<Vec<u8>>(" ").ok(), Some(vec![]));
    refuses::<Vec<u8>>(
        "1,,secret",
        &expect![
            "environment variable `X` must be a list of values separated by commas, each an integer from 0 to 255"
        ],
    );
}

#[test]
fn a_value_that_does_not_fit_is_an_error_without_the_value() {
    refuses::<u8>("secret", &expect!["environment variable `X` must be an integer from 0 to 255"]);
    refuses::<i8>("1000", &expect!["environment variable `X` must be an integer from -128 to 127"]);
    refuses::<f32>("NaN", &expect!["environment variable `X` must be a decimal number"]);
    refuses::<Duration>(
        "secret",
        &expect!["environment variable `X` must be a duration such as `30s` or `1m30s`"],
    );
    refuses::<Option<u8>>(
        "secret",
        &expect!["environment variable `X` must be an integer from 0 to 255"],
    );
}

#[test]
fn a_variable_that_is_not_declared_says_where_to_declare_it() {
    let error = env::get::<String>("DATABASE_URL").expect_err("it is not declared");

    expect![
        "environment variable `DATABASE_URL` is not declared, add it to `envs` in `service.toml`"
    ]
    .assert_eq(error.message());
}

#[test]
fn defaults_and_options_are_for_variables_that_are_not_declared() {
    assert_eq!(env::get::<Option<u8>>("X").ok(), Some(None));
    assert_eq!(env::get_or::<u32>("X", 7_u8).ok(), Some(7));
    assert_eq!(env::get_or::<String>("X", "text").ok().as_deref(), Some("text"));
    let given = Context::new().variable("X", "9");
    assert_eq!(given.run(async { env::get_or::<u32>("X", 7_u8) }).ok(), Some(9));
}

#[derive(Env, Debug, PartialEq)]
struct Storage {
    database_url: String,
    #[env(variable = "POOL_SIZE", default = 8)]
    connections: u16,
    #[env(default = "30s")]
    query_timeout: Duration,
    replicas: Option<Vec<String>>,
}

#[test]
fn a_struct_is_loaded() {
    let context = Context::new().variable("DATABASE_URL", "db://a").variable("REPLICAS", "b,c");

    let storage: Storage = context.run(async { env::load() }).expect("all is there");

    let expected = Storage {
        database_url: "db://a".to_owned(),
        connections: 8,
        query_timeout: Duration::from_secs(30),
        replicas: Some(vec!["b".to_owned(), "c".to_owned()]),
    };
    assert_eq!(storage, expected);
}

#[test]
fn all_that_is_wrong_with_a_struct_is_reported_at_once() {
    let context = Context::new().variable("POOL_SIZE", "many").variable("QUERY_TIMEOUT", "30");

    let error = context.run(async { env::load::<Storage>() }).expect_err("nothing fits");

    expect!["environment variable `DATABASE_URL` is not declared, add it to `envs` in `service.toml`; environment variable `POOL_SIZE` must be an integer from 0 to 65535; environment variable `QUERY_TIMEOUT` must be a duration such as `30s` or `1m30s`"].assert_eq(error.message());
}

#[derive(Env, Debug)]
struct BadDefault {
    #[env(default = "many")]
    #[expect(dead_code, reason = "loading fails")]
    size: u16,
}

#[test]
fn a_default_that_does_not_fit_is_reported() {
    let error = env::load::<BadDefault>().expect_err("the default does not fit");

    expect!["the default of environment variable `SIZE` must be an integer from 0 to 65535"]
        .assert_eq(error.message());
}

#[test]
fn the_deployment_is_known() {
    assert_eq!(env::deployment(), Deployment::Test);
    let of = |name: &str| Context::new().deployment(name).run(async { env::deployment() });
    assert_eq!(of("prod"), Deployment::Prod);
    assert_eq!(of("moon"), Deployment::Unknown);
    assert_eq!(Deployment::Stage.to_string(), "stage");
}

#[test]
fn declared_names_keep_their_order() {
    let context = Context::new().variable("B", "1").variable("A", "2");

    assert_eq!(context.run(async { env::names() }), ["B", "A"]);
}

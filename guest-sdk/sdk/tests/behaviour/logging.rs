//! Log lines.

use std::cell::Cell;
use std::collections::BTreeMap;

use expect_test::expect;
use mikros_sdk::log::{self, Level};
use mikros_sdk::testing::Context;

#[test]
fn attributes_are_structured() {
    let context = Context::new();
    let (user, reason) = (7, std::io::Error::other("no \"disk\""));
    let name = String::from("Ada");

    context.run(async {
        log::info!("plain");
        log::info!("shorthand", user, name,);
        log::warn!("values", attempt = user + 1, "http.method" = "PUT", list = [1, 2]);
        log::error!("texts", error = %reason, option = ?Some(1), last = &name);
        log::write!(Level::Fatal, format!("{} made", 1), nothing = None::<u8>);
    });

    expect![[r#"
        info plain
        info shorthand {"user":7,"name":"Ada"}
        warn values {"attempt":8,"http.method":"PUT","list":[1,2]}
        error texts {"error":"no \"disk\"","option":"Some(1)","last":"Ada"}
        fatal 1 made {"nothing":null}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn names_may_stand_alone_or_have_dots() {
    let context = Context::new();
    let (error, option) = (std::io::Error::other("no disk"), Some(1));

    context.run(async {
        log::error!("alone", %error, ?option,);
        log::info!("dots", http.method = "PUT", a.b.c = ?option, d.e = %error);
    });

    expect![[r#"
        error alone {"error":"no disk","option":"Some(1)"}
        info dots {"http.method":"PUT","a.b.c":"Some(1)","d.e":"no disk"}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn doubled_braces_in_a_literal_are_braces() {
    let context = Context::new();
    let name = "Ada";

    context.run(async {
        log::info!("{{name}}", name);
        log::info!(format!("{{{name}}}"));
    });

    assert_eq!(context.log_text(), "info {name} {\"name\":\"Ada\"}\ninfo {Ada}\n");
}

#[test]
fn every_level_has_a_macro() {
    let context = Context::new();

    context.run(async {
        log::debug!("1");
        log::internal!("2");
        log::info!("3");
        log::warn!("4");
        log::error!("5");
        log::fatal!("6");
    });

    let levels: Vec<_> = context.logs().iter().map(|line| line.level).collect();
    let expected =
        [Level::Debug, Level::Internal, Level::Info, Level::Warn, Level::Error, Level::Fatal];
    assert_eq!(levels, expected);
    assert!(levels.is_sorted());
}

#[test]
fn nothing_is_evaluated_when_the_level_is_off() {
    let evaluated = Cell::new(0);
    let count = || {
        evaluated.set(evaluated.get() + 1);
        evaluated.get()
    };
    let context = Context::new().level(Level::Info);

    context.run(async {
        log::debug!(format!("{}", count()), value = count());
        assert_eq!(log::set_level(Level::Debug), Level::Info);
        log::debug!("on", value = count());
        assert_eq!(log::level(), Level::Debug);
    });

    assert_eq!(context.log_text(), "debug on {\"value\":1}\n");
}

#[test]
fn a_value_that_is_not_json_does_not_lose_the_line() {
    let context = Context::new();
    let not_json = BTreeMap::from([((1, 2), 3)]);

    context.run(async { log::info!("kept", before = 1, bad = not_json, after = 2) });

    expect![[r#"
        info kept {"before":1,"bad":"cannot write this value: key must be a string","after":2}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn code_that_only_logs_needs_no_context() {
    log::info!("nobody listens");
}

//! What a context of a test stands in for, beside settings, variables and clocks.

use std::time::Duration;

use expect_test::expect;
use mikros_sdk::testing::{CallContext, Context};
use mikros_sdk::time::sleep;
use mikros_sdk::{
    Caller, caller, draining, identity, is_shutting_down, log, peer, remaining, request_id,
    shutdown, spawn,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_identity_is_the_one_of_the_test() {
    let context = Context::new().name("shop").version("v2.1.0").product("Acme").kinds(["http"]);

    let identity = context.run(async { identity() });

    expect![[r#"Identity { name: "shop", version: "v2.1.0", product: "Acme", language: "rust", kinds: ["http"] }"#]].assert_eq(&format!("{identity:?}"));
}

#[test]
fn the_service_is_drained_before_it_stops() {
    let context = Context::new();

    context.run(async {
        let drained = spawn(draining());
        let stopped = spawn(shutdown());
        sleep(SECOND).await;
        assert!(!drained.is_done());

        context.drain();
        sleep(SECOND).await;
        assert!(drained.is_done() && !stopped.is_done() && !is_shutting_down());

        context.shut_down();
        context.drain();
        sleep(SECOND).await;
        assert!(stopped.is_done() && is_shutting_down());
    });
}

#[test]
fn who_stops_is_drained() {
    let context = Context::new();

    context.shut_down();
    context.run(draining());
}

#[test]
fn code_can_be_run_in_a_call_of_its_own() {
    let seen = || {
        let caller = caller().map(|caller| caller.subject().to_owned());
        format!("{caller:?} {:?} {:?} {:?}", request_id(), remaining(), peer())
    };
    let call = CallContext::new().caller(Caller::new("ada", "jwt")).request_id("7");

    let (inside, outside, late) = Context::new().run(async {
        let inside = call.timeout(SECOND).run(async { seen() }).await;
        let late = CallContext::new().timeout(SECOND).run(sleep(SECOND * 2)).await;
        (inside, seen(), late)
    });

    expect![[r#"
        Some("Some(\"ada\") Some(\"7\") Some(1s) Some(192.0.2.1:50000)")
        None None None None
        None"#]]
    .assert_eq(&format!("{inside:?}\n{outside}\n{late:?}"));
}

#[test]
fn lines_are_a_text_that_is_always_the_same() {
    let context = Context::new().mask("took");

    context.run(async {
        let call = CallContext::new().request_id("never twice the same");
        call.run(async { log::info!("stored", took = 17, b = 1, a = 2) }).await;
        log::warn!("two\nlines");
    });

    expect![[r#"
        info stored {"took":"..","b":1,"a":2}
        warn two
        lines
    "#]]
    .assert_eq(&context.log_text());
}

//! What `tracing` and `log` record, as lines of the log.

use std::rc::Rc;
use std::time::Duration;

use ::tracing::Instrument as _;
use expect_test::expect;
use mikros_sdk::log::{self, Level};
use mikros_sdk::task::join;
use mikros_sdk::testing::Context;
use mikros_sdk::{sleep, spawn};

const SECOND: Duration = Duration::from_secs(1);

/// An error with a source.
#[derive(Debug)]
struct Broken(std::io::Error);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is broken")
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn events_keep_their_levels_fields_and_targets() {
    let context = Context::new();
    let broken = Broken(std::io::Error::other("no disk"));

    context.run(async {
        tracing::trace!("1");
        tracing::debug!(target: "library", number = -7, "2");
        tracing::info!(flag = true, half = 0.5, none = f64::NAN, text = "t", debug = ?Some(1), "3 of {}", 4);
        tracing::warn!(error = &broken as &dyn std::error::Error, http.method = "PUT", "4");
        tracing::error!("5");
    });

    expect![[r#"
        debug 1 {"log.target":"behaviour::tracing"}
        debug 2 {"log.target":"library","number":-7}
        info 3 of 4 {"log.target":"behaviour::tracing","flag":true,"half":0.5,"none":"NaN","text":"t","debug":"Some(1)"}
        warn 4 {"log.target":"behaviour::tracing","error":"it is broken: no disk","http.method":"PUT"}
        error 5 {"log.target":"behaviour::tracing"}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn an_event_without_a_message_has_its_name() {
    let context = Context::new();

    context.run(async { tracing::info!(name: "stored", user = 7) });

    assert_eq!(
        context.log_text(),
        "info stored {\"log.target\":\"behaviour::tracing\",\"user\":7}\n"
    );
}

#[tracing::instrument(fields(size))]
async fn store(user: u64) {
    tracing::info!("begins");
    sleep(SECOND).await;
    tracing::Span::current().record("size", 3);
    check().instrument(tracing::info_span!("check", user = "inner")).await;
    tracing::info!("ends");
}

async fn check() {
    sleep(SECOND).await;
    tracing::warn!(own = 1, "is checked");
    log::info!("by the SDK", own = 2);
    log_crate::info!(own = 3; "by the crate log");
}

#[test]
fn spans_belong_to_their_task_where_calls_take_turns() {
    let context = Context::new();

    context.run(async {
        join!(store(1), store(2));
        log::info!("outside");
    });

    expect![[r#"
        info begins {"user":1,"log.span":"store","log.target":"behaviour::tracing"}
        info begins {"user":2,"log.span":"store","log.target":"behaviour::tracing"}
        warn is checked {"user":"inner","size":3,"log.span":"store:check","log.target":"behaviour::tracing","own":1}
        info by the SDK {"user":"inner","size":3,"log.span":"store:check","own":2}
        info by the crate log {"user":"inner","size":3,"log.span":"store:check","log.target":"behaviour::tracing","own":3}
        info ends {"user":1,"size":3,"log.span":"store","log.target":"behaviour::tracing"}
        warn is checked {"user":"inner","size":3,"log.span":"store:check","log.target":"behaviour::tracing","own":1}
        info by the SDK {"user":"inner","size":3,"log.span":"store:check","own":2}
        info by the crate log {"user":"inner","size":3,"log.span":"store:check","log.target":"behaviour::tracing","own":3}
        info ends {"user":2,"size":3,"log.span":"store","log.target":"behaviour::tracing"}
    "#]]
    .assert_eq(&context.log_text().replace("info outside\n", ""));
}

#[test]
fn a_spawned_task_can_take_its_span_along() {
    let context = Context::new();

    context.run(async {
        let span = tracing::info_span!("request", id = "r1");
        let (with, without) = span.in_scope(|| {
            let with = spawn(async { tracing::info!("with") }.in_current_span());
            (with, spawn(async { tracing::info!("without") }))
        });
        join!(with, without);
    });

    expect![[r#"
        info with {"id":"r1","log.span":"request","log.target":"behaviour::tracing"}
        info without {"log.target":"behaviour::tracing"}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn the_level_can_change_at_any_time_and_nothing_is_evaluated_below_it() {
    let context = Context::new().level(Level::Warn);
    let evaluated = Rc::new(std::cell::Cell::new(0));
    let count = || {
        evaluated.set(evaluated.get() + 1);
        evaluated.get()
    };

    context.run(async {
        for level in [Level::Debug, Level::Error] {
            tracing::info!(count = count(), "tracing");
            log_crate::info!(count:% = Counts(&evaluated); "log");
            log::set_level(level);
        }
    });

    expect![[r#"
        info tracing {"log.target":"behaviour::tracing","count":1}
        info log {"log.target":"behaviour::tracing","count":"2"}
    "#]]
    .assert_eq(&context.log_text());
}

/// Counts how often it is shown.
struct Counts<'a>(&'a std::cell::Cell<u64>);

impl std::fmt::Display for Counts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.set(self.0.get() + 1);
        self.0.get().fmt(f)
    }
}

#[test]
fn records_of_the_crate_log_keep_their_levels_fields_and_targets() {
    let context = Context::new();

    context.run(async {
        log_crate::trace!("1");
        log_crate::debug!(target: "library", number = -7, flag = true, half = 0.5; "2");
        log_crate::info!(text = "t", debug:? = Some(1); "3 of {}", 4);
        log_crate::warn!("4");
        log_crate::error!("5");
    });

    expect![[r#"
        debug 1 {"log.target":"behaviour::tracing"}
        debug 2 {"log.target":"library","number":-7,"flag":true,"half":0.5}
        info 3 of 4 {"log.target":"behaviour::tracing","text":"t","debug":"Some(1)"}
        warn 4 {"log.target":"behaviour::tracing"}
        error 5 {"log.target":"behaviour::tracing"}
    "#]]
    .assert_eq(&context.log_text());
}

#[test]
fn a_subscriber_of_ones_own_can_have_the_layer() {
    use tracing_subscriber::layer::{Context as Of, Layer, SubscriberExt as _};

    struct Counter(std::sync::Arc<std::sync::atomic::AtomicUsize>);

    impl<S: tracing::Subscriber> Layer<S> for Counter {
        fn on_event(&self, _: &tracing::Event<'_>, _: Of<'_, S>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    let context = Context::new().level(Level::Info);
    let counted = std::sync::Arc::default();
    let own = tracing_subscriber::registry()
        .with(log::layer())
        .with(Counter(std::sync::Arc::clone(&counted)));

    context.run(async {
        tracing::subscriber::with_default(own, || {
            let _inside = tracing::info_span!("outer", user = 7).entered();
            tracing::info!("one");
            tracing::debug!("below the level of the service only");
        });
    });

    assert_eq!(counted.load(std::sync::atomic::Ordering::Relaxed), 2);
    assert_eq!(
        context.log_text(),
        "info one {\"user\":7,\"log.span\":\"outer\",\"log.target\":\"behaviour::tracing\"}\n"
    );
}

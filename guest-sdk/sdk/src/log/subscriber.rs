//! What `tracing` records, as lines of the service's log.
//! Deliberately knows nothing about the form of lines; spans are kept by the registry of `tracing-subscriber`.

use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use serde_json::{Number, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes as NewSpan, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry, SpanRef};

use super::{Attributes, Level, TARGET, is_enabled};

/// A layer that writes what `tracing` records into the log of the service, for a subscriber of one's own:
/// `tracing_subscriber::registry().with(log::layer()).with(another).init()`.
///
/// Without such a subscriber the SDK installs one that consists of nothing else, before
/// [`on_start`](crate::Service::on_start). One that `on_start` sets takes its place when `on_start` returns.
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Lines.with_filter(dynamic_filter_fn(|metadata, _| is_enabled(level_of(metadata))))
}

/// The subscriber of services that do not set one.
static OWN: LazyLock<Dispatch> = LazyLock::new(|| Registry::default().with(Lines).into());

#[cfg(target_family = "wasm")]
pub(crate) use self::component::{carried, starting};

#[cfg(target_family = "wasm")]
mod component {
    use std::cell::Cell;
    use std::future::Future;

    use tracing::dispatcher;
    use tracing::instrument::WithSubscriber as _;

    use super::OWN;

    thread_local! {
        static IS_STARTING: Cell<bool> = const { Cell::new(false) };
    }

    /// Runs the start of a service with the SDK's subscriber, which is the global one afterwards, unless the start
    /// has set another.
    pub(crate) async fn starting<F: Future>(start: F) -> F::Output {
        IS_STARTING.set(true);
        let output = start.with_subscriber(OWN.clone()).await;
        IS_STARTING.set(false);
        // An error says that the service has set its own.
        let _ = dispatcher::set_global_default(OWN.clone());
        output
    }

    /// A task that is spawned now. One of the start keeps the subscriber that counts there.
    pub(crate) fn carried(task: impl Future<Output = ()>) -> impl Future<Output = ()> {
        let own = IS_STARTING.get().then(|| OWN.clone());
        async move {
            match own {
                Some(own) => task.with_subscriber(own).await,
                None => task.await,
            }
        }
    }
}

/// Does `work` with the SDK's subscriber on this thread only: each test has one of its own.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    dispatcher::with_default(&OWN, work)
}

/// Adds what the spans say that are entered now.
pub(super) fn add_current_spans(attributes: &mut Attributes) {
    dispatcher::get_default(|dispatch| {
        let Some(registry) = dispatch.downcast_ref::<Registry>() else { return };
        let current = dispatch.current_span();
        if let Some(span) = current.id().and_then(|id| registry.span(id)) {
            add_spans(attributes, &span);
        }
    });
}

/// The fields of a span and of those around it, the innermost last so that it wins, and their names.
fn add_spans<'a, R: LookupSpan<'a>>(attributes: &mut Attributes, span: &SpanRef<'a, R>) {
    let mut path = String::new();
    for span in span.scope().from_root() {
        if !path.is_empty() {
            path.push(':');
        }
        path.push_str(span.name());
        if let Some(fields) = span.extensions().get::<Fields>() {
            fields.add_to(attributes);
        }
    }
    attributes.push("log.span", &path);
}

fn level_of(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG | tracing::Level::TRACE => Level::Debug,
    }
}

struct Lines;

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// Never settled for good: the level changes while the service runs.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        is_enabled(level_of(metadata))
    }

    fn on_new_span(&self, span: &NewSpan<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut attributes = Attributes::default();
        if let Some(span) = context.event_span(event) {
            add_spans(&mut attributes, &span);
        }
        attributes.push(TARGET, metadata.target());
        fields.add_to(&mut attributes);
        let message = fields.message.as_deref().unwrap_or(metadata.name());
        attributes.write(level_of(metadata), message);
    }
}

/// What an event or a span has recorded.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add_to(&self, attributes: &mut Attributes) {
        for (name, value) in &self.values {
            attributes.push(name, value);
        }
    }

    /// A span may record a field several times; the last value counts.
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        let (name, value) = (field.name(), value.into());
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    fn add_text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = Some(text);
        } else {
            self.add(field, text);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    /// The error and what caused it: a line is the last place where both can be said.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        self.add_text(field, text);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    /// JSON has no word for infinite; that is shown as text.
    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = Number::from_f64(value).map(Value::Number);
        self.add(field, number.unwrap_or_else(|| value.to_string().into()));
    }
}

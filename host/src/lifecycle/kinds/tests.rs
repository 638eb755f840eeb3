//! The thread of a kind through its states, and errors of guests in any form. Kinds in whole services are in the
//! end-to-end tests.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::*;

/// What a kind does on its thread.
#[derive(Clone, Copy)]
enum FakeEnd {
    Return,
    Fail,
    Panic,
    UntilStopped,
    ForEver,
}

struct Fake(FakeEnd);

impl AnyRunningKind for Fake {
    fn describe(&self) -> Attributes {
        Attributes::new()
    }

    fn run(
        self: Box<Self>,
        _: Guest,
        mut stop: Stop,
    ) -> LocalBoxFuture<'static, Result<(), ExtensionError>> {
        Box::pin(async move {
            match self.0 {
                FakeEnd::Return => (),
                FakeEnd::Fail => return Err(ExtensionError::new("the queue is gone")),
                FakeEnd::Panic => panic!("on purpose"),
                FakeEnd::UntilStopped => stop.told().await,
                FakeEnd::ForEver => std::future::pending().await,
            }
            Ok(())
        })
    }
}

struct NoGuest;

impl CallGuest for NoGuest {
    fn call(
        &self,
        _: Export,
        _: Vec<Val>,
        _: CallOptions,
    ) -> BoxFuture<'static, Result<Option<Val>, CallError>> {
        Box::pin(std::future::pending())
    }
}

fn run(course: FakeEnd) -> KindRun {
    let kind = PreparedKind::new("fake", Box::new(Fake(course))).unwrap();
    kind.run(Guest::new(Arc::new(NoGuest)))
}

#[tokio::test]
async fn a_kind_may_end_by_itself() {
    let mut kind = run(FakeEnd::Return);

    assert!(kind.ended().await);
    assert!(kind.ended().await, "it can be asked again");
    assert!(kind.failure().now_or_never().is_none());
}

#[tokio::test]
async fn a_kind_that_fails_says_why_once() {
    let mut kind = run(FakeEnd::Fail);

    assert_eq!(kind.failure().await.to_string(), "the queue is gone");
    assert!(kind.failure().now_or_never().is_none());
}

#[tokio::test]
async fn a_kind_that_panics_has_failed() {
    let mut kind = run(FakeEnd::Panic);

    assert_eq!(kind.failure().await.to_string(), "its thread has panicked");
}

#[tokio::test]
async fn a_kind_ends_when_it_is_told_to() {
    let mut kind = run(FakeEnd::UntilStopped);
    assert!(kind.ended().now_or_never().is_none());

    kind.stop();

    assert!(kind.ended().await);
}

#[tokio::test]
async fn a_kind_that_does_not_listen_is_cut_off() {
    let mut kind = run(FakeEnd::ForEver);
    kind.stop();

    kind.cut();

    assert!(kind.ended().await);
}

#[tokio::test]
async fn a_kind_of_a_version_that_never_serves_does_nothing() {
    let PreparedKind { go, mut run, .. } =
        PreparedKind::new("fake", Box::new(Fake(FakeEnd::Panic))).unwrap();

    drop(go);

    assert!(run.ended().await);
}

fn record(fields: Vec<(&str, Val)>) -> Val {
    Val::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}

#[test]
fn an_error_keeps_all_of_its_fields() {
    let text = |text: &str| Val::String(text.to_owned());
    let violation = record(vec![("field", text("name")), ("description", text("too long"))]);
    let error = record(vec![
        ("kind", Val::Enum("not-found".to_owned())),
        ("message", text("no such item")),
        ("code", Val::S32(7)),
        ("cause", some(text("the table is empty"))),
        ("destination", some(text("store"))),
        ("status", some(Val::U16(410))),
        ("retry-after", some(Val::U64(5))),
        ("field-violations", Val::List(vec![violation])),
        ("attributes", some(text("{}"))),
        ("of-a-later-contract", Val::Bool(true)),
    ]);

    let lifted = lift(Some(&error));

    let expected = ServiceError {
        kind: ErrorKind::NotFound,
        message: "no such item".to_owned(),
        code: 7,
        cause: Some("the table is empty".to_owned()),
        destination: Some("store".to_owned()),
        status: Some(410),
        retry_after: Some(5),
        field_violations: vec![FieldViolation {
            field: "name".to_owned(),
            description: "too long".to_owned(),
        }],
        attributes: Some("{}".to_owned()),
    };
    assert_eq!(format!("{lifted:?}"), format!("{expected:?}"));
}

#[test]
fn an_error_may_be_a_text_or_nothing() {
    let text = lift(Some(&Val::String("gone".to_owned())));

    assert_eq!((text.kind, &*text.message), (ErrorKind::Internal, "gone"));
    assert_eq!(lift(None).message, "");
    assert_eq!(lift(Some(&Val::U8(1))).message, "");
}

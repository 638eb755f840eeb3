//! How RPCs fail.

use expect_test::expect;
use mikros_sdk::grpc::{Code, Metadata, Status};
use mikros_sdk::prelude::*;

/// As a method fails.
fn with_question_mark<E: Into<Status>>(error: E) -> Status {
    error.into()
}

#[test]
fn service_errors_have_the_codes_of_their_kinds() {
    for (error, code) in [
        (ServiceError::internal("x"), Code::Internal),
        (ServiceError::not_found("x"), Code::NotFound),
        (ServiceError::invalid_arguments("x"), Code::InvalidArgument),
        (ServiceError::precondition_failed("x"), Code::FailedPrecondition),
        (ServiceError::permission_denied("x"), Code::PermissionDenied),
        (ServiceError::rpc("shop", "x"), Code::Unavailable),
        (ServiceError::custom("x"), Code::Unknown),
    ] {
        let status = with_question_mark(error.clone());
        assert_eq!(status.code(), code);
        assert_eq!(status.message(), error.message());
        assert_eq!(status.service_error(), Some(&error));
    }
}

#[test]
fn an_ordinary_error_gets_the_code_that_the_service_says() {
    let parse = || "x".parse::<u8>();

    let wrong = parse().or_invalid_arguments("a number is needed").map_err(with_question_mark);
    let internal = parse().or_internal("cannot read the counter").map_err(with_question_mark);
    let absent = None::<u8>.or_internal("the counter is gone").map_err(with_question_mark);

    let shown = [wrong, internal, absent].map(|result| result.unwrap_err().to_string()).join("\n");
    expect![[r"
        INVALID_ARGUMENT: a number is needed (invalid digit found in string)
        INTERNAL: got an internal error (cannot read the counter: invalid digit found in string)
        INTERNAL: got an internal error (the counter is gone)"]]
    .assert_eq(&shown);
}

#[derive(Debug)]
enum OwnError {
    Missing,
    Full,
}

impl std::fmt::Display for OwnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

/// As `thiserror` would derive it.
impl std::error::Error for OwnError {}

impl From<OwnError> for Status {
    fn from(error: OwnError) -> Self {
        match error {
            OwnError::Missing => Self::not_found("there is none"),
            OwnError::Full => Self::resource_exhausted("there are too many"),
        }
    }
}

#[test]
fn a_standard_error_of_the_service_may_say_itself_which_status_it_is() {
    let codes = [OwnError::Missing, OwnError::Full].map(|error| with_question_mark(error).code());

    assert_eq!(codes, [Code::NotFound, Code::ResourceExhausted]);
}

#[test]
fn errors_of_the_sdk_are_statuses() {
    let invalid = Metadata::new().insert("x y", "1").map_err(with_question_mark);

    assert_eq!(invalid.unwrap_err().code(), Code::Internal);
}

#[test]
fn a_status_is_a_service_error_of_its_code() {
    fn question_mark(status: Status) -> Result<()> {
        Err(status)?
    }

    for code in (1..=16).filter_map(Code::from_number) {
        let error = question_mark(Status::new(code, "why")).unwrap_err();
        assert_eq!(error.message(), "why");
        assert_eq!(Status::from(error).code(), code);
    }
    let error = ServiceError::rpc("shop", "it is closed");
    assert_eq!(question_mark(error.clone().into()), Err(error));
}

#[test]
fn a_plain_status_is_what_it_was_made_of() {
    let mut metadata = Metadata::new();
    metadata.insert("x-retry", "1").expect("it is valid");

    let mut status = Status::already_exists("taken").with_details([1, 2]).with_metadata(metadata);
    status.metadata_mut().insert("x-other", "2").expect("it is valid");

    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!((status.message(), status.details()), ("taken", &[1, 2][..]));
    assert_eq!(status.metadata().get("x-retry"), Some("1"));
    assert_eq!(status.metadata().get("x-other"), Some("2"));
    assert_eq!(status.service_error(), None);
    assert_eq!(status.to_string(), "ALREADY_EXISTS: taken");
}

#[test]
fn details_make_a_plain_status_of_a_service_error() {
    let status = Status::from(ServiceError::not_found("gone")).with_details([1]);

    assert_eq!(status.service_error(), None);
    assert_eq!((status.code(), status.message()), (Code::NotFound, "gone"));
}

#[test]
fn codes_have_their_numbers_and_names() {
    assert_eq!(Code::from_number(0), None);
    assert_eq!(Code::from_number(17), None);
    assert_eq!(Code::from_number(-1), None);
    for number in 1..=16 {
        assert_eq!(Code::from_number(number).map(Code::number), Some(number));
    }
    assert_eq!(Code::from_number(5).map(Code::name), Some("NOT_FOUND"));
    assert_eq!(format!("{:>17}|", Code::Unavailable), "      UNAVAILABLE|");
}

//! How RPCs fail.

use mikros_sdk::ServiceError;
use mikros_sdk::grpc::{Code, Metadata, Status};

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
fn other_errors_are_internal() {
    let status = "x".parse::<u8>().map_err(with_question_mark).expect_err("`x` is no number");

    assert_eq!(status.code(), Code::Internal);
    let cause = status.service_error().and_then(ServiceError::cause);
    assert_eq!(cause, Some("invalid digit found in string"));
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

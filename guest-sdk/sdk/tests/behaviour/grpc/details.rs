//! Details of statuses: set, read, and those of service errors.

use std::time::Duration;

use mikros_sdk::ErrorKind;
use mikros_sdk::grpc::{Code, ErrorDetail, ErrorDetails, FieldViolation, HelpLink, Status};
use mikros_sdk::prelude::*;

fn question_mark(status: Status) -> ServiceError {
    ServiceError::from(status)
}

#[test]
fn details_are_read_as_they_were_set() {
    let mut details = ErrorDetails::new();
    details
        .set_error_info("CLOSED", "shop", [("day".to_owned(), "Sunday".to_owned())])
        .set_retry_info(Some(Duration::from_millis(1500)))
        .add_bad_request_violation("day", "must be a working day")
        .add_precondition_failure_violation("STATE", "door", "open it")
        .add_quota_failure_violation("door", "one a day")
        .set_request_info("7", "one")
        .set_resource_info("door", "front", "Ada", "it is closed")
        .set_help([HelpLink::new("how to open it", "https://example.com")])
        .set_localized_message("de-CH", "zu");

    let status = Status::with_error_details(Code::FailedPrecondition, "closed", details.clone());

    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "closed"));
    let read = status.check_error_details().expect("they can be read");
    assert_eq!(format!("{read:?}"), format!("{details:?}"));
    let links = read.help().expect("it was set").links.len();
    assert_eq!((links, status.get_error_details_vec().len()), (1, 9));
}

#[test]
fn several_details_of_one_type_keep_their_order() {
    let details = ["de", "en"].map(|locale| {
        ErrorDetail::LocalizedMessage(mikros_sdk::grpc::LocalizedMessage::new(locale, "x"))
    });

    let status = Status::with_error_details_vec(Code::NotFound, "gone", details);

    let locales = status.get_error_details_vec().into_iter().filter_map(|detail| match detail {
        ErrorDetail::LocalizedMessage(message) => Some(message.locale),
        _ => None,
    });
    assert_eq!(locales.collect::<Vec<_>>(), ["de", "en"]);
}

#[test]
fn details_that_are_none_are_told_from_absent_ones() {
    let absent = Status::not_found("gone");
    let other = Status::not_found("gone").with_details([255]);

    assert!(absent.check_error_details().expect("there are none").error_info().is_none());
    assert!(other.check_error_details().is_err());
    assert!(other.get_error_details().error_info().is_none());
    assert_eq!(question_mark(other).kind(), ErrorKind::NotFound);
}

/// The same as `host/src/dispatch/grpc/details.rs` makes of it.
#[test]
fn a_service_error_has_the_details_that_the_host_makes() {
    let error = ServiceError::rpc("stock", "it is away")
        .with_code(42)
        .with_retry_after(Duration::from_secs(2))
        .with_violation("items[0]", "must be there");

    let details = Status::from(error.clone()).get_error_details();

    let info = details.error_info().expect("always");
    assert_eq!((&*info.reason, &*info.domain), ("RPCError", ""));
    assert_eq!((&*info.metadata["code"], &*info.metadata["destination"]), ("42", "stock"));
    let delay = details.retry_info().and_then(|retry| retry.retry_delay);
    assert_eq!(delay, Some(Duration::from_secs(2)));
    let [FieldViolation { field, description, .. }] =
        &*details.bad_request().expect("a violation").field_violations
    else {
        panic!("{details:?}")
    };
    assert_eq!((&**field, &**description), ("items[0]", "must be there"));

    // As it arrives in another service.
    let arrived = Status::with_error_details(Code::Unavailable, error.message(), details);
    assert_eq!(question_mark(arrived), error);
}

#[test]
fn a_reason_of_another_vocabulary_does_not_change_the_kind() {
    let mut details = ErrorDetails::with_error_info("NotFoundError", "elsewhere", []);
    details.set_retry_info(Some(Duration::from_secs(1)));

    let status = Status::with_error_details(Code::Internal, "no", details);

    let error = question_mark(status);
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::Internal, Some(Duration::from_secs(1)))
    );
}

//! What all cases say about responses.
//! Deliberately does not know the cases.

use std::fmt::Debug;

use mikros_sdk::grpc::{Code, Metadata, Status};

use crate::proto::testing::Payload;

/// What is not as the case demands.
pub(crate) struct Wrong(pub(crate) String);

impl From<Status> for Wrong {
    fn from(status: Status) -> Self {
        Self(format!("expected success, got {:?}: {}", status.code(), status.message()))
    }
}

impl From<mikros_sdk::grpc::InvalidMetadata> for Wrong {
    fn from(error: mikros_sdk::grpc::InvalidMetadata) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Wrong>;

pub(crate) fn equal<T: PartialEq + Debug>(what: &str, actual: &T, expected: &T) -> Outcome {
    if actual == expected {
        return Ok(());
    }
    Err(Wrong(format!("{what}: expected {expected:?}, got {actual:?}")))
}

/// The payload of a request.
#[expect(clippy::unnecessary_wraps, reason = "what fields take")]
pub(crate) fn zeros(size: usize) -> Option<Payload> {
    Some(Payload { body: vec![0; size], ..Payload::default() })
}

/// Demands a payload of `size` zeros.
pub(crate) fn has_payload(what: &str, payload: Option<&Payload>, size: i32) -> Outcome {
    let Some(payload) = payload else { return Err(Wrong(format!("{what}: it has no payload"))) };
    equal(&format!("{what}: type"), &payload.r#type, &0)?;
    equal(&format!("{what}: size"), &i32::try_from(payload.body.len()).ok(), &Some(size))?;
    let others = payload.body.iter().filter(|byte| **byte != 0).count();
    equal(&format!("{what}: bytes that are not zero"), &others, &0)
}

/// Demands a failure with this status.
pub(crate) fn has_status<T>(
    what: &str,
    outcome: Result<T, Status>,
    code: Code,
    message: Option<&str>,
) -> Outcome {
    let Err(status) = outcome else { return Err(Wrong(format!("{what}: it succeeded"))) };
    equal(&format!("{what}: code (`{}`)", status.message()), &status.code(), &code)?;
    message.map_or(Ok(()), |message| equal(what, &status.message(), &message))
}

pub(crate) const INITIAL: (&str, &str) =
    ("x-grpc-test-echo-initial", "test_initial_metadata_value");
pub(crate) const TRAILING: (&str, &[u8]) = ("x-grpc-test-echo-trailing-bin", &[0xab, 0xab, 0xab]);

/// Demands that the metadata of the request has come back.
pub(crate) fn echoes_metadata(what: &str, initial: &Metadata, trailing: &Metadata) -> Outcome {
    let initial: Vec<_> = initial.get_all(INITIAL.0).collect();
    equal(&format!("{what}: initial metadata"), &initial, &vec![INITIAL.1])?;
    let trailing: Vec<_> = trailing.get_all_bin(TRAILING.0).collect();
    equal(&format!("{what}: trailing metadata"), &trailing, &vec![TRAILING.1.to_vec()])
}

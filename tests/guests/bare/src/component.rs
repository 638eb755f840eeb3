//! The component: one path per broken rule.
//! Deliberately knows nothing about what the host makes of it.

mod bindings {
    //! Rust bindings of the contract, generated.
    //! Deliberately only what a component without a lifecycle needs.

    #![allow(
        missing_docs,
        missing_debug_implementations,
        unused_qualifications,
        elided_lifetimes_in_paths,
        unreachable_pub,
        unsafe_code,
        clippy::pedantic,
        clippy::error_impl_error,
        clippy::allow_attributes_without_reason,
        reason = "generated code"
    )]

    wit_bindgen::generate!({
        inline: "
            package mikros:guest;
            world guest {
                include mikros:service/imports@0.2.0;
                export mikros:service/http@0.2.0;
            }
        ",
        path: "../../../wit",
        generate_all,
    });

    export!(Bare with_types_in self);

    use super::Bare;
}

use bindings::exports::mikros::service::http::{Body, Guest, Response, Streamed};
use bindings::mikros::service::errors::{Error, Kind};
use bindings::mikros::service::time;
use bindings::{wit_future, wit_stream};

/// A nanosecond count that nobody lives to see the end of.
const FOR_EVER: u64 = u64::MAX;

struct Bare;

impl Guest for Bare {
    async fn handle(head: Vec<u8>, _body: Body) -> Result<Response, Error> {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let path = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        Ok(match path {
            b"/no-colon" => answer(200, "content-type\r\n"),
            b"/no-end" => answer(200, "x-one: 1"),
            b"/no-name" => answer(200, ": 1\r\n"),
            b"/split" => answer(200, "x-one: 1\nx-two: 2\r\n"),
            b"/nul" => answer(200, "x-one: \0\r\n"),
            b"/transfer-encoding" => answer(200, "transfer-encoding: chunked\r\n"),
            b"/short" => answer(200, "content-length: 4\r\n"),
            b"/long" => answer(200, "content-length: 4000\r\n"),
            b"/status-0" => answer(0, ""),
            b"/status-100" => answer(100, ""),
            b"/status-65535" => answer(u16::MAX, ""),
            b"/attributes" => return Err(error(Some("[not json"))),
            b"/ignore-cancellation" => loop {
                time::sleep(FOR_EVER).await;
            },
            b"/no-end-of-stream" => without_end(),
            b"/stream-as-long-as-announced" => streamed(Some(5), true),
            b"/stream-shorter-than-announced" => streamed(Some(6), true),
            b"/stream-longer-than-announced" => streamed(Some(4), true),
            b"/error-with-status-200" => {
                return Err(Error { status: Some(200), ..error(None) });
            }
            _ => answer(200, "content-type: text/plain\r\n"),
        })
    }
}

fn answer(status: u16, headers: &str) -> Response {
    Response { status, headers: headers.into(), body: Body::Bytes(b"hello".to_vec()) }
}

fn error(attributes: Option<&str>) -> Error {
    Error {
        kind: Kind::Custom,
        message: "out of luck".to_owned(),
        code: 3,
        cause: None,
        destination: None,
        status: None,
        retry_after: None,
        field_violations: Vec::new(),
        attributes: attributes.map(str::to_owned),
    }
}

/// A streamed body that ends, and never tells how.
fn without_end() -> Response {
    streamed(None, false)
}

/// The body `hello` as a stream.
fn streamed(length: Option<u64>, ends: bool) -> Response {
    let (mut writer, data) = wit_stream::new();
    let (end_writer, end) = wit_future::new(|| Err(error(None)));
    wit_bindgen::spawn_local(async move {
        writer.write_all(b"he".to_vec()).await;
        writer.write_all(b"llo".to_vec()).await;
        drop(writer);
        if !ends {
            time::sleep(FOR_EVER).await;
        }
        // The host may have given up.
        let _ = end_writer.write(Ok(())).await;
    });
    let body = Body::Streamed(Streamed { data, length, end });
    Response { status: 200, headers: Vec::new(), body }
}

//! A response of the guest: checked, and unpacked from what `wit/http.wit` describes.

use std::sync::Arc;

use http::header::{CONTENT_LENGTH, HeaderMap};
use http::{Method, Response, StatusCode};

use super::body::ResponseBody;
use super::framing;
use super::pump::Pump;
use crate::call::Fault;
use crate::call::body::Cut;
use crate::call::guest_body::GuestBody;
use crate::call::http::{HttpBody, HttpResponse};
use crate::call::lines::{self, invalid};
use crate::header::is_of_connection;

/// # Errors
/// [`Fault::InvalidResponse`] when the response breaks the contract.
pub(super) fn unpack(
    response: HttpResponse,
    pump: Pump<Cut>,
    method: &Method,
    request_id: &Arc<str>,
) -> Result<Response<ResponseBody>, Fault> {
    let HttpResponse { status, headers, body } = response;
    let status = StatusCode::from_u16(status)
        .ok()
        .filter(|status| (200..=599).contains(&status.as_u16()))
        .ok_or_else(|| invalid(format!("its status is {status}, expected 200 to 599")))?;
    let headers = lines::unpack(&headers, is_of_connection)?;
    check_length(&headers, (!framing::is_bodiless(method, status)).then_some(&body))?;
    let body = match body {
        HttpBody::None => ResponseBody::empty(),
        HttpBody::Whole(bytes) => ResponseBody::whole(bytes),
        HttpBody::Streamed { body, length } => {
            ResponseBody::streamed(GuestBody::new(body, length), pump, request_id.clone())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// `body` is `None` for a response that has none by definition: the length that it announces is that of
/// another response.
fn check_length(headers: &HeaderMap, body: Option<&HttpBody>) -> Result<(), Fault> {
    let Some(first) = headers.get(CONTENT_LENGTH) else { return Ok(()) };
    let announced = framing::content_length(headers);
    let length = match body {
        None if announced.is_some() => return Ok(()),
        None => {
            return Err(invalid(format!("its `content-length` is {first:?}, expected a number")));
        }
        Some(HttpBody::None) => 0,
        Some(HttpBody::Whole(bytes)) => bytes.len() as u64,
        Some(HttpBody::Streamed { .. }) => {
            return Err(invalid(
                "a streamed body has its length beside it, not in a `content-length`",
            ));
        }
    };
    if announced == Some(length) {
        return Ok(());
    }
    Err(invalid(format!("its `content-length` is {first:?}, its body has {length} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn refuses(status: u16, headers: &str, expected: &Expect) {
        let headers = headers.replace('\n', "\r\n").into();
        let response = HttpResponse { status, headers, body: HttpBody::Whole("hello".into()) };
        let fault = unpack(response, Pump::done(), &Method::GET, &"1".into()).unwrap_err();
        expected.assert_eq(&fault.to_string());
    }

    #[test]
    fn a_status_that_is_none_is_a_fault() {
        refuses(
            99,
            "",
            &expect![
                "the service returned an invalid response: its status is 99, expected 200 to 599"
            ],
        );
        refuses(
            101,
            "",
            &expect![
                "the service returned an invalid response: its status is 101, expected 200 to 599"
            ],
        );
    }

    #[test]
    fn a_response_that_breaks_the_contract_is_a_fault() {
        refuses(
            200,
            "a: b",
            &expect![
                "the service returned an invalid response: a header line does not end with CR LF"
            ],
        );
        refuses(
            200,
            "a\n",
            &expect!["the service returned an invalid response: the header line `a` has no colon"],
        );
        refuses(
            200,
            "a b: c\n",
            &expect![
                "the service returned an invalid response: the header line `a b: c` is malformed"
            ],
        );
        refuses(
            200,
            "Connection: close\n",
            &expect![
                "the service returned an invalid response: the header `connection` is the host's to set"
            ],
        );
        refuses(
            200,
            "content-length: 4\n",
            &expect![[
                r#"the service returned an invalid response: its `content-length` is "4", its body has 5 bytes"#
            ]],
        );
        refuses(
            200,
            "content-length: +5\n",
            &expect![[
                r#"the service returned an invalid response: its `content-length` is "+5", its body has 5 bytes"#
            ]],
        );
        refuses(
            304,
            "content-length: +5\n",
            &expect![[
                r#"the service returned an invalid response: its `content-length` is "+5", expected a number"#
            ]],
        );
    }

    #[test]
    fn a_response_without_a_body_may_announce_that_of_another_one() {
        for (method, status) in [(Method::HEAD, 200), (Method::GET, 304), (Method::GET, 204)] {
            let headers = "content-length: 5000000000\r\n".into();
            let response = HttpResponse { status, headers, body: HttpBody::None };

            assert!(
                unpack(response, Pump::done(), &method, &"1".into()).is_ok(),
                "{method} {status}"
            );
        }
    }

    #[test]
    fn repeated_fields_are_kept() {
        let headers = "set-cookie: a\r\nset-cookie: b\r\n".into();
        let response = HttpResponse { status: 204, headers, body: HttpBody::None };

        let response = unpack(response, Pump::done(), &Method::GET, &"1".into()).unwrap();

        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    }
}

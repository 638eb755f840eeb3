//! What a response may look like on the wire, whoever made it: which ones have no body whatever was
//! made for them, and which ones end with their connection.
//!
//! The one place for all protocols: hyper sees to it for HTTP/1.1 only. Does not know what is answered.

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderValue};
use http::{Method, Response, StatusCode, Version};
use http_body::Body as _;

use super::body::ResponseBody;

/// Whether a response has no body by definition (RFC 9110 sections 6.4.1 and 15.3.6).
pub(super) fn is_bodiless(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD
        || matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
        )
}

/// The value of a `content-length` that is the only one and digits alone.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut announced = headers.get_all(CONTENT_LENGTH).iter();
    let (Some(value), None) = (announced.next(), announced.next()) else { return None };
    let text = value.to_str().ok()?;
    // `parse` takes a plus, which no client does.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Gives a response to `method` the form that the client expects. A body that is not sent is dropped
/// here, so that whoever streams it learns that nobody reads.
pub(super) fn fit(
    response: Response<ResponseBody>,
    method: &Method,
    version: Version,
) -> Response<ResponseBody> {
    let (mut parts, mut body) = response.into_parts();
    if is_bodiless(method, parts.status) {
        body = match parts.status {
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT => {
                parts.headers.remove(CONTENT_LENGTH);
                ResponseBody::empty()
            }
            // Whether it is the length of the 200 in its place, only the service can say.
            StatusCode::NOT_MODIFIED => {
                ResponseBody::unsent(content_length(&parts.headers), version)
            }
            _ => {
                let known = body.size_hint().exact().filter(|length| *length > 0);
                if let Some(length) = known {
                    parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| length.into());
                }
                ResponseBody::empty()
            }
        };
    }
    let ends_with_connection =
        body.size_hint().exact().is_none() || parts.headers.contains_key(CONNECTION);
    if version == Version::HTTP_10 && ends_with_connection {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        // hyper would add `keep-alive` to what says that it is of a later version.
        parts.version = Version::HTTP_10;
    }
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::guest_body::GuestBody;
    use crate::call::stream::stream;
    use crate::dispatch::pump::Pump;

    fn response(status: StatusCode, length: Option<&str>) -> Response<ResponseBody> {
        let mut response = Response::new(ResponseBody::whole("hello".into()));
        *response.status_mut() = status;
        if let Some(length) = length {
            response.headers_mut().insert(CONTENT_LENGTH, length.parse().unwrap());
        }
        response
    }

    /// The length that is announced, and whether nothing follows the head.
    #[track_caller]
    fn check(
        (method, version): (Method, Version),
        (status, length): (StatusCode, Option<&str>),
        expected: (Option<&str>, bool),
    ) {
        let fitted = fit(response(status, length), &method, version);
        let announced = fitted.headers().get(CONTENT_LENGTH);
        let found = (announced.map(|value| value.to_str().unwrap()), fitted.body().is_end_stream());
        assert_eq!(found, expected, "{method} {status} {length:?} {version:?}");
    }

    #[test]
    fn what_has_no_body_by_definition_gets_none() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            let get = (Method::GET, version);
            let head = (Method::HEAD, version);
            check(get.clone(), (StatusCode::OK, None), (None, false));
            check(head.clone(), (StatusCode::OK, None), (Some("5"), true));
            check(head.clone(), (StatusCode::OK, Some("16")), (Some("16"), true));
            check(head, (StatusCode::NO_CONTENT, Some("5")), (None, true));
            check(get.clone(), (StatusCode::NO_CONTENT, None), (None, true));
            check(get.clone(), (StatusCode::RESET_CONTENT, Some("5")), (None, true));
            check(get, (StatusCode::NOT_MODIFIED, None), (None, true));
        }
        let unchanged = (StatusCode::NOT_MODIFIED, Some("16"));
        check((Method::GET, Version::HTTP_2), unchanged, (Some("16"), true));
        // hyper announces the length of what it expects to send; it asks for nothing then.
        check((Method::GET, Version::HTTP_11), unchanged, (Some("16"), false));
    }

    #[test]
    fn whoever_streams_a_body_that_is_not_sent_learns_it() {
        let (mut feed, streamed) = stream();
        let body = ResponseBody::streamed(GuestBody::new(streamed, None), Pump::done(), "1".into());

        let fitted = fit(Response::new(body), &Method::HEAD, Version::HTTP_2);

        assert!(fitted.body().is_end_stream());
        assert!(fitted.headers().is_empty());
        assert!(feed.unread.try_recv().is_err() && feed.data.is_closed());
    }

    #[test]
    fn a_length_is_one_number() {
        for (values, expected) in [
            (&["5"][..], Some(5)),
            (&["005"], Some(5)),
            (&["18446744073709551615"], Some(u64::MAX)),
            (&["18446744073709551616"], None),
            (&["+5"], None),
            (&["-1"], None),
            (&[""], None),
            (&["5, 5"], None),
            (&["0x5"], None),
            (&["5", "5"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_LENGTH, value.parse().unwrap());
            }
            assert_eq!(content_length(&headers), expected, "{values:?}");
        }
    }
}

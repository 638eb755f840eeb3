//! Requests that are no RPCs, or whose messages are not Protobuf.

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use tonic::Status;

use super::GrpcBody;
use crate::dispatch::authority;
use crate::http2::RequestBody;

/// Answers what is not gRPC in HTTP's own words, and formats of messages that are not Protobuf.
pub(super) fn refuse(request: &Request<RequestBody>) -> Option<Response<GrpcBody>> {
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let format = content_type.and_then(format);
    let status = if request.version() < Version::HTTP_2 {
        StatusCode::HTTP_VERSION_NOT_SUPPORTED
    } else if request.method() != Method::POST {
        StatusCode::METHOD_NOT_ALLOWED
    } else if authority::check_form(request.uri(), request.headers()).is_err() {
        // Where `:authority` and `host` differ, the former counts, as in other servers of gRPC.
        StatusCode::BAD_REQUEST
    } else {
        match format {
            Some(b"" | b"proto") => return None,
            Some(format) => {
                let format = String::from_utf8_lossy(format);
                let message = format!("messages in the format `{format}` are not supported");
                return Some(GrpcBody::failure(&Status::unimplemented(message)));
            }
            None => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    };
    let mut response = Response::new(GrpcBody::empty());
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    Some(response)
}

/// What `application/grpc` says of the messages: `proto` after a plus, or nothing. `None` for other types.
fn format(content_type: &[u8]) -> Option<&[u8]> {
    let rest = content_type.strip_prefix(b"application/grpc")?;
    let rest = rest.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_content_names_the_format_of_messages() {
        let named = |content_type: &'static str| {
            format(content_type.as_bytes()).map(|format| std::str::from_utf8(format).unwrap())
        };

        assert_eq!(named("application/grpc"), Some(""));
        assert_eq!(named("application/grpc; charset=utf-8"), Some(""));
        assert_eq!(named("application/grpc+proto"), Some("proto"));
        assert_eq!(named("application/grpc+json ;x=y"), Some("json"));
        assert_eq!(named("application/grpc-web"), None);
        assert_eq!(named("application/json"), None);
    }
}

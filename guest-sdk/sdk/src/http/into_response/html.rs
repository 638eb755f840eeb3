//! Answers with HTML.
//! Deliberately escapes nothing: that is a template engine's.

use super::{IntoResponse, Response};

const LINES: &str = "content-type: text/html; charset=utf-8\r\n";

/// Answers with HTML: 200, `text/html; charset=utf-8`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::Html;
///
/// async fn index() -> Html<&'static str> {
///     Html("<!doctype html><title>Shop</title>")
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().get("/", index));
/// ```
///
/// The text is sent as it is. Text from elsewhere must be escaped, which template engines do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Html<T>(pub T);

impl<T: Into<crate::http::Body>> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        Response::with_lines(LINES, self.0)
    }
}

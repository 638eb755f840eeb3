//! Answers with something that a browser saves instead of showing it.
//! Deliberately does not guess the content type from the name of the file.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{IntoResponse, Response};

/// RFC 8187, `attr-char`: everything else is encoded.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Answers with a file to save: `content-disposition: attachment`.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::Attachment;
///
/// async fn export() -> Attachment<String> {
///     Attachment::new("name,amount\n".to_owned())
///         .with_file_name("Aufträge.csv")
///         .with_content_type("text/csv; charset=utf-8")
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().get("/export", export));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment<T> {
    body: T,
    file_name: Option<String>,
    content_type: Option<String>,
}

impl<T: IntoResponse> Attachment<T> {
    /// Lets the client save `body`, under a name that it chooses.
    pub fn new(body: T) -> Self {
        Self { body, file_name: None, content_type: None }
    }

    /// Sets the name under which the client saves it. Clients ignore directories in it.
    #[must_use]
    pub fn with_file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Sets the content type. Default: that of the body.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }
}

impl<T: IntoResponse> IntoResponse for Attachment<T> {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        if response.error().is_some() {
            return response;
        }
        if let Some(content_type) = &self.content_type {
            response.set_header("content-type", content_type.as_bytes());
        }
        let disposition = self.file_name.as_deref().map_or("attachment".to_owned(), disposition);
        response.with_header("content-disposition", disposition)
    }
}

/// RFC 6266: the name for old clients in ASCII, and for all others as it is.
fn disposition(name: &str) -> String {
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !['"', '\\', '%'].contains(&c);
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(name, NOT_ATTR_CHAR);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

//! What a test is answered, and what it expects of that.
//! Deliberately reads no stream unless it is told to: one may never end.

use std::fmt;

use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Result;
use crate::http::Body;

/// The answer to a request of a test.
///
/// Written as text (`to_string`) it is the status, the header fields and the body, for snapshots.
///
/// The assertions panic with the whole answer, and return it for the next one. They look at bodies that are known
/// whole; of a stream, which may never end, take [`Reply::whole`] first.
#[derive(Debug)]
pub struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Reply {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first value of a header field, `None` also when it is not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers.get_all(::http::header::SET_COOKIE).iter().find_map(|cookie| {
            let cookie = cookie.to_str().ok()?.split(';').next()?;
            let (found, value) = cookie.split_once('=')?;
            (found.trim() == name).then(|| value.trim())
        })
    }

    /// The next piece of the body, `None` at its end; for bodies that never end.
    ///
    /// # Errors
    ///
    /// That of a streamed body.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.body.next().await
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// That of a streamed body.
    pub async fn bytes(self) -> Result<Bytes> {
        self.body.bytes().await
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// That of a streamed body, and invalid arguments when it is not UTF-8.
    pub async fn text(self) -> Result<String> {
        self.body.text().await
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    ///
    /// That of a streamed body, and internal when it is not JSON that fits `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        Ok(serde_json::from_slice(&self.body.bytes().await?)?)
    }

    /// The same answer with its whole body, which the assertions look at.
    ///
    /// # Errors
    ///
    /// That of a streamed body.
    pub async fn whole(self) -> Result<Self> {
        Ok(Self { body: self.body.bytes().await?.into(), ..self })
    }
}

#[expect(clippy::return_self_not_must_use, reason = "an assertion has done its work")]
impl Reply {
    /// Expects the status.
    ///
    /// # Panics
    ///
    /// When it is another one.
    #[track_caller]
    pub fn assert_status(self, expected: StatusCode) -> Self {
        assert!(self.status == expected, "expected the status {expected}, found\n{self}");
        self
    }

    /// Expects a header field whose first value is `expected`.
    ///
    /// # Panics
    ///
    /// When there is none, or another one.
    #[track_caller]
    pub fn assert_header(self, name: &str, expected: &str) -> Self {
        let is_right = self.header(name) == Some(expected);
        assert!(is_right, "expected `{name}: {expected}`, found\n{self}");
        self
    }

    /// Expects exactly this text as the body.
    ///
    /// # Panics
    ///
    /// When it is another one, or a stream.
    #[track_caller]
    pub fn assert_text(self, expected: &str) -> Self {
        let is_right = self.known_body() == expected.as_bytes();
        assert!(is_right, "expected the body\n{expected}\nfound\n{self}");
        self
    }

    /// Expects exactly this value as JSON, for example [`json!`](super::json), whatever the order of its fields.
    ///
    /// # Panics
    ///
    /// When it is another one, no JSON, or a stream; and when `expected` cannot be written as JSON.
    #[track_caller]
    pub fn assert_json(self, expected: impl Serialize) -> Self {
        let expected = serde_json::to_value(expected).expect("the value must fit into JSON");
        let is_right = self.known_json() == expected;
        assert!(is_right, "expected the JSON\n{expected:#}\nfound\n{self}");
        self
    }

    /// Expects at least these fields in the JSON, at every depth; lists must be equal in length.
    ///
    /// ```
    /// # use mikros_sdk::prelude::*;
    /// # use mikros_sdk::testing::{self, Context, json};
    /// # struct Shop;
    /// # impl Service for Shop {
    /// #     async fn on_start() -> Result<Self> {
    /// #         Ok(Self)
    /// #     }
    /// # }
    /// # impl Http for Shop {
    /// #     fn routes() -> Router<Self> {
    /// #         Router::new()
    /// #     }
    /// # }
    /// # fn main() -> Result<()> {
    /// Context::new().run(async {
    ///     let shop = testing::http::<Shop>().await?;
    ///     let reply = shop.get("/nowhere").send().await;
    ///     reply
    ///         .assert_status(StatusCode::NOT_FOUND)
    ///         .assert_json_contains(json!({"kind": "NotFoundError"}));
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Reply::assert_json`].
    #[track_caller]
    pub fn assert_json_contains(self, expected: impl Serialize) -> Self {
        let expected = serde_json::to_value(expected).expect("the value must fit into JSON");
        let is_right = contains(&self.known_json(), &expected);
        assert!(is_right, "expected JSON with\n{expected:#}\nfound\n{self}");
        self
    }

    #[track_caller]
    fn known_body(&self) -> &[u8] {
        self.body
            .known()
            .expect("the body is a stream: call `.whole().await?` before the assertion")
    }

    #[track_caller]
    fn known_json(&self) -> Value {
        let body = serde_json::from_slice(self.known_body());
        body.unwrap_or_else(|error| panic!("expected JSON ({error}), found\n{self}"))
    }
}

fn contains(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| contains(found, value))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, value)| contains(found, value))
        }
        (found, expected) => found == expected,
    }
}

/// The status, a line per header field, a blank line, and the body, if it is text that is known whole.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        let Some(body) = self.body.known() else { return f.write_str("\n(a stream)") };
        match std::str::from_utf8(body) {
            Ok("") => Ok(()),
            Ok(text) => write!(f, "\n{text}"),
            Err(_binary) => write!(f, "\n({} bytes)", body.len()),
        }
    }
}

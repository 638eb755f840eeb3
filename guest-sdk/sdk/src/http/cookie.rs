//! Cookies, as they are, signed or encrypted; with the crate `cookie`. Needs the feature `cookie`.
//! Deliberately stores nothing: a session that is more than a cookie is the service's.
//!
//! A jar is extracted from the request, changed, and sent with the response:
//!
//! ```
//! # use mikros_sdk::prelude::*;
//! use mikros_sdk::http::Redirect;
//! use mikros_sdk::http::cookie::{Cookie, CookieJar, SameSite};
//!
//! async fn choose(Path(theme): Path<String>, jar: CookieJar) -> (CookieJar, Redirect) {
//!     let cookie = Cookie::build(("theme", theme)).path("/").same_site(SameSite::Lax);
//!     (jar.add(cookie), Redirect::to("/"))
//! }
//! # struct Shop;
//! # drop(Router::<Shop>::new().post("/theme/{name}", choose));
//! ```
//!
//! A client can change the cookies of a `CookieJar` at will. Those of a `SignedCookieJar` it can read, those of a
//! `PrivateCookieJar` it cannot even read; both need a [`SecretKey`] and the features `cookie-signed` or
//! `cookie-private`.

#[cfg(any(feature = "cookie-signed", feature = "cookie-private"))]
mod key;
#[cfg(any(feature = "cookie-signed", feature = "cookie-private"))]
mod sealed;

use cookie::CookieJar as Jar;

use super::{FromHead, Head, IntoHeaders, Rejection, Response};

pub use cookie::{Cookie, Expiration, SameSite};
#[cfg(any(feature = "cookie-signed", feature = "cookie-private"))]
pub use key::{HasSecretKey, SecretKey};
#[cfg(feature = "cookie-private")]
pub use sealed::PrivateCookieJar;
#[cfg(feature = "cookie-signed")]
pub use sealed::SignedCookieJar;

/// The cookies of a request, and what changes about them in the response.
#[derive(Debug, Clone, Default)]
pub struct CookieJar(Jar);

impl CookieJar {
    /// The cookie with this name.
    pub fn get(&self, name: &str) -> Option<&Cookie<'static>> {
        self.0.get(name)
    }

    /// Sends a cookie with the response.
    #[must_use = "the jar is sent by returning it"]
    #[expect(clippy::should_implement_trait, reason = "as in `cookie` and axum-extra")]
    pub fn add(mut self, cookie: impl Into<Cookie<'static>>) -> Self {
        self.0.add(cookie);
        self
    }

    /// Makes the client forget a cookie. Path and domain must be those with which it was added.
    #[must_use = "the jar is sent by returning it"]
    pub fn remove(mut self, cookie: impl Into<Cookie<'static>>) -> Self {
        self.0.remove(cookie);
        self
    }

    /// All cookies.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie<'static>> {
        self.0.iter()
    }
}

impl<S> FromHead<S> for CookieJar {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        Ok(Self(read(head)))
    }
}

impl IntoHeaders for CookieJar {
    fn apply_to(self, response: Response) -> Response {
        write(&self.0, response)
    }
}

/// The cookies that a request has. What is no cookie is left out, as browsers and servers do.
fn read(head: &Head) -> Jar {
    let mut jar = Jar::new();
    for (_, value) in head.header_lines().filter(|(name, _)| *name == "cookie") {
        let text = String::from_utf8_lossy(value).into_owned();
        for cookie in Cookie::split_parse_encoded(text).flatten() {
            jar.add_original(cookie.into_owned());
        }
    }
    jar
}

/// One header field for each cookie that has changed.
fn write(jar: &Jar, mut response: Response) -> Response {
    for cookie in jar.delta() {
        response.append_header("set-cookie", cookie.encoded().to_string().as_bytes());
    }
    response
}

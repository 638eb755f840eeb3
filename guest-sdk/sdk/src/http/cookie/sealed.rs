//! Jars of cookies that only the service can make.
//! Deliberately the same interface as the plain jar's.

use std::fmt;

use cookie::{Cookie, CookieJar as Jar, Key};

use super::{HasSecretKey, read, write};
use crate::http::{FromHead, Head, IntoHeaders, Rejection, Response};

macro_rules! jar {
    ($(#[$document:meta])* $name:ident, $open:ident, $open_mut:ident) => {
        $(#[$document])*
        #[derive(Clone)]
        pub struct $name {
            jar: Jar,
            key: Key,
        }

        impl $name {
            /// The cookie with this name. `None` also when this service has not made it.
            pub fn get(&self, name: &str) -> Option<Cookie<'static>> {
                self.jar.$open(&self.key).get(name)
            }

            /// Sends a cookie with the response.
            #[must_use = "the jar is sent by returning it"]
            #[expect(clippy::should_implement_trait, reason = "as in `cookie` and axum-extra")]
            pub fn add(mut self, cookie: impl Into<Cookie<'static>>) -> Self {
                self.jar.$open_mut(&self.key).add(cookie);
                self
            }

            /// Makes the client forget a cookie. Path and domain must be those with which it was added.
            #[must_use = "the jar is sent by returning it"]
            pub fn remove(mut self, cookie: impl Into<Cookie<'static>>) -> Self {
                self.jar.$open_mut(&self.key).remove(cookie);
                self
            }

            /// All cookies that this service has made.
            pub fn iter(&self) -> impl Iterator<Item = Cookie<'static>> {
                self.jar.iter().filter_map(|cookie| self.get(cookie.name()))
            }
        }

        impl<S: HasSecretKey> FromHead<S> for $name {
            async fn from_head(head: &Head, service: &'static S) -> Result<Self, Rejection> {
                Ok(Self { jar: read(head), key: service.secret_key().0.clone() })
            }
        }

        impl IntoHeaders for $name {
            fn apply_to(self, response: Response) -> Response {
                write(&self.jar, response)
            }
        }

        /// Without the key and the values.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

#[cfg(feature = "cookie-signed")]
jar! {
    /// Cookies that clients can read and not change. Needs the feature `cookie-signed`.
    SignedCookieJar, signed, signed_mut
}

#[cfg(feature = "cookie-private")]
jar! {
    /// Cookies that clients can neither read nor change. Needs the feature `cookie-private`.
    PrivateCookieJar, private, private_mut
}

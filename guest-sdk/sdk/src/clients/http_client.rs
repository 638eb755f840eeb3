//! A declared client for HTTP.
//! Deliberately has no base URL: the host knows where the service is.

use std::fmt;
use std::sync::Arc;

use ::http::Method;

use super::{Protocol, RequestBuilder};
use crate::error::Result;
use crate::imports;

/// Takes the client that `[clients.<name>]` declares with `protocol = "http"`. Call it in
/// [`on_start`](crate::Service::on_start), so that a mistake keeps the service from starting.
///
/// Opens no connection: that a service cannot be reached is the error of a call.
///
/// # Errors
///
/// `service.toml` declares no such client, or not for HTTP. The cause has the lines to add.
pub fn http(client: impl Into<Arc<str>>) -> Result<HttpClient> {
    let client = client.into();
    imports::clients::declared(&client, Protocol::Http)?;
    Ok(HttpClient { client })
}

/// A client for HTTP that `service.toml` declares; [`http()`] makes one.
///
/// Cloning it is cheap. The host keeps the connections, so that it has nothing to close.
#[derive(Clone)]
pub struct HttpClient {
    client: Arc<str>,
}

macro_rules! methods {
    ($($name:ident $method:ident)*) => {$(
        #[doc = concat!("A `", stringify!($method), "` request for `target`, a path with an optional query.")]
        pub fn $name(&self, target: impl Into<String>) -> RequestBuilder {
            self.request(Method::$method, target)
        }
    )*};
}

impl HttpClient {
    methods! { get GET head HEAD post POST put PUT patch PATCH delete DELETE }

    /// A request of any method for `target`, a path with an optional query. Both are percent-encoded already;
    /// [`RequestBuilder::query`] encodes what it adds.
    pub fn request(&self, method: Method, target: impl Into<String>) -> RequestBuilder {
        RequestBuilder::new(Arc::clone(&self.client), method, target.into())
    }

    /// The name of the client, as `service.toml` declares it.
    pub fn client(&self) -> &str {
        &self.client
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("client", &self.client).finish()
    }
}

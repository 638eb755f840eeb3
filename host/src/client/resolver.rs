//! From a name to its addresses.
//!
//! Does not know which of them may be used.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::BoxFuture;

/// The seam for tests.
pub(super) trait Resolve: Debug + Send + Sync {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// What the system knows.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            if let Ok(address) = host.parse() {
                return Ok(vec![address]);
            }
            let addresses = tokio::net::lookup_host((host, 0)).await?;
            Ok(addresses.map(|address: SocketAddr| address.ip()).collect())
        })
    }
}

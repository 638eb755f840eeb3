//! From a name to its addresses.
//!
//! Does not know which of them may be used.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures_util::future::BoxFuture;
use hickory_resolver::TokioResolver;

/// The seam for tests.
pub(super) trait Resolve: Debug + Send + Sync {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// What `/etc/hosts` and the name servers of `/etc/resolv.conf` say. Both files are read for every look-up, so that
/// changes of them count; nothing is cached, because whoever asks has a reason to.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            if let Ok(address) = host.parse() {
                return Ok(vec![address]);
            }
            if is_localhost(&host) {
                return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
            }
            let mut builder = TokioResolver::builder_tokio().map_err(io::Error::other)?;
            builder.options_mut().cache_size = 0;
            let resolver = builder.build().map_err(io::Error::other)?;
            match resolver.lookup_ip(host).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) if error.is_nx_domain() => {
                    Err(io::Error::new(io::ErrorKind::NotFound, "there is no such name"))
                }
                Err(error) if error.is_no_records_found() => Ok(Vec::new()),
                Err(error) => Err(io::Error::other(error)),
            }
        })
    }
}

/// Names that no name server is asked for (RFC 6761 section 6.3).
fn is_localhost(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

//! What `[clients.<name>]` says, as `definition` has read it.

pub(crate) use crate::definition::client::{Client, ClientTransport, Compression, Protocol};
#[cfg(test)]
pub(crate) use crate::definition::client::{KeepAlive, LoadBalancing, Retries};

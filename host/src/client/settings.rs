//! What `[clients.<name>]` says, as `definition` has read it.

pub(crate) use crate::definition::Egress;
pub(crate) use crate::definition::client::{
    AddressClass, CircuitBreaker, Client, ClientTls, ClientTransport, Compression, LoadBalancing,
    OutlierEjection, Protocol, Roots, is_never_allowed,
};
#[cfg(test)]
pub(crate) use crate::definition::client::{Certificate, KeepAlive, Retries};

//! What `[clients.<name>]` says, as `definition` has read it.

#[cfg(test)]
pub(crate) use crate::definition::Egress;
pub(crate) use crate::definition::client::{
    AddressClass, AddressPermission, CircuitBreaker, Client, ClientTls, ClientTransport,
    Compression, LoadBalancing, OutlierEjection, Protocol, Roots,
};
#[cfg(test)]
pub(crate) use crate::definition::client::{Certificate, KeepAlive, Retries};

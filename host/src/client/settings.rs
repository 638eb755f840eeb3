//! What `[clients.<name>]` says, as `definition` has read it.

pub(crate) use crate::definition::client::{
    AddressClass, Certificate, CircuitBreaker, Client, ClientTls, ClientTransport, Compression,
    KeepAlive, LoadBalancing, OutlierEjection, Protocol, Retries, Roots,
};

//! `clients`: calls of the guest to the services that `[clients.<name>]` declares.
//!
//! Every call runs as a future of the store that the guest is in, so it ends with the instance. What it sends and
//! receives over time crosses in `stream`. Connections, balancing and retries are `client`'s.

mod failure;
mod http;
mod outgoing;
mod rpc;
mod stream;

use ::http::header::HeaderName;
use bytes::Bytes;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use super::State;
use crate::bindings::clients::{DeclaredParameters, OriginError};
use crate::bindings::errors::Error as ServiceError;
use crate::bindings::{PACKAGE, VERSION};
use crate::call::remote_error;
use crate::client::local::LocalServices;
use crate::client::settings::Client;

/// What `service.toml` grants of other services.
#[derive(Debug)]
pub(crate) struct ClientGrants {
    pub declared: Vec<Client>,
    /// The services of this process.
    pub local: LocalServices,
    /// The field in which the id of a request travels along.
    pub request_id_header: HeaderName,
}

/// Makes the interface available in `linker`.
///
/// # Errors
/// When a name is defined twice, which is a bug.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut interface = linker.instance(&format!("{PACKAGE}/clients@{VERSION}"))?;
    interface.func_wrap("declared", declared)?;
    interface.func_wrap("parse-error", parse_error)?;
    interface.func_wrap_concurrent("unary", |accessor, parameters| {
        Box::pin(async move { Ok((rpc::unary(accessor, parameters).await,)) })
    })?;
    interface.func_wrap_concurrent("streaming", |accessor, parameters| {
        Box::pin(async move { Ok((rpc::streaming(accessor, parameters).await?,)) })
    })?;
    interface.func_wrap_concurrent("send", |accessor, parameters| {
        Box::pin(async move { Ok((http::send(accessor, parameters).await?,)) })
    })
}

#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "wasmtime calls it")]
fn declared(
    store: StoreContextMut<'_, State>,
    (name, protocol): DeclaredParameters,
) -> wasmtime::Result<(Result<(), ServiceError>,)> {
    Ok((outgoing::find(store.data(), &name, protocol).map(|_client| ()),))
}

#[expect(clippy::unnecessary_wraps, reason = "wasmtime calls it")]
fn parse_error(
    _store: StoreContextMut<'_, State>,
    (json,): (Bytes,),
) -> wasmtime::Result<(Option<OriginError>,)> {
    Ok((remote_error::parse(&json),))
}

//! What a call of the guest says and what travels along with it.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use tokio::sync::oneshot;
use wasmtime::component::Accessor;

use crate::bindings::clients::{Compression, Options, Protocol};
use crate::bindings::errors::{Error as ServiceError, Kind};
use crate::call::error::service_error;
use crate::call::{CallDepth, Context, Fault, lines, metadata};
use crate::capability::{State, current_call};
use crate::client::{CallCompression, CallTerms, Client, ClientError, settings};
use crate::definition::did_you_mean;
use crate::header::CALLER;
use crate::text::harmless;

/// How much of a name that is not declared its error repeats, in bytes.
const LONGEST_SHOWN: usize = 64;

/// Fields of the request that the guest handles which go with the requests that it makes for it.
const PROPAGATED: [&str; 3] = ["traceparent", "tracestate", "baggage"];
/// The same for all names with this prefix.
const CONTEXT: &str = "service-context-";

/// A call that the guest is about to make.
pub(super) struct OutgoingCall {
    pub(super) client: Arc<Client>,
    pub(super) terms: CallTerms,
    /// What goes with it unless the guest has set it.
    context: HeaderMap,
    cancelled: Cancelled,
}

/// How the wait for a call ended without a response.
pub(super) enum Ended {
    Failed(ClientError),
    /// The call in which the guest made it was cancelled.
    Cancelled,
}

enum Cancelled {
    Already,
    When(oneshot::Receiver<()>),
    /// The guest is in no call that could be cancelled.
    Never,
}

/// The client of this name.
///
/// # Errors
/// When there is none, with the client that may be meant and the lines that would declare this one.
pub(super) fn find(
    state: &State,
    name: &str,
    protocol: Protocol,
) -> Result<Arc<Client>, ServiceError> {
    let (word, other) = match protocol {
        Protocol::Grpc => ("grpc", "http"),
        Protocol::Http => ("http", "grpc"),
    };
    let undeclared = |name: &str, message, cause| ServiceError {
        cause: Some(cause),
        destination: Some(name.to_owned()),
        ..service_error(Kind::Internal, message)
    };
    let Some(client) = state.clients.get(name) else {
        // A guest may ask for anything, of any size.
        let shown = harmless(&name[..name.floor_char_boundary(LONGEST_SHOWN)]);
        let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let is_key = !name.is_empty() && shown == name && name.chars().all(is_bare);
        let table = if is_key { name } else { "<name>" };
        let meant =
            did_you_mean(&shown, state.grants.clients.declared.iter().map(|client| &*client.name));
        let meant = meant.map(|question| question + " Or ").unwrap_or_default();
        let help = format!(
            "{meant}add a table `[clients.{table}]` with `host`, `port`, and `protocol = \"{word}\"` to service.toml"
        );
        return Err(undeclared(&shown, format!("the client `{shown}` is not declared"), help));
    };
    if (client.protocol() == settings::Protocol::Grpc) != (protocol == Protocol::Grpc) {
        let message = format!("the client `{name}` is declared for the protocol `{other}`");
        let line = format!("set `protocol = \"{word}\"` in `[clients.{name}]` of service.toml");
        return Err(undeclared(name, message, line));
    }
    Ok(client.clone())
}

impl OutgoingCall {
    /// # Errors
    /// When `client` is not declared.
    pub(super) fn begin(
        accessor: &Accessor<State>,
        client: &str,
        protocol: Protocol,
        options: &Options,
    ) -> Result<Self, ServiceError> {
        accessor.with(|mut access| {
            let client = find(access.get(), client, protocol)?;
            let grants = access.get().grants.clone();
            let call = current_call(&mut access);
            let mut context = HeaderMap::new();
            let (mut deadline, mut depth) = (None, CallDepth::default());
            let mut cancelled = Cancelled::Never;
            if let Some(call) = call {
                (deadline, depth) = (call.context.deadline, call.context.depth);
                cancelled = call.cancelled().map_or(Cancelled::Already, Cancelled::When);
                propagate(&call.context, &grants.clients.request_id_header, &mut context);
            }
            if let Ok(service) = HeaderValue::from_str(&grants.identity.name) {
                context.insert(CALLER, service);
            }
            let terms = CallTerms {
                deadline,
                depth: depth.next(),
                timeout: options.timeout.map(Duration::from_nanos),
                compression: match options.compression {
                    Compression::Configured => CallCompression::Configured,
                    Compression::Off => CallCompression::Off,
                    Compression::On => CallCompression::On,
                },
            };
            Ok(Self { client, terms, context, cancelled })
        })
    }

    /// The path and the metadata of an RPC.
    ///
    /// # Errors
    /// When the guest breaks the contract.
    pub(super) fn rpc(
        &self,
        method: &str,
        packed: &[u8],
    ) -> Result<(PathAndQuery, HeaderMap), ServiceError> {
        let path = method.parse::<PathAndQuery>().ok();
        let path = path.filter(|path| path.query().is_none() && is_method(path.path()));
        let path = path.ok_or_else(|| {
            let shown = harmless(&method[..method.floor_char_boundary(LONGEST_SHOWN)]);
            service_error(Kind::Internal, format!("`{shown}` is not a method"))
        })?;
        let metadata = metadata::unpack(packed).map_err(|fault| broken(&fault))?;
        Ok((path, self.with_context(metadata)))
    }

    /// The fields of an HTTP request.
    pub(super) fn with_context(&self, mut fields: HeaderMap) -> HeaderMap {
        for name in self.context.keys() {
            // A guest cannot speak for another service.
            if *name == CALLER || !fields.contains_key(name) {
                fields.remove(name);
                for value in self.context.get_all(name) {
                    fields.append(name, value.clone());
                }
            }
        }
        fields
    }

    /// Waits for `exchange` until the call in which the guest makes it is cancelled.
    pub(super) async fn outcome<T>(
        &mut self,
        exchange: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, Ended> {
        tokio::select! {
            biased;
            () = self.cancelled.wait() => Err(Ended::Cancelled),
            returned = exchange => returned.map_err(Ended::Failed),
        }
    }
}

impl Cancelled {
    async fn wait(&mut self) {
        match self {
            Self::Already => return,
            Self::When(cancelled) => {
                if cancelled.await.is_ok() {
                    return;
                }
                // The call has ended by itself, and this task has outlived it.
            }
            Self::Never => (),
        }
        std::future::pending::<()>().await;
    }
}

/// What the guest's request or metadata has that breaks the contract.
pub(super) fn broken(fault: &Fault) -> ServiceError {
    let reason = match fault {
        Fault::InvalidResponse(reason) => reason.to_string(),
        other => other.to_string(),
    };
    service_error(Kind::Internal, format!("the request to another service is malformed: {reason}"))
}

/// Whether this is the path of a method: `/helloworld.Greeter/SayHello`.
fn is_method(path: &str) -> bool {
    let mut parts = path.strip_prefix('/').unwrap_or_default().split('/');
    let mut part = || parts.next().is_some_and(|part| !part.is_empty());
    part() && part() && parts.next().is_none()
}

/// Adds what of the request that the guest handles goes with those that it makes for it.
fn propagate(context: &Context, request_id_header: &HeaderName, into: &mut HeaderMap) {
    if let Some(id) = context.request_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
        into.insert(request_id_header, id);
    }
    let head = context.head.as_deref().unwrap_or_default();
    for (name, value) in lines::fields(head) {
        let travels = PROPAGATED.iter().any(|field| field.as_bytes() == name)
            || name.starts_with(CONTEXT.as_bytes());
        let field = travels
            .then(|| HeaderName::from_bytes(name).ok().zip(HeaderValue::from_bytes(value).ok()));
        if let Some((name, value)) = field.flatten() {
            // More than a map can hold does not arrive in the first place.
            let _ = into.try_append(name, value);
        }
    }
}

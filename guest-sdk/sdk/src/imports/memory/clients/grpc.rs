//! RPCs to services of the test, in all shapes.

use std::cell::OnceCell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _, iter, unfold};

use super::{CALLER, Call, Fake, Protocol, Transport, current, declared, in_call, incoming, late};
use crate::call::until_cancelled;
use crate::grpc::call::{StreamingCall, UnaryCall, UnaryReply};
use crate::grpc::client::{IncomingMessages, OutgoingCall, OutgoingMessages, UnaryAnswer};
use crate::grpc::reply_stream::StreamingReply;
use crate::grpc::services::ProtoService;
use crate::grpc::{Compression, Metadata, Reason, RequestBytes, Status, with_timeout};

/// A protobuf service of the test.
pub(crate) trait Served {
    fn name(&self) -> &'static str;
    fn unary(&self, call: UnaryCall) -> LocalBoxFuture<'static, Result<UnaryReply, Status>>;
    fn streaming(
        &self,
        call: StreamingCall,
    ) -> LocalBoxFuture<'static, Result<StreamingReply, Status>>;
}

struct By<P: ProtoService>(&'static P::Service, PhantomData<P>);

impl Fake {
    /// Adds a protobuf service to those of a fake, if that is one for gRPC.
    pub(crate) fn grpc<P: ProtoService + 'static>(
        known: Option<Self>,
        service: P::Service,
    ) -> Self {
        // Leaked, because methods get what lives as long as the instance.
        let served: Rc<dyn Served> = Rc::new(By::<P>(Box::leak(Box::new(service)), PhantomData));
        match known {
            Some(Self::Grpc(mut all)) => {
                all.push(served);
                Self::Grpc(all)
            }
            Some(Self::Http(_)) | None => Self::Grpc(vec![served]),
        }
    }
}

impl<P: ProtoService + 'static> Served for By<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn unary(&self, call: UnaryCall) -> LocalBoxFuture<'static, Result<UnaryReply, Status>> {
        P::unary(self.0, call).boxed_local()
    }

    fn streaming(
        &self,
        call: StreamingCall,
    ) -> LocalBoxFuture<'static, Result<StreamingReply, Status>> {
        P::streaming(self.0, call).boxed_local()
    }
}

pub(crate) async fn unary(call: OutgoingCall, message: Vec<u8>) -> Result<UnaryAnswer, Status> {
    let Begun { client, call, method, metadata, is_compressed } = begin(call)?;
    let rpc = UnaryCall::new(method, metadata, RequestBytes { data: message, is_compressed });
    let answer = match served(&client, rpc.service()) {
        Some(service) => in_call(Some(call), until_cancelled(service.unary(rpc))).await,
        None => Some(Err(rpc.unimplemented())),
    };
    let answer = answer.ok_or_else(|| late(&client))?;
    let UnaryReply { metadata, data, trailers, .. } =
        answer.map_err(|status| returned(status, &client))?;
    Ok(UnaryAnswer { metadata, message: data, trailers })
}

pub(crate) async fn streaming(
    call: OutgoingCall,
    messages: OutgoingMessages,
) -> Result<IncomingMessages, Status> {
    let Begun { client, call, method, metadata, is_compressed } = begin(call)?;
    let bytes = move |data| RequestBytes { data, is_compressed };
    let messages: LocalBoxStream<'static, _> = match messages {
        OutgoingMessages::One(message) => iter([Ok(bytes(message))]).boxed_local(),
        OutgoingMessages::Many(messages) => {
            messages.map(move |message| Ok(bytes(message))).boxed_local()
        }
    };
    let rpc = StreamingCall::new(method, metadata, messages);
    let answer = match served(&client, rpc.service()) {
        Some(service) => {
            in_call(Some(Rc::clone(&call)), until_cancelled(service.streaming(rpc))).await
        }
        None => Some(Err(rpc.unimplemented())),
    };
    let answer = answer.ok_or_else(|| late(&client))?;
    let mut reply = answer.map_err(|status| returned(status, &client))?;
    let metadata = std::mem::take(&mut reply.metadata);
    let trailers = Rc::<OnceCell<_>>::default();
    let reading = Reading { call, reply, trailers: Rc::clone(&trailers), client };
    Ok(IncomingMessages { metadata, messages: read(reading).boxed_local(), trailers })
}

/// An RPC as the host of the other service would see it.
struct Begun {
    client: Arc<str>,
    call: Rc<Call>,
    method: String,
    metadata: Vec<u8>,
    is_compressed: bool,
}

fn begin(call: OutgoingCall) -> Result<Begun, Status> {
    let OutgoingCall { client, method, mut metadata, timeout, compression } = call;
    declared(&client, Protocol::Grpc)?;
    let call = incoming(timeout, Transport::Grpc);
    metadata.remove(CALLER);
    metadata.push(CALLER, &current().identity.name);
    let time = call.deadline.map(|deadline| deadline.saturating_sub(super::now()));
    let metadata = with_timeout(metadata, time).into_lines();
    let is_compressed = compression == Compression::On;
    Ok(Begun { client, call, method, metadata, is_compressed })
}

fn served(client: &str, service: &str) -> Option<Rc<dyn Served>> {
    match current().clients.get(client) {
        Some(Fake::Grpc(all)) => all.iter().find(|served| served.name() == service).cloned(),
        _ => None,
    }
}

/// A failure of the other service as this one gets it.
fn returned(status: Status, client: &Arc<str>) -> Status {
    let (reason, metadata) = status.into_parts();
    let status = match reason {
        Reason::Error(error) => error.of_client(client, Some(client.to_string())).into(),
        Reason::Status { code, message, details } => {
            Status::new(code, message).with_details(details)
        }
    };
    status.with_metadata(metadata).of_client(client)
}

struct Reading {
    call: Rc<Call>,
    reply: StreamingReply,
    trailers: Rc<OnceCell<Metadata>>,
    client: Arc<str>,
}

/// The messages, then a failure if they ended with one.
fn read(reading: Reading) -> impl Stream<Item = Result<Vec<u8>, Status>> + 'static {
    unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        let call = Rc::clone(&reading.call);
        let next = in_call(Some(call), until_cancelled(reading.reply.messages.next())).await;
        match next {
            Some(Some(Ok(message))) => Some((Ok(message.data), Some(reading))),
            Some(Some(Err(status))) => Some((Err(returned(status, &reading.client)), None)),
            Some(None) => {
                let Reading { call, reply, trailers, client } = reading;
                match in_call(Some(call), reply.finish()).await {
                    Ok(metadata) => {
                        // It is set once, because this is the only end.
                        let _ = trailers.set(metadata);
                        None
                    }
                    Err(status) => Some((Err(returned(status, &client)), None)),
                }
            }
            None => Some((Err(Status::from(late(&reading.client))), None)),
        }
    })
}

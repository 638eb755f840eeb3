//! Requests of other services in this process: answered like those of a connection, without one.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{Fuse, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::{oneshot, watch};

use super::connection::Served;
use super::{Phase, Slot, reach};
use crate::client;
use crate::client::local::{Item, LocalBody, LocalBodyError, LocalRequest, LocalRequests};
use crate::http2::RequestBody;
use crate::text::on_one_line;

/// Where requests come from that have no connection.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// So many frames of a response are handed over with its head if they are there: those of a unary RPC.
const READY_FRAMES: usize = 4;

/// Answers requests of this process through the phases of a listener; ends when the last one is answered.
///
/// Returns how many responses were cut off.
pub(crate) async fn serve_local(
    mut requests: LocalRequests,
    slot: Rc<Slot<impl Served>>,
    mut phase: watch::Receiver<Phase>,
) -> usize {
    let (mut draining, mut cutting) = (phase.clone(), phase.clone());
    let mut draining = std::pin::pin!(reach(&mut draining, Phase::Drain));
    let mut cutting = std::pin::pin!(reach(&mut cutting, Phase::Cut));
    reach(&mut phase, slot.rules().accepts_from).await;
    let mut inside = FuturesUnordered::new();
    let (mut is_draining, mut is_closed) = (false, false);
    while !(is_closed && inside.is_empty()) {
        tokio::select! {
            biased;
            () = &mut cutting => return inside.len(),
            () = &mut draining, if !is_draining => {
                // What is in the channel still counts as accepted.
                requests.close();
                is_draining = true;
            }
            Some(()) = inside.next(), if !inside.is_empty() => (),
            request = requests.recv(), if !is_closed => match request {
                Some(request) => inside.push(answer(slot.clone(), request)),
                None => is_closed = true,
            },
        }
    }
    0
}

/// Answers one request until its caller leaves, or breaks off what it sends: a connection would be reset then.
async fn answer(slot: Rc<Slot<impl Served>>, request: LocalRequest) {
    let LocalRequest { request, mut reply } = request;
    let (request, mut breaks) = breakable(request);
    let responding = slot.respond(request, PEER);
    let response = tokio::select! {
        biased;
        response = responding => response,
        () = reply.closed() => return,
        Ok(()) = &mut breaks => return,
    };
    let Ok((parts, mut body)) = response.map(http::Response::into_parts);
    let mut ready = VecDeque::new();
    let is_whole = take_ready(&mut body, &mut ready).await;
    if is_whole {
        // A caller that has left does not need it.
        drop(reply.send(http::Response::from_parts(parts, LocalBody::whole(ready))));
        return;
    }
    let (local, writer) = LocalBody::streamed(ready);
    if reply.send(http::Response::from_parts(parts, local)).is_err() {
        return;
    }
    loop {
        // A caller that leaves cancels the call, also when there is nothing to write at the moment.
        let item = tokio::select! {
            biased;
            frame = body.frame() => match frame {
                Some(frame) => frame.map_err(|error| failed(&error)),
                None => return,
            },
            () = writer.closed() => return,
            Ok(()) = &mut breaks => Err(LocalBodyError("so was the request".to_owned())),
        };
        // Nothing comes after an error.
        let is_last = item.is_err();
        if writer.send(item).await.is_err() || is_last {
            return;
        }
    }
}

/// The body of a request that tells when it breaks off.
struct BreakableBody {
    body: client::RequestBody,
    broken: Option<oneshot::Sender<()>>,
}

/// A request, and what resolves when its body breaks off.
fn breakable(
    request: Request<client::RequestBody>,
) -> (Request<RequestBody>, Fuse<oneshot::Receiver<()>>) {
    // What is there as a whole cannot.
    let (broken, breaks) = match request.body() {
        client::RequestBody::Whole(_) => (None, Fuse::terminated()),
        client::RequestBody::Streamed(_) | client::RequestBody::Paced(_) => {
            let (broken, breaks) = oneshot::channel();
            (Some(broken), breaks.fuse())
        }
    };
    (request.map(|body| RequestBody::of_process(BreakableBody { body, broken })), breaks)
}

impl Body for BreakableBody {
    type Data = Bytes;
    type Error = <client::RequestBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Err(_))) = polled
            && let Some(broken) = self.broken.take()
        {
            // Fails if the request has been answered, which is as good.
            let _ = broken.send(());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Takes what is there of a body. Returns whether that was all.
async fn take_ready<B: Body<Data = Bytes, Error: std::error::Error> + Unpin>(
    body: &mut B,
    ready: &mut VecDeque<Item>,
) -> bool {
    while ready.len() < READY_FRAMES {
        match poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_frame(context))).await {
            Poll::Ready(Some(Ok(frame))) => ready.push_back(Ok(frame)),
            Poll::Ready(Some(Err(error))) => {
                ready.push_back(Err(failed(&error)));
                return true;
            }
            Poll::Ready(None) => return true,
            Poll::Pending => return false,
        }
    }
    body.is_end_stream()
}

fn failed(error: &dyn std::error::Error) -> LocalBodyError {
    LocalBodyError(on_one_line(error))
}

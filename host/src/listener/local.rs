//! Requests of other services in this process: answered like those of a connection, without one.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::sync::watch;

use super::connection::Served;
use super::{Phase, Slot, reach};
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

/// Answers one request until its caller leaves.
async fn answer(slot: Rc<Slot<impl Served>>, request: LocalRequest) {
    let LocalRequest { request, mut reply } = request;
    let responding = slot.respond(request.map(RequestBody::of_process), PEER);
    let response = tokio::select! {
        biased;
        response = responding => response,
        () = reply.closed() => return,
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
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = writer.closed() => return,
        };
        let Some(frame) = frame else { return };
        // Nothing comes after an error.
        let is_last = frame.is_err();
        if writer.send(frame.map_err(|error| failed(&error))).await.is_err() || is_last {
            return;
        }
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

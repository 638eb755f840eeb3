//! Tests of the queue on its own states: who enters, who waits, who is refused.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::*;
use crate::bindings::plugin::RequestDecision;
use crate::call::{Context as CallContext, Outcome, Reply, Step};

/// Longer than any test waits.
const PATIENCE: Duration = Duration::from_mins(1);

/// A caller that waits for its outcome; it leaves when this is dropped.
pub(super) type Caller = oneshot::Receiver<Outcome<RequestDecision, std::convert::Infallible>>;

/// A queue of an instance that has started.
pub(super) fn queue(max_in_flight: usize, max_waiting: usize) -> Queue {
    let queue = Queue::new(max_in_flight, max_waiting, watch::Sender::new(()));
    queue.set_readiness(Readiness::Ready);
    queue
}

/// A request of the connection from `port`, named by its content.
pub(super) fn request(port: u16, name: &'static str) -> (Call, Caller) {
    let (reply, outcome) = Reply::new();
    let peer = Some(SocketAddr::from(([127, 0, 0, 1], port)));
    let context = CallContext { peer, request_id: Some(Arc::from(name)), ..CallContext::default() };
    let request = CallRequest::OnRequest(Bytes::from_static(name.as_bytes()), reply);
    (Call { request, context }, outcome)
}

fn step(step: Step) -> (Call, oneshot::Receiver<Outcome<()>>) {
    let (reply, outcome) = Reply::new();
    let call = Call { request: CallRequest::Step(step, reply), context: CallContext::default() };
    (call, outcome)
}

/// Adds a request that has to be taken.
fn push(queue: &Queue, port: u16, name: &'static str) -> Caller {
    let (call, caller) = request(port, name);
    queue.push(call).unwrap_or_else(|refused| panic!("{name}: {}", refused.fault));
    caller
}

/// What enters next.
fn pop(queue: &Queue) -> Option<String> {
    pop_if(queue, |_| true)
}

fn pop_if(queue: &Queue, fits: impl Fn(&CallRequest) -> bool) -> Option<String> {
    queue.pop(fits).map(|call| match call.request {
        CallRequest::OnRequest(name, _) => String::from_utf8(name.to_vec()).unwrap(),
        other => other.name().into_owned(),
    })
}

fn fault(caller: &mut Caller) -> Fault {
    caller.try_recv().expect("it has an outcome").expect_err("it did not enter")
}

#[test]
fn requests_enter_in_their_order_up_to_the_limit() {
    let queue = queue(2, 2);
    let _callers = ["a", "b", "c"].map(|name| push(&queue, 1, name));

    assert_eq!([(); 3].map(|()| pop(&queue)), [Some("a".into()), Some("b".into()), None]);
    assert_eq!(queue.load(), 3);
    queue.left();
    assert_eq!(pop(&queue).as_deref(), Some("c"));
}

#[test]
fn steps_enter_before_requests_and_beyond_the_limit() {
    let queue = queue(1, 1);
    let _callers = ["a", "b"].map(|name| push(&queue, 1, name));
    assert_eq!(pop(&queue).as_deref(), Some("a"));
    let (call, _outcome) = step(Step::OnFinish);
    queue.push(call).unwrap();

    assert_eq!(pop(&queue).as_deref(), Some("lifecycle.on-finish"));
    assert_eq!(pop(&queue), None);
}

#[test]
fn a_full_queue_refuses_and_gives_the_call_back() {
    let queue = queue(1, 1);
    let _callers = ["a", "b"].map(|name| push(&queue, 1, name));

    let (call, _caller) = request(1, "c");
    let refused = queue.push(call).unwrap_err();

    assert_eq!(refused.fault, Fault::Saturated);
    assert_eq!(refused.call.context.request_id.as_deref(), Some("c"));
}

#[test]
fn a_connection_that_asks_for_little_displaces_one_that_fills_the_queue() {
    let queue = queue(1, 3);
    let _inside = push(&queue, 1, "inside");
    assert_eq!(pop(&queue).as_deref(), Some("inside"));
    let mut greedy = ["a", "b", "c"].map(|name| push(&queue, 1, name));

    let _modest = push(&queue, 2, "modest");

    assert_eq!(fault(&mut greedy[2]), Fault::Saturated);
    queue.left();
    // Both have the first turn of their connections; the one that came first enters first.
    assert_eq!(pop(&queue).as_deref(), Some("a"));
    queue.left();
    assert_eq!(pop(&queue).as_deref(), Some("modest"));
}

#[test]
fn callers_that_have_left_never_enter_and_hold_no_place() {
    let queue = queue(1, 1);
    let inside = push(&queue, 1, "inside");
    assert_eq!(pop(&queue).as_deref(), Some("inside"));
    drop(push(&queue, 1, "gone"));

    let _stays = push(&queue, 1, "stays");

    queue.left();
    assert_eq!(pop(&queue).as_deref(), Some("stays"));
    drop(inside);
}

#[test]
fn what_does_not_fit_is_passed_over() {
    let queue = queue(2, 2);
    let _callers = ["large", "small"].map(|name| push(&queue, 1, name));
    let fits = |request: &CallRequest| matches!(request, CallRequest::OnRequest(name, _) if name == "small");

    assert_eq!(pop_if(&queue, fits).as_deref(), Some("small"));
    assert_eq!(pop_if(&queue, fits), None);
    assert_eq!(pop(&queue).as_deref(), Some("large"));
}

#[test]
fn held_requests_wait_while_steps_pass() {
    let queue = queue(1, 1);
    queue.hold();
    let _caller = push(&queue, 1, "a");
    let (call, _outcome) = step(Step::OnStart);
    queue.push(call).unwrap();

    assert!(!queue.is_open(PATIENCE));
    assert_eq!(pop(&queue).as_deref(), Some("lifecycle.on-start"));
    assert_eq!(pop(&queue), None);
    queue.release();
    assert_eq!(pop(&queue).as_deref(), Some("a"));
}

#[test]
fn an_instance_that_cannot_be_started_refuses_requests_and_takes_steps() {
    let queue = queue(1, 1);
    queue.set_readiness(Readiness::Broken);

    let (call, _caller) = request(1, "a");
    assert_eq!(queue.push(call).unwrap_err().fault, Fault::Unavailable);
    let (call, _outcome) = step(Step::OnStart);
    assert!(queue.push(call).is_ok());
}

#[test]
fn a_closed_queue_takes_nothing_and_lets_enter_what_waits() {
    let queue = queue(1, 1);
    let _caller = push(&queue, 1, "a");
    queue.close();
    queue.set_readiness(Readiness::Ready);

    let (call, _caller) = request(1, "b");
    assert_eq!(queue.push(call).unwrap_err().fault, Fault::Stopping);
    assert!(queue.is_closed() && !queue.is_finished() && !queue.is_ready());
    assert_eq!(pop(&queue).as_deref(), Some("a"));
    assert!(queue.is_finished());
    assert!(queue.closed().now_or_never().is_some());
}

#[test]
fn a_request_is_withdrawn_only_before_it_has_entered() {
    let queue = queue(1, 1);
    let (call, _inside) = request(1, "inside");
    let id = call.context.request_id.clone().unwrap();
    queue.push(call).unwrap();
    let (call, _waiting) = request(1, "waiting");
    let waiting = call.context.request_id.clone().unwrap();
    queue.push(call).unwrap();
    assert_eq!(pop(&queue).as_deref(), Some("inside"));

    assert!(queue.withdraw(&id).is_none());
    assert!(!queue.forget(&waiting), "its caller still waits");
    assert!(queue.withdraw(&waiting).is_some());
    assert!(queue.withdraw(&waiting).is_none());
}

#[test]
fn a_queue_is_empty_once_the_last_request_has_left() {
    let queue = queue(1, 1);
    let _caller = push(&queue, 1, "a");
    let mut empty = Box::pin(poll_fn(|context| queue.poll_empty(context)));

    assert!((&mut empty).now_or_never().is_none());
    assert_eq!(pop(&queue).as_deref(), Some("a"));
    assert!((&mut empty).now_or_never().is_none());
    queue.left();
    assert!((&mut empty).now_or_never().is_some());
}

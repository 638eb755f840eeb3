//! How the budget of what requests hand to an instance is shared.

use std::num::NonZeroUsize;

use futures_util::FutureExt;
use tokio::time::advance;

use super::*;

const MIB: usize = 1 << 20;
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Of an instance with 64 MiB: 16 for requests, 8 of these for everybody.
fn intake() -> Arc<Intake> {
    Arc::new(Intake::new(&Limits {
        memory: 64 * MIB,
        max_concurrency: NonZeroUsize::MIN,
        max_queue: 0,
        call_timeout: CALL_TIMEOUT,
        start_timeout: CALL_TIMEOUT,
    }))
}

/// A call that takes its request piece by piece.
fn call(intake: &Arc<Intake>) -> (Portion, Taker) {
    let portion = intake.begin(0);
    let taker = portion.taker(Arc::default());
    (portion, taker)
}

/// Whether the call gets so much more.
fn takes(taker: &mut Taker, bytes: usize) -> bool {
    taker.poll_admit(bytes, 0, &mut Context::from_waker(Waker::noop())).is_ready()
}

fn fits(intake: &Intake, bytes: usize) -> bool {
    intake.fits(bytes, || 0, Waker::noop())
}

#[tokio::test(start_paused = true)]
async fn one_call_at_a_time_goes_beyond_the_bound_until_it_has_returned() {
    let intake = intake();
    let [mut first, mut second, mut third] = [(); 3].map(|()| call(&intake));

    assert!(takes(&mut second.1, 8 * MIB), "it fits");
    assert!(takes(&mut first.1, MIB), "it is the only one that wants more");
    assert!(!takes(&mut third.1, MIB) && !takes(&mut second.1, MIB));
    assert!(takes(&mut first.1, MIB));
    drop(first);
    assert!(!takes(&mut second.1, MIB), "another one has waited longer");
    assert!(takes(&mut third.1, MIB));
    drop(third);
    assert!(takes(&mut second.1, MIB));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_slow_does_not_keep_the_others() {
    let intake = intake();
    let [mut slow, mut fast] = [(); 2].map(|()| call(&intake));
    assert!(takes(&mut slow.1, 9 * MIB));

    assert!(!takes(&mut fast.1, MIB));
    advance(TURN).await;

    assert!(takes(&mut fast.1, MIB));
    assert!(!takes(&mut slow.1, MIB), "it is the turn of another one");
    drop(fast);
    assert!(takes(&mut slow.1, MIB));
}

#[tokio::test(start_paused = true)]
async fn when_no_call_comes_to_its_end_the_last_half_is_refused() {
    let intake = intake();
    let mut calls = [(); 5].map(|()| call(&intake));
    let refused = |calls: &[(Portion, Taker)]| {
        let refused = |(_, taker): &(Portion, Taker)| taker.hold.refused().now_or_never().is_some();
        calls.iter().map(refused).collect::<Vec<_>>()
    };
    assert!(takes(&mut calls[0].1, 9 * MIB));

    for call in &mut calls[1..] {
        assert!(!takes(&mut call.1, MIB));
    }
    advance(TURN).await;
    assert!(takes(&mut calls[1].1, MIB));
    assert_eq!(refused(&calls), [false; 5]);
    assert!(!takes(&mut calls[0].1, MIB), "it is the last to wait now");
    advance(TURN).await;
    assert!(takes(&mut calls[2].1, MIB));

    assert_eq!(refused(&calls), [true, false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_held_does_not_count() {
    let intake = intake();
    let [mut streams, mut lasts, mut other] = [(); 3].map(|()| call(&intake));

    assert!(takes(&mut streams.1, 15 * MIB) && !takes(&mut lasts.1, MIB));
    assert!(takes(&mut streams.1, 2 * MIB), "it has more than all may have");
    assert!(takes(&mut lasts.1, 16 * MIB) && !takes(&mut other.1, MIB));
    advance(CALL_TIMEOUT).await;
    assert!(takes(&mut lasts.1, MIB), "it is older than a call that is answered");
    assert!(takes(&mut other.1, MIB) && takes(&mut streams.1, 100 * MIB));
}

#[tokio::test(start_paused = true)]
async fn whole_requests_have_room_of_their_own() {
    let intake = intake();
    let mut streamed = call(&intake);
    assert!(takes(&mut streamed.1, 8 * MIB));

    assert!(fits(&intake, 4 * MIB) && !fits(&intake, 9 * MIB) && fits(&intake, 0));
    let whole = intake.begin(8 * MIB);
    assert!(!fits(&intake, 1));
    drop(whole);
    assert!(fits(&intake, 8 * MIB));
    drop(streamed);
    assert!(fits(&intake, 100 * MIB), "there is nothing that it could wait for");
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_uses_little_memory_gets_everything() {
    let intake = intake();
    let [mut first, mut second] = [(); 2].map(|()| call(&intake));

    for (_, taker) in [&mut first, &mut second] {
        for _ in 0..15 {
            let context = &mut Context::from_waker(Waker::noop());
            assert!(taker.poll_admit(MIB, 2 * MIB, context).is_ready());
        }
    }
    assert!(intake.fits(3 * MIB, || 5 * MIB, Waker::noop()));
    assert!(!intake.fits(3 * MIB, || 4 * MIB, Waker::noop()), "not all of it has been read");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_says_so() {
    let intake = intake();
    let [mut first, mut second] = [(); 2].map(|()| call(&intake));

    assert!(takes(&mut first.1, 9 * MIB) && !takes(&mut second.1, MIB));
    assert!(second.1.hold.is_waiting());
    drop(first);
    assert!(takes(&mut second.1, MIB));
    assert!(!second.1.hold.is_waiting());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_returns_while_it_waits_is_in_nobodys_way() {
    let intake = intake();
    let [mut first, mut second, mut third] = [(); 3].map(|()| call(&intake));
    assert!(takes(&mut first.1, 9 * MIB));
    assert!(!takes(&mut second.1, MIB) && !takes(&mut third.1, MIB));

    drop(second.0);
    assert!(takes(&mut second.1, MIB), "it streams");
    assert!(!second.1.hold.is_waiting());
    advance(TURN).await;

    assert!(takes(&mut third.1, MIB));
}

//! Tests of when a connection is late, in virtual time.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const TIMEOUTS: Timeouts = Timeouts {
    header: SECOND,
    write: Some(Duration::from_secs(2)),
    idle: Some(Duration::from_secs(10)),
    age: None,
    age_grace: None,
};

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_idle_after_its_timeout() {
    let activity = Activity::new(TIMEOUTS);

    tokio::time::advance(9 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(SECOND).await;
    assert_eq!(activity.check(Instant::now()), Err(Late::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_takes_too_long_is_a_stall_however_many_bytes_arrive() {
    let activity = Activity::new(TIMEOUTS);

    activity.note_read(b"GET");
    tokio::time::advance(SECOND / 2).await;
    activity.note_read(b" /");
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(SECOND / 2).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_being_answered_is_neither() {
    let activity = Activity::new(TIMEOUTS);

    activity.note_read(b"GET / HTTP/1.1\r\n\r\n");
    let open = activity.begin();
    tokio::time::advance(100 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    drop(open);
    tokio::time::advance(9 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn frames_of_an_idle_http_2_connection_are_not_a_head() {
    let activity = Activity::new(TIMEOUTS);

    activity.note_read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    tokio::time::advance(5 * SECOND).await;

    assert!(activity.check(Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_greeting_of_http_2_is_a_stall() {
    for begin in ["PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let activity = Activity::new(TIMEOUTS);

        activity.note_read(begin.as_bytes());
        tokio::time::advance(SECOND).await;

        assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_to_end_does_not_wait_for_a_head() {
    let activity = Activity::new(TIMEOUTS);

    let open = activity.begin();
    activity.drain();
    tokio::time::advance(5 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    drop(open);
    assert_eq!(activity.check(Instant::now()), Ok(Instant::now() + DRAIN_GRACE));
    tokio::time::advance(DRAIN_GRACE).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn the_first_byte_of_the_http_2_preface_is_not_http_2_yet() {
    let activity = Activity::new(TIMEOUTS);

    activity.note_read(b"P");
    activity.note_read(b"OST / HTTP/1.1\r\n");
    tokio::time::advance(SECOND).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn an_answer_nobody_takes_is_a_stall_although_the_socket_takes_all() {
    let activity = Activity::new(TIMEOUTS);
    let _open = activity.begin();

    activity.note_offered();
    tokio::time::advance(SECOND).await;
    activity.note_taken();
    tokio::time::advance(SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(SECOND).await;
    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
    activity.note_all_taken();
    assert!(activity.check(Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_ends_in_order_and_its_requests_have_a_limit() {
    let timeouts =
        Timeouts { idle: None, age: Some(10 * SECOND), age_grace: Some(SECOND), ..TIMEOUTS };
    let activity = Activity::new(timeouts);
    let _open = activity.begin();

    tokio::time::advance(8 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(3 * SECOND).await;
    assert_eq!(activity.check(Instant::now()), Err(Late::Idle));
    activity.drain();
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(SECOND).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_to_end_waits_less_for_who_takes_nothing() {
    let activity = Activity::new(Timeouts { write: None, ..TIMEOUTS });
    let _open = activity.begin();
    activity.note_offered();

    tokio::time::advance(100 * SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    activity.drain();

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_a_stall() {
    let activity = Activity::new(TIMEOUTS);
    let _open = activity.begin();

    activity.note_write::<()>(&Poll::Pending);
    tokio::time::advance(SECOND).await;
    activity.note_write::<()>(&Poll::Pending);
    tokio::time::advance(SECOND).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_more_has_left_when_it_gets_nothing_either() {
    let activity = Activity::new(TIMEOUTS);
    let _open = activity.begin();

    activity.note_half_closed();
    tokio::time::advance(HALF_CLOSED_GRACE / 2).await;
    activity.note_write(&Poll::Ready(()));
    tokio::time::advance(HALF_CLOSED_GRACE / 2).await;
    assert!(activity.check(Instant::now()).is_ok());
    tokio::time::advance(HALF_CLOSED_GRACE / 2).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::HalfClosed));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_bit_now_and_then_is_neither_idle_nor_stalled() {
    let activity = Activity::new(TIMEOUTS);

    for _ in 0..100 {
        activity.note_write::<()>(&Poll::Pending);
        tokio::time::advance(SECOND).await;
        assert!(activity.check(Instant::now()).is_ok());
        activity.note_write(&Poll::Ready(()));
    }
    activity.note_write::<()>(&Poll::Pending);
    activity.drain();
    tokio::time::advance(SECOND).await;
    assert!(activity.check(Instant::now()).is_ok());
    activity.note_write(&Poll::Ready(()));
    tokio::time::advance(DRAIN_GRACE).await;

    assert_eq!(activity.check(Instant::now()), Err(Late::Stalled));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_in_flight_until_its_answer_is_taken() {
    let activity = Activity::new(TIMEOUTS);

    let open = activity.begin();
    assert_eq!((activity.in_flight(), activity.untaken()), (1, 0));
    open.note_answered();
    assert_eq!((activity.in_flight(), activity.untaken()), (1, 1));
    drop(open);
    assert_eq!((activity.in_flight(), activity.untaken()), (0, 0));
    activity.note_write::<()>(&Poll::Pending);
    assert_eq!((activity.in_flight(), activity.untaken()), (1, 1));
}

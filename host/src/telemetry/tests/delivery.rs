//! What happens to lines when the output is slow, broken or busy.
//!
//! Knows nothing of how lines look.

use std::time::Instant;

use expect_test::expect;

use super::*;

/// Every line of these tests is this long.
const LINE_BYTES: usize = "13:48:46.350 INFO  line 0\n".len();

/// Room for `lines` lines, each its own batch, written at once.
fn limits(lines: usize) -> Limits {
    Limits {
        queue_bytes: lines * LINE_BYTES,
        fatal_bytes: LINE_BYTES,
        batch_bytes: 1,
        gather: Duration::ZERO,
    }
}

fn start_limited(limits: Limits, output: &Output) -> (Logger, Flush) {
    start_with(TEXT, &[], limits, output)
}

fn log(logger: &Logger, level: Level, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        logger.log(level, &format!("line {number}"), &none(), &none());
    }
}

#[test]
fn a_full_queue_loses_lines_and_says_how_many() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=8);
    output.answer(Answer::TakeAll);

    assert_eq!(flush.finish(PATIENCE).lost, 5);
    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 INFO  line 1
        13:48:46.350 INFO  line 2
        13:48:46.350 INFO  line 3
        13:48:46.350 WARN  log lines were lost  lines=5
    "]]
    .assert_eq(&output.text());
}

#[test]
fn a_loss_is_reported_where_the_lines_are_missing() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(limits(3), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=4);
    output.permit_one();
    output.wait_until_blocked(2);
    log(&logger, Level::Info, 5..=6);
    output.answer(Answer::TakeAll);

    assert_eq!(flush.finish(PATIENCE).lost, 3);
    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 INFO  line 1
        13:48:46.350 INFO  line 2
        13:48:46.350 WARN  log lines were lost  lines=2
        13:48:46.350 INFO  line 5
        13:48:46.350 WARN  log lines were lost  lines=1
    "]]
    .assert_eq(&output.text());
}

#[test]
fn a_loss_is_reported_once_and_not_after_the_lines_that_follow_it() {
    let output = Output::new(Answer::Block);
    let two_per_batch = Limits { batch_bytes: 2 * LINE_BYTES, ..limits(4) };
    let (logger, flush) = start_limited(two_per_batch, &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=5);
    output.permit_one();
    output.wait_until_blocked(2);
    log(&logger, Level::Info, 6..=6);
    output.answer(Answer::TakeAll);
    output.wait_for_bytes(6 * LINE_BYTES);
    log(&logger, Level::Info, 7..=7);

    assert_eq!(flush.finish(PATIENCE).lost, 2);
    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 INFO  line 1
        13:48:46.350 INFO  line 2
        13:48:46.350 INFO  line 3
        13:48:46.350 WARN  log lines were lost  lines=2
        13:48:46.350 INFO  line 6
        13:48:46.350 INFO  line 7
    "]]
    .assert_eq(&output.text());
}

#[test]
fn a_loss_is_reported_without_waiting_for_another_line() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(limits(1), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=1);
    output.answer(Answer::TakeAll);
    output.wait_for_bytes(LINE_BYTES + 1);

    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 WARN  log lines were lost  lines=1
    "]]
    .assert_eq(&output.text());
    assert_eq!(flush.finish(PATIENCE).lost, 1);
}

#[test]
fn a_full_queue_has_room_for_last_words() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(limits(2), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=2);
    log(&logger, Level::Fatal, 3..=4);
    output.answer(Answer::TakeAll);

    assert_eq!(flush.finish(PATIENCE).lost, 2);
    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 INFO  line 1
        13:48:46.350 WARN  log lines were lost  lines=1
        13:48:46.350 FATAL line 3
        13:48:46.350 WARN  log lines were lost  lines=1
    "]]
    .assert_eq(&output.text());
}

#[test]
fn finishing_does_not_wait_for_an_output_that_blocks() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=6);
    let delivery = flush.finish(Duration::from_millis(1));

    assert_eq!(delivery.lost, 7);
    assert!(delivery.failure.is_none());
    output.answer(Answer::TakeAll);
}

#[test]
fn an_output_that_refuses_is_tried_again_where_it_stopped() {
    let script = [
        Answer::Fail(ErrorKind::WouldBlock),
        Answer::Take(5),
        Answer::Fail(ErrorKind::Interrupted),
        Answer::Take(0),
        Answer::Take(1),
        Answer::Fail(ErrorKind::StorageFull),
    ];
    let output = Output::scripted(script, Answer::TakeAll);
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=1);
    output.wait_for_bytes(2 * LINE_BYTES);
    let delivery = flush.finish(PATIENCE);

    assert_eq!(delivery.lost, 0);
    assert!(delivery.failure.is_none());
    expect![[r"
        13:48:46.350 INFO  line 0
        13:48:46.350 INFO  line 1
    "]]
    .assert_eq(&output.text());
}

#[test]
fn finishing_tells_why_the_output_takes_nothing() {
    let output = Output::new(Answer::Fail(ErrorKind::StorageFull));
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=1);
    output.wait_for_calls(1);
    let delivery = flush.finish(Duration::from_millis(1));

    assert_eq!(delivery.lost, 2);
    assert_eq!(delivery.failure.unwrap().kind(), ErrorKind::StorageFull);
}

#[test]
fn finishing_does_not_wait_long_for_an_output_that_refuses() {
    let output = Output::new(Answer::Fail(ErrorKind::StorageFull));
    let (logger, flush) = start_limited(limits(4), &output);
    let begun = Instant::now();

    log(&logger, Level::Info, 0..=0);
    let delivery = flush.finish(PATIENCE);

    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(delivery.lost, 1);
    expect!["the log cannot be written and its lines wait: no storage space"]
        .assert_eq(&output.complaints());
}

#[test]
fn an_output_that_has_room_again_is_told_once() {
    let script = [Answer::Fail(ErrorKind::StorageFull); 4];
    let output = Output::scripted(script, Answer::TakeAll);
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=1);
    output.wait_for_bytes(2 * LINE_BYTES);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    expect![[r"
        the log cannot be written and its lines wait: no storage space
        the log is written again, no line was lost"]]
    .assert_eq(&output.complaints());
}

#[test]
fn a_slow_output_is_no_reason_to_complain() {
    let script = [Answer::Fail(ErrorKind::WouldBlock); 3];
    let output = Output::scripted(script, Answer::TakeAll);
    let (logger, flush) = start_limited(limits(4), &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_for_bytes(LINE_BYTES);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    assert_eq!(output.complaints(), "");
}

#[test]
fn a_reader_that_is_gone_costs_lines_until_another_one_comes() {
    for (gone, reason) in [
        (Answer::Fail(ErrorKind::BrokenPipe), "broken pipe"),
        (Answer::Fail(ErrorKind::ConnectionReset), "connection reset"),
        (Answer::HangUp, "Input/output error (os error 5)"),
    ] {
        // The reader goes within a line.
        let output = Output::scripted([Answer::TakeAll, Answer::Take(5)], gone);
        let (logger, flush) = start_limited(limits(4), &output);

        log(&logger, Level::Info, 0..=0);
        output.wait_for_bytes(LINE_BYTES);
        for number in 1..=3 {
            log(&logger, Level::Info, number..=number);
            output.wait_for_calls(number as usize + 2);
        }
        output.answer(Answer::TakeAll);
        log(&logger, Level::Info, 4..=4);
        output.wait_for_bytes(2 * LINE_BYTES);

        assert_eq!(flush.finish(PATIENCE).lost, 3);
        expect![[r"
            13:48:46.350 INFO  line 0
            13:48
            13:48:46.350 WARN  log lines were lost  lines=3
            13:48:46.350 INFO  line 4
        "]]
        .assert_eq(&output.text());
        let complaints = format!(
            "the log cannot be written and its lines are lost: {reason}\n\
             the log is written again, 3 lines were lost"
        );
        assert_eq!(output.complaints(), complaints);
    }
}

#[test]
fn the_end_does_not_wait_for_a_reader_that_is_gone() {
    let output = Output::new(Answer::HangUp);
    let (logger, flush) = start_limited(limits(4), &output);
    let begun = Instant::now();

    log(&logger, Level::Info, 0..=3);
    let delivery = flush.finish(10 * PATIENCE);

    assert!(begun.elapsed() < 10 * PATIENCE);
    assert_eq!(delivery.lost, 4);
    assert_eq!(delivery.failure.unwrap().raw_os_error(), Some(5));
    assert_eq!(output.complaints().lines().count(), 1);
}

#[test]
fn lines_that_wait_are_written_together() {
    let output = Output::new(Answer::Block);
    let (logger, flush) = start_limited(Limits::DEFAULT, &output);

    log(&logger, Level::Info, 0..=0);
    output.wait_until_blocked(1);
    log(&logger, Level::Info, 1..=1000);
    output.answer(Answer::TakeAll);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    assert_eq!(output.text().lines().count(), 1001);
    assert_eq!(output.calls(), 2);
}

#[test]
fn last_words_and_the_end_do_not_wait_for_a_batch_to_fill_up() {
    let output = Output::new(Answer::TakeAll);
    let patient = Limits { gather: 10 * PATIENCE, ..Limits::DEFAULT };
    let (logger, flush) = start_limited(patient, &output);

    // Many times, so that the writer is asleep in some of them.
    for written in 1..=50 {
        log(&logger, Level::Fatal, 0..=0);
        output.wait_for_bytes(written * LINE_BYTES);
    }
    log(&logger, Level::Info, 0..=0);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    assert_eq!(output.text().lines().count(), 51);
}

#[test]
fn a_burst_makes_many_batches_and_all_arrive() {
    let output = Output::new(Answer::TakeAll);
    let limits = Limits { batch_bytes: 100, ..Limits::DEFAULT };
    let (logger, flush) = start_limited(limits, &output);

    log(&logger, Level::Info, 0..=9999);

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    let numbers: Vec<_> =
        output.text().lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(numbers, (0..=9999).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_log_that_is_only_dropped_is_written_too() {
    let output = Output::new(Answer::TakeAll);
    let (logger, flush) = start_limited(Limits::DEFAULT, &output);

    log(&logger, Level::Info, 0..=0);
    drop(flush);
    log(&logger, Level::Info, 1..=1);

    assert_eq!(output.text().lines().count(), 1, "what comes after the end goes nowhere");
}

#[test]
fn lines_of_many_threads_stay_whole() {
    const THREADS: usize = 8;
    const LINES: usize = 500;
    let output = Output::new(Answer::Take(1000));
    let (logger, flush) = start(Format::Json, &[("service.name", "greeter")], &output);

    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let logger = logger.clone();
            scope.spawn(move || {
                for number in 0..LINES {
                    let own = attributes(&[("thread", thread.into()), ("number", number.into())]);
                    logger.log(Level::Info, &"x".repeat(number), &own, &none());
                }
            });
        }
    });

    assert_eq!(flush.finish(PATIENCE).lost, 0);
    let mut next = [0; THREADS];
    for line in output.text().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let thread = usize::try_from(line["thread"].as_u64().unwrap()).unwrap();
        assert_eq!(line["number"], next[thread], "lines of one thread are in its order");
        assert_eq!(line["msg"].as_str().unwrap().len(), next[thread]);
        next[thread] += 1;
    }
    assert_eq!(next, [LINES; THREADS]);
}

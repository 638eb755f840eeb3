//! Fails in every way a service can fail: one route per fault.
//! Deliberately knows nothing about how the host answers them.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod start;

use std::cell::Cell;
use std::future::pending;
use std::time::{Duration, Instant};

use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt};

/// How much memory is asked for at a time.
const CHUNK: usize = 1024 * 1024;

struct Misbehaves {
    /// How many requests this instance has answered with it.
    answered: Cell<u32>,
}

impl Service for Misbehaves {
    async fn on_start() -> Result<Self> {
        start::misbehave()?;
        log::info!("an instance has started");
        Ok(Self { answered: Cell::new(0) })
    }
}

impl Http for Misbehaves {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/answered", Self::answered)
            .get("/panic", panic_in_a_handler)
            .get("/panic-after-a-wait", panic_after_a_wait)
            .get("/panic-in-a-stream", panic_in_a_stream)
            .get("/panic-in-every-start", start::panic_for_good)
            .get("/panic-and-refuse-twice", start::panic_and_refuse_twice)
            .get("/wait", wait)
            .get("/spin", spin)
            .get("/spin-in-a-stream", spin_in_a_stream)
            .get("/spin-when-cancelled", spin_when_cancelled)
            .get("/spin-when-left", spin_when_left)
            .get("/block", block)
            .get("/block/{milliseconds}", block_for)
            .get("/compute/{milliseconds}", compute_for)
            .get("/wait/{milliseconds}", wait_for)
            .get("/pause-in-a-stream/{milliseconds}", pause_in_a_stream)
            .get("/compute-in-a-stream/{milliseconds}", compute_in_a_stream)
            .get("/exhaust", exhaust)
            .get("/ask-for-too-much", ask_for_too_much)
            .get("/exit/{status}", exit)
            .get("/overflow", overflow)
            .get("/status/{status}", status)
            .get("/header/{name}", header)
            .get("/headers/{count}", headers)
            .get("/print-and-panic", print_and_panic)
    }
}

impl Misbehaves {
    /// How many requests this instance has answered here, this one included.
    async fn answered(&self) -> String {
        self.answered.set(self.answered.get() + 1);
        self.answered.get().to_string()
    }
}

/// Tells in the log that a call has ended, however it ended.
struct Departure;

impl Drop for Departure {
    fn drop(&mut self) {
        log::info!("a waiting call was dropped");
    }
}

async fn panic_in_a_handler() {
    a_function_that_panics(1);
}

#[inline(never)]
fn a_function_that_panics(number: u32) {
    panic!("cannot go on with number {number}");
}

async fn panic_after_a_wait() {
    mikros_sdk::sleep(Duration::from_millis(20)).await;
    a_function_that_panics(2);
}

/// Sends one piece of a body and panics.
async fn panic_in_a_stream() -> Body {
    Body::stream(stream::unfold(0, async |pieces| {
        if pieces > 0 {
            mikros_sdk::sleep(Duration::from_millis(20)).await;
            a_function_that_panics(3);
        }
        Some((Ok("the first piece"), pieces + 1))
    }))
}

/// Waits until nobody waits for it.
async fn wait() {
    let _departure = Departure;
    log::info!("a call waits");
    pending::<()>().await;
}

#[expect(clippy::empty_loop, reason = "a guest that never gives way is what this is for")]
async fn spin() {
    log::info!("a call spins");
    loop {}
}

/// Sends one piece of a body and computes for ever.
#[expect(clippy::empty_loop, reason = "a guest that never gives way is what this is for")]
async fn spin_in_a_stream() -> Body {
    Body::stream(stream::unfold(0, async |pieces| {
        if pieces > 0 {
            log::info!("a call spins");
            loop {}
        }
        Some((Ok("the first piece"), pieces + 1))
    }))
}

/// Waits until nobody waits for it, and lets something compute for ever then.
async fn spin_when_cancelled() {
    spawn_spinning();
    pending::<()>().await;
}

/// The same while a body is streamed.
async fn spin_when_left() -> Body {
    spawn_spinning();
    Body::stream(stream::once(async { Ok("the first piece") }).chain(stream::pending()))
}

#[expect(clippy::empty_loop, reason = "a guest that never gives way is what this is for")]
fn spawn_spinning() {
    mikros_sdk::spawn(async {
        log::info!("a call waits to spin");
        mikros_sdk::cancelled().await;
        log::info!("a call spins");
        loop {}
    });
}

/// Blocks the instance with everything that is in it.
async fn block() {
    log::info!("a call blocks");
    std::thread::sleep(Duration::from_hours(1));
}

async fn block_for(Path(milliseconds): Path<u64>) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Computes for so long without giving way.
async fn compute_for(Path(milliseconds): Path<u64>) -> &'static str {
    log::info!("a call computes");
    compute(Duration::from_millis(milliseconds));
    "computed"
}

fn compute(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::black_box(
            (0..1_000_000_u64).fold(0, |sum, next| sum ^ std::hint::black_box(next)),
        );
    }
}

async fn wait_for(Path(milliseconds): Path<u64>) {
    mikros_sdk::sleep(Duration::from_millis(milliseconds)).await;
}

/// Sends two pieces of a body with so much time between them, in which nothing happens.
async fn pause_in_a_stream(Path(milliseconds): Path<u64>) -> Body {
    let first = stream::once(async { Ok("the first piece") });
    Body::stream(first.chain(stream::once(async move {
        mikros_sdk::sleep(Duration::from_millis(milliseconds)).await;
        Ok("the second piece")
    })))
}

/// The same, and computes for the same time after that.
async fn compute_in_a_stream(Path(milliseconds): Path<u64>) -> Body {
    let first = stream::once(async { Ok("the first piece") });
    let time = Duration::from_millis(milliseconds);
    Body::stream(first.chain(stream::once(async move {
        mikros_sdk::sleep(time).await;
        compute(time);
        Ok("the second piece")
    })))
}

async fn exhaust() -> String {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; CHUNK]);
        if hoard.len() > 4096 {
            return format!("{} bytes and no end", hoard.len() * CHUNK);
        }
    }
}

/// Asks for more memory than there is, and takes no for an answer.
async fn ask_for_too_much() -> Result<()> {
    let mut hoard = Vec::<u8>::new();
    hoard.try_reserve(1 << 30)?;
    // Otherwise the compiler knows that nobody needs it.
    std::hint::black_box(hoard);
    Ok(())
}

#[expect(clippy::exit, reason = "a service that ends itself is what this is for")]
async fn exit(Path(status): Path<i32>) {
    std::process::exit(status)
}

async fn overflow() -> String {
    descend(&[1]).to_string()
}

/// Calls itself until the stack is full.
#[expect(unconditional_recursion, reason = "filling the stack is what this is for")]
#[inline(never)]
fn descend(path: &[u64]) -> u64 {
    let deeper = [path[0], path[0] + 1];
    std::hint::black_box(descend(std::hint::black_box(&deeper))) + path[0]
}

async fn status(Path(status): Path<u16>) -> Result<StatusCode> {
    Ok(StatusCode::from_u16(status)?)
}

/// Sets a header field that is the host's to set.
async fn header(Path(name): Path<String>) -> Response {
    Response::new(StatusCode::OK).with_header(name, "1").with_body("hello")
}

/// Sets so many header fields.
async fn headers(Path(count): Path<u32>) -> Response {
    (0..count).fold(Response::new(StatusCode::OK), |response, number| {
        response.with_appended_header(format!("x-{number}"), "1")
    })
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this is for")]
async fn print_and_panic() {
    println!("a line on stdout");
    eprintln!("a line on stderr");
    mikros_sdk::sleep(Duration::from_millis(1)).await;
    eprintln!("a line right before the panic");
    a_function_that_panics(4);
}

mikros_sdk::export!(Misbehaves: http);

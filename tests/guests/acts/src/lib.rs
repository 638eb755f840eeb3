//! What a step of a guest can do, well or badly, by name.
//! Does not know which step it is.

use std::future::pending;
use std::time::Duration;

use mikros_sdk::prelude::*;

/// Does what `name` says: `return`, `fail`, `panic`, `exit`, `exhaust` its memory, or never return, in one of
/// three ways: `wait`, `spin`, `block`.
///
/// # Errors
///
/// For `fail`, and for a name that is none of these.
///
/// # Panics
///
/// For `panic`.
#[expect(clippy::infinite_loop, reason = "a guest that never comes back is what `spin` is for")]
pub async fn act(name: &str) -> Result<()> {
    match name {
        "return" => Ok(()),
        "fail" => {
            Err(ServiceError::precondition_failed("told to fail").with_cause("by its settings"))
        }
        "panic" => panic!("told to panic"),
        "exit" => leave(),
        "exhaust" => exhaust(),
        "wait" => pending().await,
        "spin" => loop {
            std::hint::spin_loop();
        },
        // The way to wait that the SDK warns of.
        "block" => {
            std::thread::sleep(Duration::from_hours(1));
            Ok(())
        }
        _ => Err(ServiceError::invalid_arguments(format!("there is no act `{name}`"))),
    }
}

#[expect(clippy::exit, reason = "a guest that leaves is what `exit` is for")]
fn leave() -> ! {
    std::process::exit(3)
}

fn exhaust() -> Result<()> {
    let mut all = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

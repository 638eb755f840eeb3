//! Instances that fail to start, but only after the first one has failed at work.
//! Deliberately uses the level of the log as a memory: it is the only thing that outlives an instance.

use mikros_sdk::log::Level;
use mikros_sdk::prelude::*;

/// The level is this: all is well.
const WELL: Level = Level::Info;
/// Every start fails from now on.
const FOR_GOOD: Level = Level::Warn;
/// Two more starts fail, …
const TWICE: Level = Level::Debug;
/// … and then one.
const ONCE: Level = Level::Internal;

/// Does what the last instance has left to do.
pub(super) fn misbehave() -> Result<()> {
    let refused = || Err(ServiceError::precondition_failed("the moon is not full"));
    match log::level() {
        TWICE => {
            log::set_level(ONCE);
            refused()
        }
        ONCE => {
            log::set_level(WELL);
            refused()
        }
        FOR_GOOD => refused(),
        _ => Ok(()),
    }
}

pub(super) async fn panic_for_good() {
    log::set_level(FOR_GOOD);
    panic!("and no start will succeed");
}

pub(super) async fn panic_and_refuse_twice() {
    log::set_level(TWICE);
    panic!("and two starts will fail");
}

//! Counts methods and streams that are at work, and those that were dropped at it.
//! Does not know what they do.

use std::cell::Cell;
use std::rc::Rc;

use mikros_sdk::log;

/// What the instance has seen so far.
#[derive(Default)]
pub(crate) struct Visits(Rc<Counts>);

#[derive(Default)]
struct Counts {
    dropped: Cell<u64>,
    active: Cell<u64>,
}

/// A method or a stream at work.
pub(crate) struct Visit {
    counts: Rc<Counts>,
    is_done: bool,
}

impl Visits {
    pub(crate) fn begin(&self) -> Visit {
        self.0.active.set(self.0.active.get() + 1);
        Visit { counts: Rc::clone(&self.0), is_done: false }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped.get()
    }

    pub(crate) fn active(&self) -> u64 {
        self.0.active.get()
    }
}

impl Visit {
    /// It came to its end by itself.
    pub(crate) fn end(mut self) {
        self.is_done = true;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.counts.active.set(self.counts.active.get() - 1);
        if !self.is_done {
            self.counts.dropped.set(self.counts.dropped.get() + 1);
            log::info!("a waiting call was dropped");
        }
    }
}

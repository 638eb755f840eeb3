//! Single keys from the terminal, without waiting for the end of a line.
//!
//! Does not know what the keys do.

use std::fmt;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::sync::broadcast::{self, error::RecvError};

/// How often it is looked whether the terminal is ours: a shell does not tell when it brings a
/// program to the foreground that runs.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };
const AWAY: Duration = Duration::from_millis(250);

/// Keys that nobody has asked for yet. Of more than these, the oldest are lost.
const WAITING: usize = 16;

/// What Ctrl-D sends.
const END_OF_TRANSMISSION: u8 = 0x04;
const ESCAPE: u8 = 0x1b;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Build,
    Level,
    Quit,
    Help,
}

impl Key {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b'b' | b'r' => Some(Self::Build),
            b'l' => Some(Self::Level),
            b'q' | END_OF_TRANSMISSION => Some(Self::Quit),
            b'h' | b'?' => Some(Self::Help),
            _ => None,
        }
    }
}

/// The keys of a terminal, which is as it was before when this is dropped.
///
/// Ctrl-C and Ctrl-Z remain signals. In the background the terminal is neither read nor changed.
pub(super) struct Keys {
    pressed: broadcast::Receiver<Key>,
    terminal: Arc<TakenTerminal>,
    /// Whether this is the listener that answers what is asked of all.
    answers: bool,
}

/// A terminal that is as it was before when this is dropped.
struct TakenTerminal(Arc<Terminal>);

struct Terminal {
    input: OwnedFd,
    /// As somebody else has set it, and wants it back.
    original: Mutex<Termios>,
    is_ours: fn(BorrowedFd<'_>) -> bool,
    is_over: AtomicBool,
}

impl Keys {
    /// `None`: nobody is there to press keys and see what they do.
    pub(super) fn of_process() -> Option<Self> {
        let input = io::stdin();
        if !input.is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        Self::of(input.as_fd().try_clone_to_owned().ok()?, in_foreground)
    }

    /// The keys for each of so many services; the first one answers for all.
    pub(super) fn for_each_of(count: usize) -> Vec<Option<Self>> {
        let first = Self::of_process();
        let others = (1..count).map(|_| first.as_ref().map(Self::another)).collect::<Vec<_>>();
        std::iter::once(first).chain(others).collect()
    }

    /// `is_ours`: whether a terminal listens to this process.
    fn of(input: OwnedFd, is_ours: fn(BorrowedFd<'_>) -> bool) -> Option<Self> {
        if !is_ours(input.as_fd()) {
            return None;
        }
        let original = Mutex::new(tcgetattr(&input).ok()?);
        let is_over = AtomicBool::new(false);
        let terminal = Arc::new(Terminal { input, original, is_ours, is_over });
        let (press, pressed) = broadcast::channel(WAITING);
        let reader = Arc::clone(&terminal);
        // Nobody joins the thread: it ends at its next look at the terminal, or with the process.
        thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || reader.read_keys(&press))
            .ok()?;
        terminal.take();
        Some(Self { pressed, terminal: Arc::new(TakenTerminal(terminal)), answers: true })
    }

    /// A further listener, which hears each key from now on as well.
    pub(super) fn another(&self) -> Self {
        let (pressed, terminal) = (self.pressed.resubscribe(), Arc::clone(&self.terminal));
        Self { pressed, terminal, answers: false }
    }

    /// Whether to answer what is asked of all listeners: one of them does.
    pub(super) fn answers(&self) -> bool {
        self.answers
    }

    /// Waits for the next key; for ever when the terminal is gone.
    ///
    /// # Cancel safety
    /// No key is lost.
    pub(super) async fn next(&mut self) -> Key {
        loop {
            match self.pressed.recv().await {
                Ok(key) => return key,
                Err(RecvError::Lagged(_)) => (),
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }

    /// To be called after SIGCONT: the shell has used the terminal since Ctrl-Z. Without it, keys
    /// work a quarter of a second later.
    pub(super) fn resume(&self) {
        self.terminal.0.take();
    }
}

impl Drop for TakenTerminal {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Terminal {
    /// Makes the terminal send each key at once and not show it.
    fn take(&self) {
        // The lock is held until it is done, so that the thread takes nothing that is given back.
        let mut original = self.original.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_over.load(Ordering::Relaxed) || !self.is_ours() {
            return;
        }
        let Ok(mut modes) = tcgetattr(&self.input) else { return };
        let line_by_line = LocalModes::ICANON | LocalModes::ECHO;
        if modes.local_modes.intersects(line_by_line) {
            *original = modes.clone();
            modes.local_modes.remove(line_by_line);
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
            // A terminal that refuses sends its keys with the next line.
            let _ = tcsetattr(&self.input, OptionalActions::Now, &modes);
        }
    }

    fn give_back(&self) {
        let original = self.original.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_over.store(true, Ordering::Relaxed);
        // In the background it belongs to the shell already, and a change would stop this process.
        if self.is_ours() {
            let _ = tcsetattr(&self.input, OptionalActions::Now, &original);
        }
    }

    fn is_ours(&self) -> bool {
        (self.is_ours)(self.input.as_fd())
    }

    fn read_keys(&self, press: &broadcast::Sender<Key>) {
        let mut bytes = [0; 64];
        while !self.is_over.load(Ordering::Relaxed) {
            // A read in the background would stop the whole process.
            if !self.is_ours() {
                thread::sleep(AWAY);
                continue;
            }
            self.take();
            let mut input = [PollFd::new(&self.input, PollFlags::IN)];
            match poll(&mut input, Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) if self.is_ours() => (),
                Ok(_) => continue,
                Err(_) => return,
            }
            match rustix::io::read(&self.input, &mut bytes) {
                Ok(0) => return,
                // An arrow, for example: one key, and none of ours.
                Ok(_) if bytes[0] == ESCAPE => (),
                Ok(length) => send(&bytes[..length], press),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => (),
                Err(_) => return,
            }
        }
    }
}

fn send(bytes: &[u8], press: &broadcast::Sender<Key>) {
    for key in bytes.iter().filter_map(|byte| Key::of(*byte)) {
        // It does not matter when nobody listens any more.
        let _ = press.send(key);
    }
}

/// Whether the terminal is this process's own one and listens to it.
fn in_foreground(terminal: BorrowedFd<'_>) -> bool {
    tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp())
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

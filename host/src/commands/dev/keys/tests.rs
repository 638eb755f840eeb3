//! Tests of the keys with a pseudo-terminal of the kernel, whose other side the tests type on.

use std::ffi::{c_int, c_uint};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use rustix::ioctl::{Getter, Setter, ioctl, opcode};
use tokio::time::timeout;

use super::*;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(20);

/// `O_NOCTTY`: the terminal must not become the one of the tests.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

/// Unlocks the other side of a pseudo-terminal, and asks for its number.
const TIOCSPTLCK: rustix::ioctl::Opcode = opcode::write::<c_int>(b'T', 0x31);
const TIOCGPTN: rustix::ioctl::Opcode = opcode::read::<c_uint>(b'T', 0x30);

/// A terminal and the one who sits before it.
struct FakeTerminal {
    user: File,
    terminal: File,
}

impl FakeTerminal {
    #[expect(
        unsafe_code,
        reason = "there is no safe way to a pseudo-terminal in what we depend on"
    )]
    fn new() -> Self {
        let user = open("/dev/ptmx");
        // SAFETY: `TIOCSPTLCK` reads an `int`.
        unsafe { ioctl(&user, Setter::<TIOCSPTLCK, c_int>::new(0)) }.unwrap();
        // SAFETY: `TIOCGPTN` writes an `unsigned int`.
        let number = unsafe { ioctl(&user, Getter::<TIOCGPTN, c_uint>::new()) }.unwrap();
        Self { user, terminal: open(&format!("/dev/pts/{number}")) }
    }

    fn keys(&self) -> Keys {
        Keys::of(self.terminal.try_clone().unwrap().into(), |_| true).unwrap()
    }

    fn type_in(&mut self, bytes: &[u8]) {
        self.user.write_all(bytes).unwrap();
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.terminal).unwrap().local_modes
    }
}

fn open(path: &str) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(NO_CONTROLLING_TERMINAL);
    options.open(path).unwrap()
}

#[track_caller]
fn run<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { timeout(LIMIT, task).await }).expect("it takes too long")
}

async fn next(keys: &mut Keys, count: usize) -> Vec<Key> {
    let mut pressed = Vec::new();
    while pressed.len() < count {
        pressed.push(keys.next().await);
    }
    pressed
}

#[test]
fn a_key_is_heard_without_the_end_of_a_line() {
    let mut terminal = FakeTerminal::new();
    let mut keys = terminal.keys();

    terminal.type_in(b"b");
    assert_eq!(run(next(&mut keys, 1)), [Key::Build]);
    terminal.type_in(b"xr lBq\nh?\x04");

    assert_eq!(
        run(next(&mut keys, 6)),
        [Key::Build, Key::Level, Key::Quit, Key::Help, Key::Help, Key::Quit]
    );
}

#[test]
fn every_listener_hears_every_key_and_the_last_one_gives_the_terminal_back() {
    let mut terminal = FakeTerminal::new();
    let before = terminal.modes();
    let mut first = terminal.keys();
    let mut second = first.another();

    terminal.type_in(b"bq");
    for keys in [&mut first, &mut second] {
        assert_eq!(run(next(keys, 2)), [Key::Build, Key::Quit]);
    }
    drop(first);
    assert_ne!(terminal.modes(), before);
    drop(second);

    assert_eq!(terminal.modes(), before);
}

#[test]
fn an_arrow_is_no_letter() {
    let mut terminal = FakeTerminal::new();
    let mut keys = terminal.keys();

    terminal.type_in(b"\x1b[lb");
    // A key that comes at the same time would be taken for a part of the arrow.
    let pressed = run(async {
        loop {
            terminal.type_in(b"q");
            if let Ok(key) = timeout(Duration::from_millis(20), keys.next()).await {
                return key;
            }
        }
    });

    assert_eq!(pressed, Key::Quit);
}

#[test]
fn the_terminal_is_given_back_as_it_was() {
    let terminal = FakeTerminal::new();
    let before = terminal.modes();

    let keys = terminal.keys();
    let meanwhile = terminal.modes();
    drop(keys);

    assert!(before.contains(LocalModes::ICANON | LocalModes::ECHO));
    assert_eq!(meanwhile, before - LocalModes::ICANON - LocalModes::ECHO);
    assert!(meanwhile.contains(LocalModes::ISIG), "Ctrl-C is a signal");
    assert_eq!(terminal.modes(), before);
}

#[test]
fn the_terminal_is_given_back_when_the_program_panics() {
    let terminal = FakeTerminal::new();
    let before = terminal.modes();

    let panicked = std::panic::catch_unwind(|| {
        let _keys = terminal.keys();
        assert_eq!(terminal.modes(), before, "they differ, of course");
    });

    assert!(panicked.is_err());
    assert_eq!(terminal.modes(), before);
}

#[test]
fn what_a_shell_has_changed_meanwhile_counts() {
    let mut terminal = FakeTerminal::new();
    let mut keys = terminal.keys();

    // Ctrl-Z, `stty -echoe`, `fg`.
    let mut shell = tcgetattr(&terminal.terminal).unwrap();
    shell.local_modes |= LocalModes::ICANON | LocalModes::ECHO;
    shell.local_modes.remove(LocalModes::ECHOE);
    tcsetattr(&terminal.terminal, OptionalActions::Now, &shell).unwrap();
    keys.resume();
    let resumed = terminal.modes();
    terminal.type_in(b"l");
    let pressed = run(next(&mut keys, 1));
    drop(keys);

    assert!(!resumed.intersects(LocalModes::ICANON | LocalModes::ECHO));
    assert_eq!(pressed, [Key::Level]);
    assert_eq!(terminal.modes(), shell.local_modes);
}

#[test]
fn a_terminal_of_others_is_left_alone() {
    let terminal = FakeTerminal::new();
    let before = terminal.modes();

    // The pseudo-terminal is not the one that controls this process.
    let keys = Keys::of(terminal.terminal.try_clone().unwrap().into(), in_foreground);

    assert!(keys.is_none());
    assert_eq!(terminal.modes(), before);
}

#[test]
fn a_terminal_that_goes_away_presses_no_keys() {
    let FakeTerminal { user, terminal } = FakeTerminal::new();
    let mut keys = Keys::of(terminal.into(), |_| true).unwrap();

    drop(user);
    let closed = run(async { keys.pressed.recv().await });

    assert_eq!(closed, Err(RecvError::Closed));
}

//! Programs that a command starts and waits for, without leaving them behind when a signal comes.
//!
//! Does not know which programs.

use std::io;
use std::process::{Command, Output};

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::machine;

/// How a program ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Exited(Output),
    /// Because this process got the signal with this number.
    Interrupted(u8),
}

/// Starts a program and waits for its end. The output that `command` captures is in the result.
///
/// On SIGINT and SIGTERM the program gets the same signal and the time it needs to end; the second
/// of them kills it.
pub(super) fn wait(command: Command) -> io::Result<Ended> {
    machine::runtime()?.block_on(attend(command))
}

async fn attend(command: Command) -> io::Result<Ended> {
    // Before the program starts, so that no signal can end this process and not the program.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let child = tokio::process::Command::from(command).spawn()?;
    let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
    let ended = child.wait_with_output();
    tokio::pin!(ended);

    let (first, number) = tokio::select! {
        // A signal from the terminal ends the program as well: the signal is the reason.
        biased;
        _ = interrupt.recv() => (Signal::INT, 2),
        _ = terminate.recv() => (Signal::TERM, 15),
        output = &mut ended => return Ok(Ended::Exited(output?)),
    };
    pass_on(id, first);
    tokio::select! {
        biased;
        _ = interrupt.recv() => pass_on(id, Signal::KILL),
        _ = terminate.recv() => pass_on(id, Signal::KILL),
        _ = &mut ended => (),
    }
    Ok(Ended::Interrupted(number))
}

fn pass_on(id: Option<Pid>, signal: Signal) {
    if let Some(id) = id {
        // The program may have ended meanwhile.
        let _ = kill_process(id, signal);
    }
}

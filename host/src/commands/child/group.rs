//! A running program, which can be ended together with all it has started.
//!
//! Does not know what the program is for.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::{
    Pid, Signal, WaitOptions, getpgrp, kill_process, kill_process_group, test_kill_process_group,
    waitpgid,
};
use rustix::termios::tcgetpgrp;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long the processes of a group may take to end after they were asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How long the output of a program is read after its end, when something it has left behind holds
/// the other end open. What is in the pipe by then is the program's own; nothing else is waited for.
const LINGER: Duration = Duration::from_millis(200);

/// How often the remains of a group that is being ended are looked for.
const LOOK: Duration = Duration::from_millis(10);

/// The size of a pipe on Linux, so that a full one is emptied at once.
const CHUNK: usize = 64 * 1024;

/// A running program and those it has started.
///
/// Dropped before the program has ended, it kills the group at once, so that nothing is left behind.
/// When the program has ended by itself, what it has left running is left alone, as a shell does: a
/// compiler cache that starts its server must not lose it.
#[derive(Debug)]
pub(in crate::commands) struct Group {
    child: Child,
    id: Pid,
    /// Whether the group is the program's own, rather than that of this process.
    is_own: bool,
    /// Standard output and standard error in one, in the order of the writes. `None`: at its end.
    output: Option<Receiver>,
    buffer: Vec<u8>,
    ended: Option<(ExitStatus, Instant)>,
    /// What the program has started must not outlive it either.
    is_condemned: bool,
}

impl Group {
    /// Starts a program in a group of its own. A terminal takes that for a job in the background: it
    /// cannot read from there, and Ctrl-C does not reach it.
    pub(in crate::commands) fn start(command: Command) -> io::Result<Self> {
        Self::spawn(command, true)
    }

    /// The same, unless this process is in the foreground of its terminal: then the program is as well,
    /// can ask for a password there, and is reached by Ctrl-C and Ctrl-Z.
    pub(in crate::commands) fn start_in_foreground(command: Command) -> io::Result<Self> {
        Self::spawn(command, !is_in_foreground())
    }

    /// Starts a program in a group of its own, whose output [`Group::wait`] hands over.
    pub(in crate::commands) fn observe(mut command: Command) -> io::Result<Self> {
        let (output, input) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
        let output = Receiver::from_owned_fd(output.into())?;
        let mut group = Self::start(command)?;
        (group.output, group.buffer) = (Some(output), vec![0; CHUNK]);
        Ok(group)
    }

    /// The copies of pipes that `command` holds are closed at the end of this function. They would keep
    /// the pipes open for ever.
    fn spawn(mut command: Command, is_own: bool) -> io::Result<Self> {
        if is_own {
            command.process_group(0);
        }
        let mut command = tokio::process::Command::from(command);
        // Nothing fails from here on: nobody would end the program.
        let child = command.spawn()?;
        let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let id = id.expect("a program that nobody has waited for has an id");
        let (output, buffer) = (None, Vec::new());
        Ok(Self { child, id, is_own, output, buffer, ended: None, is_condemned: false })
    }

    /// Waits for the end of the program, with the output that its command captures.
    pub(in crate::commands) async fn output(&mut self) -> io::Result<Output> {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let mut unseen = |_: &[u8]| ();
        let (status, stdout, stderr) =
            tokio::join!(self.wait(&mut unseen), read_all(stdout), read_all(stderr));
        Ok(Output { status: status?, stdout: stdout?, stderr: stderr? })
    }

    /// Waits for the end of the program, and hands over what the group prints as it comes.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again.
    pub(in crate::commands) async fn wait(
        &mut self,
        show: &mut impl FnMut(&[u8]),
    ) -> io::Result<ExitStatus> {
        loop {
            let until = match (self.ended, &self.output) {
                (Some((status, _)), None) => return Ok(status),
                (Some((_, at)), Some(_)) => Some(at + LINGER),
                (None, _) => None,
            };
            tokio::select! {
                // Output without an end must not hide that the program is gone.
                biased;
                () = reached(until) => self.close(show),
                status = self.child.wait(), if self.ended.is_none() => {
                    self.ended = Some((status?, Instant::now()));
                }
                length = read(self.output.as_ref(), &mut self.buffer) => match length {
                    0 => self.output = None,
                    length => show(&self.buffer[..length]),
                },
            }
        }
    }

    /// Closes the pipe of a program that has ended. Whoever else writes to it gets SIGPIPE.
    fn close(&mut self, show: &mut impl FnMut(&[u8])) {
        let Some(pipe) = self.output.take() else { return };
        // The program's last words may be here still, when this process has not run for a while.
        if let Ok(length) = rustix::io::read(&pipe, &mut self.buffer[..]) {
            show(&self.buffer[..length]);
        }
    }

    /// Ends the program and all it has started: with `signal`, and after [`GRACE`] by force. Of a group that
    /// is that of this process only the program gets it.
    ///
    /// # Cancel safety
    /// Dropping the future kills them at once.
    pub(in crate::commands) async fn kill(mut self, signal: Signal) {
        if self.ended.is_some() {
            return;
        }
        self.is_condemned = true;
        self.signal(signal);
        // One that is stopped, because it tried to read from the terminal, would not hear it.
        self.signal(Signal::CONT);
        let gone = async {
            // Output is read to nowhere, so that nobody is stuck in his last words.
            let _ended = self.wait(&mut |_| ()).await;
            while self.is_own && test_kill_process_group(self.id).is_ok() {
                // Orphans come to process 1, which in a container may be this one.
                let _ = waitpgid(self.id, WaitOptions::NOHANG);
                sleep(LOOK).await;
            }
        };
        if timeout(GRACE, gone).await.is_err() {
            self.signal(Signal::KILL);
            // Bounded as well: a process in the hands of a driver does not end.
            let _ended = timeout(GRACE, self.child.wait()).await;
        }
        self.is_condemned = false;
    }

    /// Sends a signal to the program and those it has started; of a group that is that of this process only
    /// to the program.
    pub(in crate::commands) fn signal(&self, signal: Signal) {
        // They may all be gone.
        let _ = if self.is_own {
            kill_process_group(self.id, signal)
        } else if self.ended.is_none() {
            kill_process(self.id, signal)
        } else {
            // The number may be another process's by now.
            Ok(())
        };
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.is_condemned || self.ended.is_none() {
            self.signal(Signal::KILL);
        }
    }
}

/// Whether this process may read from a terminal, and Ctrl-C there is sent to it.
fn is_in_foreground() -> bool {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty());
    terminal.and_then(tcgetpgrp).is_ok_and(|foreground| foreground == getpgrp())
}

async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Reads what is there. 0: the end, also when the pipe fails, for nobody can write to it then.
async fn read(pipe: Option<&Receiver>, buffer: &mut [u8]) -> usize {
    let Some(pipe) = pipe else { return std::future::pending().await };
    loop {
        if pipe.readable().await.is_err() {
            return 0;
        }
        match pipe.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
            Err(_) => return 0,
            Ok(length) => return length,
        }
    }
}

//! What `dev` shows on standard error: lines that stay, and on a terminal one at the bottom that
//! moves.
//!
//! Does not know what the lines say.

mod line;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::process::getpgrp;
use rustix::termios::{tcgetpgrp, tcgetwinsize};

use self::line::{clean, is_painted, truncated};
use crate::telemetry::LogOutput;
use crate::text::harmless;

/// Back to the first column, and nothing in this line any more.
const ERASE: &[u8] = b"\r\x1b[2K";

/// No colours, whatever came before.
const PLAIN: &[u8] = b"\x1b[0m";

/// What turns beside the progress. No console lacks these.
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];

/// The width of a terminal that does not tell it.
const USUAL_COLUMNS: usize = 80;

/// Longest beginning of a line that is held back until its end comes.
const LONGEST_PARTIAL: usize = 64 * 1024;

/// What a line means to the reader; its colour, where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Bad,
}

/// Standard error, shared. Cheap to clone; all clones are one screen. Of several services each has a part of
/// it, whose lines begin with a label.
///
/// Where there is no terminal, or one that the user wants no colours on, it is written to as a file
/// is: lines without control characters, and no progress. The line at the bottom is erased when the
/// last clone is dropped.
///
/// A terminal that the user has halted (Ctrl-S) halts the writers as well.
#[derive(Clone)]
pub(super) struct Screen {
    state: Arc<Mutex<State>>,
    /// Among [`State::parts`].
    part: usize,
}

struct State {
    output: Box<dyn Write + Send>,
    /// `None`: not a terminal.
    terminal: Option<Columns>,
    /// One for each service.
    parts: Vec<Part>,
    frame: usize,
    /// The last line of the terminal is the progress.
    is_drawn: bool,
    /// The log has left the cursor in the middle of a line.
    is_log_open: bool,
}

/// What one service has on the screen.
#[derive(Default)]
struct Part {
    /// What its lines begin with.
    label: String,
    /// The beginning of a line of the build.
    partial: Vec<u8>,
    progress: Option<String>,
}

/// Tells how wide a terminal is; `None` while a shell uses it, whose prompt is at the bottom then.
type Columns = Box<dyn Fn() -> Option<usize> + Send>;

impl Screen {
    /// `allows_colour`: what the environment says of terminals.
    pub(super) fn of_process(allows_colour: bool) -> Self {
        let is_terminal = allows_colour && io::stderr().is_terminal();
        Self::new(Box::new(io::stderr()), is_terminal.then(|| Box::new(columns) as Columns))
    }

    fn new(output: Box<dyn Write + Send>, terminal: Option<Columns>) -> Self {
        let state = State {
            output,
            terminal,
            parts: vec![Part::default()],
            frame: 0,
            is_drawn: false,
            is_log_open: false,
        };
        Self { state: Arc::new(Mutex::new(state)), part: 0 }
    }

    /// The parts of several services on this screen.
    pub(super) fn divided(&self, labels: &[String]) -> Vec<Self> {
        let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        let part = |label: &String| {
            let label = format!("{:<width$} | ", harmless(label));
            Part { label, ..Part::default() }
        };
        self.state().parts = labels.iter().map(part).collect();
        (0..labels.len()).map(|part| Self { part, ..self.clone() }).collect()
    }

    /// Whether builds shall colour what they print.
    pub(super) fn has_colours(&self) -> bool {
        self.state().terminal.is_some()
    }

    /// Writes lines that stay.
    pub(super) fn say(&self, tone: Tone, text: &str) {
        let mut state = self.state();
        let mut bytes = state.take_partial(self.part);
        for line in text.lines() {
            state.add_line(tone, (&state.parts[self.part].label, line.as_bytes()), &mut bytes);
        }
        state.write(&bytes);
    }

    /// Writes lines that are about all services.
    pub(super) fn say_for_all(&self, text: &str) {
        let mut state = self.state();
        let mut bytes = Vec::new();
        for line in text.lines() {
            state.add_line(Tone::Plain, ("", line.as_bytes()), &mut bytes);
        }
        state.write(&bytes);
    }

    /// Writes what a build prints: any bytes. A line appears when its end has come, or when
    /// something else is said.
    pub(super) fn output(&self, bytes: &[u8]) {
        let mut state = self.state();
        let Part { label, partial, .. } = &mut state.parts[self.part];
        partial.extend_from_slice(bytes);
        let whole = partial.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let whole = match whole {
            Some(length) => length,
            None if partial.len() > LONGEST_PARTIAL => partial.len(),
            None => return,
        };
        let rest = partial.split_off(whole);
        let (label, lines) = (label.clone(), mem::replace(partial, rest));
        let mut bytes = Vec::with_capacity(lines.len());
        for line in lines.strip_suffix(b"\n").unwrap_or(&lines).split(|byte| *byte == b'\n') {
            state.add_line(Tone::Plain, (&label, line), &mut bytes);
        }
        state.write(&bytes);
    }

    /// Changes the line at the bottom; `None` takes it away.
    pub(super) fn progress(&self, text: Option<&str>) {
        let mut state = self.state();
        state.parts[self.part].progress = text.map(str::to_owned);
        state.write(&[]);
    }

    /// Turns the spinner a little. To be called a few times per second.
    pub(super) fn tick(&self) {
        let mut state = self.state();
        state.frame = (state.frame + 1) % FRAMES.len();
        // Also brings back what a shell has displaced.
        if state.progress().is_some() {
            state.write(&[]);
        }
    }

    /// The output of the log, whose lines and the one at the bottom respect each other.
    pub(super) fn log_output(&self, output: LogOutput) -> impl Write + Send + 'static + use<> {
        self.beside(output, io::stdout().is_terminal())
    }

    fn beside<W: Write>(&self, output: W, is_terminal: bool) -> Beside<W> {
        // A log that goes elsewhere has nothing to respect, and must not hold up the screen.
        let is_shared = is_terminal && self.has_colours();
        Beside { output, screen: is_shared.then(|| Arc::downgrade(&self.state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// A panic elsewhere leaves at worst a line that is not quite right.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Writes lines above the progress, in one piece.
    fn write(&mut self, lines: &[u8]) {
        let mut bytes = Vec::with_capacity(lines.len() + 128);
        let columns = self.columns();
        if self.is_drawn && columns.is_some() {
            bytes.extend_from_slice(ERASE);
        }
        if self.is_log_open && !lines.is_empty() {
            bytes.push(b'\n');
            self.is_log_open = false;
        }
        bytes.extend_from_slice(lines);
        self.is_drawn = self.draw(columns, &mut bytes);
        self.send(&bytes);
    }

    fn columns(&self) -> Option<usize> {
        self.terminal.as_ref().and_then(|columns| columns())
    }

    /// What goes on in all parts.
    fn progress(&self) -> Option<String> {
        let parts = self.parts.iter().filter_map(|part| Some((part, part.progress.as_ref()?)));
        let texts = parts.map(|(part, progress)| match part.label.strip_suffix(" | ") {
            Some(label) => format!("{}: {progress}", label.trim_end()),
            None => progress.clone(),
        });
        let texts = texts.collect::<Vec<_>>();
        (!texts.is_empty()).then(|| texts.join(" · "))
    }

    fn draw(&self, columns: Option<usize>, bytes: &mut Vec<u8>) -> bool {
        let (Some(columns), Some(progress)) = (columns, self.progress()) else {
            return false;
        };
        if self.is_log_open {
            return false;
        }
        let text = format!("{} {progress}", FRAMES[self.frame]);
        // A terminal that has filled its last column is already on its way to the next line.
        let room = columns.saturating_sub(1);
        bytes.extend(clean(truncated(&text, room).as_bytes(), false));
        true
    }

    fn add_line(&self, tone: Tone, (label, line): (&str, &[u8]), bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(label.as_bytes());
        let has_colours = self.terminal.is_some();
        let line = clean(line, has_colours);
        let paint: &[u8] = match tone {
            Tone::Good if has_colours => b"\x1b[1;32m",
            Tone::Bad if has_colours => b"\x1b[1;31m",
            Tone::Plain | Tone::Good | Tone::Bad => b"",
        };
        bytes.extend_from_slice(paint);
        bytes.extend_from_slice(&line);
        if !paint.is_empty() || is_painted(&line) {
            bytes.extend_from_slice(PLAIN);
        }
        bytes.push(b'\n');
    }

    /// What a build has left in the middle of a line, as a line.
    fn take_partial(&mut self, part: usize) -> Vec<u8> {
        let partial = mem::take(&mut self.parts[part].partial);
        let mut bytes = Vec::new();
        if !partial.is_empty() {
            self.add_line(Tone::Plain, (&self.parts[part].label, &partial), &mut bytes);
        }
        bytes
    }

    fn send(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            // When nobody can read it, there is nobody to tell that either.
            let _ = self.output.write_all(bytes).and_then(|()| self.output.flush());
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let mut bytes = Vec::new();
        for part in 0..self.parts.len() {
            self.parts[part].progress = None;
            bytes.extend(self.take_partial(part));
        }
        self.write(&bytes);
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

/// An output on the terminal of a screen. It does not keep the screen: the thread of the log ends at
/// some time after everybody else.
#[derive(Debug)]
struct Beside<W> {
    output: W,
    screen: Option<Weak<Mutex<State>>>,
}

impl<W: Write> Write for Beside<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(screen) = self.screen.as_ref().and_then(Weak::upgrade) else {
            return self.output.write(bytes);
        };
        let mut state = lock(&screen);
        if mem::take(&mut state.is_drawn) && state.columns().is_some() {
            state.send(ERASE);
        }
        let written = self.output.write(bytes);
        if let Ok(length) = written
            && let Some(last) = bytes[..length].last()
        {
            state.is_log_open = *last != b'\n';
        }
        state.write(&[]);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn columns() -> Option<usize> {
    let terminal = io::stderr();
    if tcgetpgrp(&terminal).is_ok_and(|group| group != getpgrp()) {
        return None;
    }
    match tcgetwinsize(&terminal) {
        Ok(size) if size.ws_col > 0 => Some(usize::from(size.ws_col)),
        Ok(_) | Err(_) => Some(USUAL_COLUMNS),
    }
}

#[cfg(test)]
mod tests;

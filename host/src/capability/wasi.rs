//! WASI 0.2 as far as a service gets it: environment, clocks, random numbers, and standard output
//! that becomes log lines. No file system, no sockets, no arguments, and standard input only for a script that has asked
//! for it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use serde_json::Value;
use tokio::io::AsyncWrite;
use wasmtime::component::Linker;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView};
use wasmtime_wasi::p2::{self, OutputStream, Pollable, StreamResult, bindings};
use wasmtime_wasi::random::{WasiRandom, WasiRandomCtx};

use super::stdio::Stdout;
use super::{Grants, State, TrapEvidence};
use crate::telemetry::{Attributes, Level, Logger};

/// Most text of a panic that is kept, and most that is taken at once, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// Links what a guest built for `wasm32-wasip2` imports from WASI without asking for files or sockets.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    p2::add_to_linker_proxy_interfaces_async(linker)?;
    bindings::random::insecure::add_to_linker::<_, WasiRandom>(linker, random)?;
    bindings::random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, random)?;
    bindings::cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    bindings::cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)
}

fn random(state: &mut State) -> &mut WasiRandomCtx {
    state.wasi.random()
}

/// What WASI shows to an instance.
pub(super) fn context(grants: &Grants, output: &Output) -> WasiCtx {
    let mut context = WasiCtx::builder();
    context.envs(&grants.variables).stderr(Stream { name: "stderr", output: output.clone() });
    if grants.inherits_stdio {
        context.stdin(io::stdin()).stdout(Stdout::default());
    } else {
        context.stdout(Stream { name: "stdout", output: output.clone() });
    }
    context.build()
}

/// Standard output and standard error of one instance.
///
/// Lines of stderr are held back until the guest returns to the host: when it traps instead, they
/// are the text of its panic and belong to the line that reports the trap.
#[derive(Clone)]
pub(super) struct Output {
    lines: Arc<Mutex<Lines>>,
    trap_evidence: TrapEvidence,
}

struct Lines {
    logger: Logger,
    /// Of a plug-in, the feature that it is.
    feature: Option<Arc<str>>,
    /// The last line of stdout, as long as it has no end.
    stdout: Vec<u8>,
    /// What came from stderr since the guest last returned to the host.
    stderr: Vec<u8>,
}

impl Output {
    pub(super) fn new(
        logger: Logger,
        feature: Option<Arc<str>>,
        trap_evidence: TrapEvidence,
    ) -> Self {
        let lines = Lines { logger, feature, stdout: Vec::new(), stderr: Vec::new() };
        Self { lines: Arc::new(Mutex::new(lines)), trap_evidence }
    }

    /// Logs the whole lines of stderr.
    pub(super) fn publish(&self) {
        let mut lines = self.lines();
        if !lines.stderr.is_empty() {
            let Lines { logger, feature, stderr, .. } = &mut *lines;
            publish((logger, feature), "stderr", stderr);
        }
    }

    /// Logs what is left without the end of a line, when no more can follow.
    pub(super) fn finish(&self) {
        let mut lines = self.lines();
        let Lines { logger, feature, stdout, stderr } = &mut *lines;
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            publish((logger, feature), name, text);
            log_in_pieces((logger, feature), name, &std::mem::take(text));
        }
    }

    /// Takes what is held back of stderr.
    pub(super) fn pending_stderr(&self) -> Option<String> {
        let text = std::mem::take(&mut self.lines().stderr);
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn write(&self, name: &'static str, bytes: &[u8]) {
        let mut lines = self.lines();
        let Lines { logger, feature, stdout, stderr } = &mut *lines;
        let sink = (&*logger, &*feature);
        if name == "stdout" {
            stdout.extend_from_slice(bytes);
            publish(sink, name, stdout);
        } else {
            self.trap_evidence.set();
            stderr.extend_from_slice(bytes);
            if stderr.len() > LONGEST_TEXT {
                publish(sink, name, stderr);
            }
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where lines go, and the feature that they are of.
type Sink<'a> = (&'a Logger, &'a Option<Arc<str>>);

/// Logs every whole line at the beginning of `text`, and more than that when a line gets too long.
fn publish(sink: Sink<'_>, stream: &'static str, text: &mut Vec<u8>) {
    let mut start = 0;
    while let Some(length) = text[start..].iter().position(|byte| *byte == b'\n') {
        log_in_pieces(sink, stream, &text[start..start + length]);
        start += length + 1;
    }
    let longest = longest_piece(sink);
    while text.len() - start > longest {
        let piece = piece(&text[start..], longest);
        log(sink, stream, piece);
        start += piece.len();
    }
    text.drain(..start);
}

/// What is printed comes in several lines of the log rather than shortened.
fn log_in_pieces(sink: Sink<'_>, stream: &'static str, line: &[u8]) {
    let mut rest = line;
    while !rest.is_empty() {
        let piece = piece(rest, longest_piece(sink));
        log(sink, stream, piece);
        rest = &rest[piece.len()..];
    }
}

/// How much of a printed line fits into one of the log, beside what else stands there.
fn longest_piece((logger, _feature): Sink<'_>) -> usize {
    logger.max_line() / 2
}

/// The first bytes, without the beginning of a character.
fn piece(text: &[u8], longest: usize) -> &[u8] {
    if text.len() <= longest {
        return text;
    }
    let is_within = |byte: &u8| (0x80..0xc0).contains(byte);
    // A character has at most four bytes; what is no UTF-8 may be cut anywhere.
    let back = (0..4).find(|back| !is_within(&text[longest - back])).unwrap_or_default();
    &text[..longest - back]
}

fn log((logger, feature): Sink<'_>, stream: &'static str, line: &[u8]) {
    if !line.is_empty() {
        let mut attributes = Attributes::from_iter([("stream".to_owned(), Value::from(stream))]);
        let feature =
            feature.as_deref().map(|feature| ("feature".to_owned(), Value::from(feature)));
        attributes.extend(feature);
        let line = String::from_utf8_lossy(line);
        logger.log(Level::Info, line.trim_end(), &attributes, &Attributes::new());
    }
}

/// One of the two streams as WASI sees it: always ready, never failing.
#[derive(Clone)]
struct Stream {
    name: &'static str,
    output: Output,
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output.write(self.name, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LONGEST_TEXT)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.write(self.name, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

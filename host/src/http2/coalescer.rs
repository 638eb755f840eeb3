//! Bytes of a client in, the same frames with fewer of DATA out.
//! Does not know where they come from.

use bytes::{Buf, BytesMut};

use super::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, FrameHeader, HEADER_LENGTH, HEADERS, PADDED,
    RST_STREAM, put_data,
};
use super::streams::{ReaderState, State, Stream};

/// From this length on data passes at once, in bytes. h2 charges no frame of 256 bytes or more; a few times
/// as much makes its own expense per frame small as well.
const LONG_ENOUGH: usize = 1024;

/// So much is passed on at a time, in bytes.
const ENOUGH: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(super) struct Coalescer {
    /// What has arrived and was not looked at.
    pub(super) input: BytesMut,
    /// Whole frames, or the head of one.
    pub(super) output: BytesMut,
    /// So many bytes of a payload follow after `output`.
    pub(super) passing: usize,
    /// Whether a block of header fields goes on with the next frame; nothing may come between.
    in_block: bool,
    /// The highest stream so far.
    newest: u32,
    /// Whether hyper has had time to make a request of that stream.
    has_waited: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// `output` is to be passed on, then what is `passing`.
    Pass,
    /// More has to arrive.
    Read,
    /// Let hyper make a request of what was passed on. Otherwise nobody knew which of two is whose.
    Yield,
}

/// What became of a frame.
enum Taken {
    /// It was dealt with.
    All,
    /// Its payload follows.
    Header,
    /// It is not complete.
    Not,
    /// Its time has not come.
    Later,
}

impl Coalescer {
    /// Takes frames from `input` until there is something to do. What there was to pass on is passed on.
    pub(super) fn advance(&mut self, streams: &mut State) -> Action {
        if !self.in_block {
            while let Some(id) = streams.next_due() {
                self.flush_due(id, streams);
            }
        }
        while self.output.len() < ENOUGH {
            let Some(head) = FrameHeader::peek(&self.input) else { break };
            match self.take(head, streams) {
                Taken::All => (),
                Taken::Not => break,
                Taken::Later if self.output.is_empty() => {
                    self.has_waited = true;
                    return Action::Yield;
                }
                Taken::Header | Taken::Later => return Action::Pass,
            }
        }
        if self.output.is_empty() { Action::Read } else { Action::Pass }
    }

    fn flush_due(&mut self, id: u32, streams: &mut State) {
        let Some(stream) = streams.get(id) else { return };
        if stream.is_over() {
            self.flush(id, stream, true);
            streams.remove(id);
        } else if stream.is_awaited() {
            self.flush(id, stream, false);
        }
    }

    fn take(&mut self, head: FrameHeader, streams: &mut State) -> Taken {
        let id = head.stream;
        match head.kind {
            DATA => return self.data(head, streams),
            HEADERS if id > self.newest => {
                if streams.is_opening() && !self.has_waited {
                    return Taken::Later;
                }
                if let Some((refused, mut stream)) = streams.refused() {
                    self.flush(refused, &mut stream, true);
                }
                streams.opens(id, !head.has(END_STREAM));
                (self.newest, self.has_waited) = (id, false);
            }
            HEADERS | RST_STREAM => {
                if let Some(mut stream) = streams.remove(id) {
                    let ends = head.kind == RST_STREAM && stream.reader == ReaderState::Gone;
                    self.flush(id, &mut stream, ends);
                }
            }
            _ => (),
        }
        if matches!(head.kind, HEADERS | CONTINUATION) {
            self.in_block = !head.has(END_HEADERS);
        }
        self.pass(head)
    }

    fn data(&mut self, head: FrameHeader, streams: &mut State) -> Taken {
        let id = head.stream;
        let Some(stream) = streams.get(id) else {
            return self.pass(FrameHeader { flags: head.flags | END_STREAM, ..head });
        };
        let ends = head.has(END_STREAM);
        if head.length >= LONG_ENOUGH || head.has(PADDED) || (head.length == 0 && !ends) {
            self.flush(id, stream, false);
            if head.length > 0 {
                stream.passes();
            }
            if ends {
                streams.remove(id);
            }
            return self.pass(head);
        }
        if self.input.len() < HEADER_LENGTH + head.length {
            return Taken::Not;
        }
        self.input.advance(HEADER_LENGTH);
        stream.held.extend_from_slice(&self.input.split_to(head.length));
        if ends {
            put_data(&mut self.output, id, &stream.held, true);
            streams.remove(id);
        } else if stream.is_awaited() || stream.held.len() >= LONG_ENOUGH {
            self.flush(id, stream, false);
        }
        Taken::All
    }

    /// Passes on what waits.
    fn flush(&mut self, id: u32, stream: &mut Stream, ends: bool) {
        if !stream.held.is_empty() {
            put_data(&mut self.output, id, &std::mem::take(&mut stream.held), ends);
            stream.passes();
        }
    }

    fn pass(&mut self, head: FrameHeader) -> Taken {
        self.input.advance(HEADER_LENGTH);
        head.put(&mut self.output);
        self.passing = head.length;
        if head.length == 0 { Taken::All } else { Taken::Header }
    }
}

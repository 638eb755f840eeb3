//! Methods with streams.
//! Does not know how they are called.

use std::future::pending;
use std::time::Duration;

use mikros_sdk::grpc::{Metadata, Reply, ReplyStream, Status, Streaming};
use mikros_sdk::stream::{self, StreamExt as _};

use super::failures::enough;
use super::proto::{Chunk, Mode, PourRequest, SumReply, Then};
use super::visits::Visit;
use super::{compression, pause};

pub(crate) async fn sum(mut chunks: Streaming<Chunk>) -> Result<SumReply, Status> {
    let mut sum = SumReply::default();
    let mut kept = Vec::new();
    while let Some(received) = chunks.received().await? {
        let chunk = received.message;
        pause(chunk.sleep_ms).await;
        sum.messages += 1;
        sum.bytes += chunk.data.len() as u64;
        sum.compressed += u64::from(received.is_compressed);
        let mode = chunk.mode();
        if mode == Mode::Keep {
            kept.push(chunk.data);
        }
        if !act(mode).await? {
            break;
        }
    }
    Ok(sum)
}

/// Does what a chunk asks for; `false` when nothing more is to be read.
async fn act(mode: Mode) -> Result<bool, Status> {
    match mode {
        Mode::Read | Mode::Keep => Ok(true),
        Mode::NeverRead => pending().await,
        Mode::StopReading => Ok(false),
        Mode::Panic => panic!("told to panic in a stream"),
        Mode::Fail => Err(enough()),
        Mode::Spin => spin(),
        // The way to wait that the SDK warns of.
        Mode::Block => {
            std::thread::sleep(Duration::from_hours(1));
            Ok(true)
        }
    }
}

/// Sends back each chunk as soon as it is there.
pub(crate) fn chat(chunks: Streaming<Chunk>, visit: Visit) -> ReplyStream<Chunk> {
    ReplyStream::from_replies(stream::unfold(Some((chunks, visit)), async |state| {
        let (mut chunks, visit) = state?;
        match answer(&mut chunks).await {
            Ok(Some(reply)) => Some((Ok(reply), Some((chunks, visit)))),
            Ok(None) => {
                visit.end();
                None
            }
            Err(status) => {
                visit.end();
                Some((Err(status), None))
            }
        }
    }))
}

async fn answer(chunks: &mut Streaming<Chunk>) -> Result<Option<Reply<Chunk>>, Status> {
    let Some(chunk) = chunks.message().await? else { return Ok(None) };
    pause(chunk.sleep_ms).await;
    if !act(chunk.mode()).await? {
        return Ok(None);
    }
    let compression = compression(chunk.compression());
    Ok(Some(Reply::new(chunk).with_compression(compression)))
}

/// Sends what is asked for.
pub(crate) fn pour(asked: PourRequest, visit: Visit) -> ReplyStream<Chunk> {
    let count = asked.after.unwrap_or(asked.messages).min(asked.messages);
    let (then, interval) = (asked.then(), asked.interval_ms);
    let compression = compression(asked.compression());
    let chunks = stream::iter(0..count).then(move |number| async move {
        if number > 0 {
            pause(interval).await;
        }
        let chunk = Chunk { data: vec![7; asked.size as usize], ..Chunk::default() };
        Ok(Reply::new(chunk).with_compression(compression))
    });
    let end = stream::once(finish(then, visit)).filter_map(async |outcome| outcome.err().map(Err));
    ReplyStream::from_replies(chunks.chain(end)).with_trailers(async move { trailers(count) })
}

async fn finish(then: Then, visit: Visit) -> Result<(), Status> {
    match then {
        Then::End => {}
        Then::Panic => panic!("told to panic in a stream"),
        Then::Fail => {
            visit.end();
            return Err(enough());
        }
        Then::Wait => pending().await,
        Then::Spin => spin(),
    }
    visit.end();
    Ok(())
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn trailers(poured: u32) -> Result<Metadata, Status> {
    let mut metadata = Metadata::new();
    metadata.insert("x-poured", poured.to_string())?;
    Ok(metadata)
}

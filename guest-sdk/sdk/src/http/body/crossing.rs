//! Bodies that cross between the component and its host, as streams of the contract.
//! Deliberately does not know whether they are of a request or of a response.

use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _, unfold};
use wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter};

use crate::bindings::errors::mikros::service::errors as wit;
use crate::error::{Result, ServiceError};

/// How much of a streamed body is asked for at a time, in bytes.
const CHUNK: usize = 16 * 1024;

type End = Result<(), wit::Error>;

/// The chunks of a body, then an error when it was cut off.
pub(crate) fn read(
    data: StreamReader<u8>,
    end: FutureReader<End>,
) -> impl Stream<Item = Result<Bytes>> + 'static {
    unfold(Some((data, end)), async |state| {
        let (mut data, end) = state?;
        loop {
            match data.read(Vec::with_capacity(CHUNK)).await {
                // A wake-up without data.
                (StreamResult::Complete(0), _) => {}
                (StreamResult::Complete(_), mut chunk) => {
                    chunk.shrink_to_fit();
                    return Some((Ok(chunk.into()), Some((data, end))));
                }
                (StreamResult::Dropped | StreamResult::Cancelled, _) => {
                    let end = end.await;
                    return end.err().map(|error| (Err(ServiceError::from(error)), None));
                }
            }
        }
    })
}

/// Writes the chunks of a body until there are no more, or the host has stopped reading.
pub(crate) async fn pump(
    mut stream: LocalBoxStream<'static, Result<Bytes>>,
    mut writer: StreamWriter<u8>,
) -> Result<()> {
    while let Some(chunk) = stream.next().await {
        let unread = writer.write_all(chunk?.into()).await;
        if !unread.is_empty() {
            return Ok(());
        }
    }
    Ok(())
}

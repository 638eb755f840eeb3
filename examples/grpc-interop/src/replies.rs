//! The responses that a client asks for.
//! Deliberately knows nothing about metadata.

use std::time::Duration;

use mikros_sdk::grpc::{Compression, Reply, Status};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, Stream, StreamExt as _};

use super::check_status;
use super::proto::{
    BoolValue, Payload, PayloadType, ResponseParameters, StreamingOutputCallRequest,
    StreamingOutputCallResponse,
};

/// No test asks for more than a tenth of it.
const MAX_PAYLOAD: usize = 4 * 1024 * 1024;

/// One response after another, or the status that is asked for.
pub(crate) fn replies(
    request: StreamingOutputCallRequest,
) -> impl Stream<Item = Result<Reply<StreamingOutputCallResponse>, Status>> {
    let failure = check_status(request.response_status.as_ref()).err().map(Err);
    let replies = stream::iter(request.response_parameters).then(reply);
    stream::iter(failure).chain(replies)
}

async fn reply(asked: ResponseParameters) -> Result<Reply<StreamingOutputCallResponse>, Status> {
    if let Some(interval) = u64::try_from(asked.interval_us).ok().filter(|interval| *interval > 0) {
        mikros_sdk::sleep(Duration::from_micros(interval)).await;
    }
    let payload = Some(payload(asked.size)?);
    let compression = compression(asked.compressed);
    Ok(Reply::new(StreamingOutputCallResponse { payload }).with_compression(compression))
}

/// So many zeros.
pub(crate) fn payload(size: i32) -> Result<Payload, Status> {
    let size = usize::try_from(size).ok().filter(|size| *size <= MAX_PAYLOAD);
    let size = size.or_invalid_arguments(format!("a size must be 0 to {MAX_PAYLOAD}"))?;
    Ok(Payload { r#type: PayloadType::Compressable.into(), body: vec![0; size] })
}

pub(crate) fn compression(asked: Option<BoolValue>) -> Compression {
    match asked {
        None => Compression::Configured,
        Some(BoolValue { value: false }) => Compression::Off,
        Some(BoolValue { value: true }) => Compression::On,
    }
}

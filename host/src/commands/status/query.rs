//! One request to an admin listener.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::machine;

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const SIZE: usize = 8 * 1024 * 1024;

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum QueryError {
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    #[error("no answer within 5 s")]
    Late,
    #[error("it requires a token")]
    Unauthorized,
    #[error("it answers with status {0}")]
    Refused(StatusCode),
    #[error("the connection failed")]
    Connection(#[source] hyper::Error),
    #[error("it is not an address: {0}")]
    Address(String),
    #[error("what answers there is no admin listener")]
    Foreign,
}

impl QueryError {
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Connect(_) | Self::Late => {
                "check that the service runs, and that it was started with this `address` and `port`"
            }
            Self::Unauthorized => {
                "name the variable that holds the token of the running service with `--token-env`"
            }
            Self::Address(_) => "write `HOST:PORT`",
            Self::Refused(_) | Self::Connection(_) | Self::Foreign => {
                "check `address` and `port` of `[features.admin]`, or `--address`"
            }
        }
    }
}

/// What `/services` at `address` says.
pub(super) fn services<T: DeserializeOwned>(
    address: &str,
    token: Option<&str>,
) -> Result<T, QueryError> {
    let runtime = machine::runtime().map_err(QueryError::Connect)?;
    let body = runtime.block_on(async {
        timeout(LIMIT, get(address, token)).await.unwrap_or(Err(QueryError::Late))
    })?;
    serde_json::from_slice(&body).map_err(|_not_json| QueryError::Foreign)
}

async fn get(address: &str, token: Option<&str>) -> Result<Bytes, QueryError> {
    let mut request = Request::get("/services").header(HOST, address);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Empty::<Bytes>::new());
    let request = request.map_err(|error| QueryError::Address(error.to_string()))?;
    let stream = TcpStream::connect(address).await.map_err(QueryError::Connect)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(QueryError::Connection)?;
    let exchange = async move {
        let response = sender.send_request(request).await.map_err(QueryError::Connection)?;
        match response.status() {
            StatusCode::OK => (),
            StatusCode::UNAUTHORIZED => return Err(QueryError::Unauthorized),
            status => return Err(QueryError::Refused(status)),
        }
        let body = Limited::new(response.into_body(), SIZE).collect().await;
        Ok(body.map_err(|_too_large_or_broken| QueryError::Foreign)?.to_bytes())
    };
    // The connection ends when the exchange has dropped its sender.
    tokio::join!(exchange, connection).0
}

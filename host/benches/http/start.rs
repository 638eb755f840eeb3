//! The comparison of starts: from the process being started to its first answer.
//!
//! Does not know what a server does meanwhile.

use std::time::Instant;

use super::MeasureError;
use super::exchange::{Connection, ExchangeError};
use super::guest::Guest;
use super::load::LoadError;
use super::pair::{Both, Contender};
use super::processors::Processors;
use super::sample::Sample;
use super::server::Server;

/// Starts both contenders in turn, each `count` times. In milliseconds.
pub(crate) async fn run(
    processors: &Processors,
    guest: &Guest,
    count: usize,
) -> Result<Both<Sample>, MeasureError> {
    let mut times = Both::<Vec<f64>>::default();
    for _ in 0..count {
        times.host.push(time(Contender::Host, processors, guest).await?);
        times.native.push(time(Contender::Native, processors, guest).await?);
    }
    Ok(Both { host: Sample::new(times.host), native: Sample::new(times.native) })
}

async fn time(
    contender: Contender,
    processors: &Processors,
    guest: &Guest,
) -> Result<f64, MeasureError> {
    let began = Instant::now();
    let server = contender.launch(processors, guest).await?;
    answer(&server).await.map_err(|source| {
        MeasureError::Load(LoadError::Failed { server: contender.name(), source })
    })?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

async fn answer(server: &Server) -> Result<(), ExchangeError> {
    Connection::open(server.address).await?.exchange().await
}

//! The frame of a benchmark: one thread, an end on request, errors in the end.
//!
//! Does not know what is measured.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::signal::unix::{SignalKind, signal};

/// Why a benchmark ended early.
#[derive(Debug, thiserror::Error)]
enum EndError<E> {
    #[error("cannot set up the benchmark")]
    SetUp { source: io::Error },
    #[error(transparent)]
    Failed(E),
    #[error("interrupted")]
    Interrupted,
}

/// Serves until the process is killed.
pub(crate) fn serve(serving: impl Future<Output = io::Result<()>>) -> ExitCode {
    finish(runtime().and_then(|runtime| {
        runtime.block_on(serving).map_err(|source| EndError::<io::Error>::SetUp { source })
    }))
}

/// Measures until there are figures or the user wants none any more; what was started ends when
/// `measuring` is dropped.
pub(crate) fn measure<E: Error + 'static>(
    measuring: impl Future<Output = Result<(), E>>,
) -> ExitCode {
    finish(runtime().and_then(|runtime| {
        runtime.block_on(async {
            tokio::select! {
                biased;
                interrupted = interrupted() => Err(interrupted),
                measured = measuring => measured.map_err(EndError::Failed),
            }
        })
    }))
}

fn runtime<E>() -> Result<LocalRuntime, EndError<E>> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.map_err(|source| EndError::SetUp { source })
}

#[expect(clippy::print_stderr, reason = "the one place that reports an error")]
fn finish<E: Error + 'static>(result: Result<(), EndError<E>>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("cause: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Resolves when the user wants no figures any more.
async fn interrupted<E>() -> EndError<E> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [interrupt, terminate, hangup] = kinds.map(signal);
    let (mut interrupt, mut terminate, mut hangup) = match (interrupt, terminate, hangup) {
        (Ok(interrupt), Ok(terminate), Ok(hangup)) => (interrupt, terminate, hangup),
        (Err(source), ..) | (_, Err(source), _) | (.., Err(source)) => {
            return EndError::SetUp { source };
        }
    };
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
        _ = hangup.recv() => (),
    }
    EndError::Interrupted
}

/// What `--turn` takes.
pub(crate) fn parse_turn(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero, for example `2s`".to_owned()),
        Ok(turn) => Ok(turn),
        Err(error) => Err(error.to_string()),
    }
}

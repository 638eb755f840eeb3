//! How many calls of a client are under way at a time, and how many wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Places for calls. As many as there are may wait for one.
#[derive(Debug)]
pub(super) struct Concurrency {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// All places are taken, and as many calls wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Concurrency {
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(limit)), waiting: Arc::new(Semaphore::new(limit)) }
    }

    /// A place, which is free again when what it returns is dropped.
    ///
    /// # Cancel safety
    /// A call that stops waiting leaves the queue.
    pub(super) async fn enter(&self) -> Result<OwnedSemaphorePermit, Full> {
        match self.places.clone().try_acquire_owned() {
            Ok(place) => return Ok(place),
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => (),
        }
        let Ok(_waits) = self.waiting.try_acquire() else { return Err(Full) };
        match self.places.clone().acquire_owned().await {
            Ok(place) => Ok(place),
            Err(_closed) => Err(Full),
        }
    }
}

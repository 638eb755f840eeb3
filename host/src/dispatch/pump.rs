//! The rest of a request, on its way to the guest for as long as somebody waits for the response.
//!
//! Nobody else drives it: the request's own future does until there is a response, and the response's body
//! afterwards. So it ends with them. Does not know what it moves.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};

use futures_util::future::LocalBoxFuture;

/// Moves what is left of a request; there is nothing to move once it is done.
pub(super) struct Pump<E>(Option<LocalBoxFuture<'static, Result<(), E>>>);

impl<E> Pump<E> {
    /// A pump ends when there is no more to move, or nobody reads it.
    pub(super) fn new(pump: impl Future<Output = Result<(), E>> + 'static) -> Self {
        Self(Some(Box::pin(pump)))
    }

    /// For a request that the guest has whole.
    pub(super) fn done() -> Self {
        Self(None)
    }

    /// Pumps until `call` is done.
    ///
    /// # Errors
    /// The rest of the request does not come. The call is dropped then.
    pub(super) async fn during<T>(&mut self, call: impl Future<Output = T>) -> Result<T, E> {
        let mut call = pin!(call);
        poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
            Poll::Pending => match self.poll(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        })
        .await
    }

    /// Pumps what can be moved at once.
    ///
    /// # Errors
    /// The rest of the request does not come. Says so once.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Result<(), E> {
        let Some(pump) = &mut self.0 else { return Ok(()) };
        let Poll::Ready(done) = pump.as_mut().poll(context) else { return Ok(()) };
        self.0 = None;
        done
    }
}

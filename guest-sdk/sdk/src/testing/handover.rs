//! Lets one service take over from another, as the host does when it replaces a version.
//! Deliberately without requests: when they stop and begin is the host's.

use crate::definition::Identity;
use crate::error::Result;
use crate::imports;
use crate::service::Handover;

/// Hands the state of `old`, of the version `version`, over to `new`, and returns it; `None` when there
/// is nothing to hand over.
///
/// `old` may be another type than `new`, for example a copy of how the service once was. In all but the
/// version both have the identity of the [`Context`](super::Context). To see what becomes of a state
/// of any other origin, call [`Handover::receive`] directly.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// # use mikros_sdk::{Identity, testing::{self, Context}};
/// # use std::cell::Cell;
/// # struct Counter(Cell<u8>);
/// # impl Service for Counter {
/// #     async fn on_start() -> Result<Self> {
/// #         Ok(Self(Cell::new(0)))
/// #     }
/// # }
/// # impl Handover for Counter {
/// #     async fn give(&self, _successor: &Identity) -> Result<Option<Vec<u8>>> {
/// #         Ok(Some(vec![self.0.get()]))
/// #     }
/// #     async fn receive(&self, predecessor: &Identity, state: Vec<u8>) -> Result<()> {
/// #         assert_eq!(predecessor.version, "v1.0.0");
/// #         self.0.set(state[0]);
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> Result<()> {
/// Context::new().run(async {
///     let (old, new) = (Counter::on_start().await?, Counter::on_start().await?);
///     old.0.set(7);
///     let state = testing::hand_over("v1.0.0", &old, &new).await?;
///     assert_eq!(state, Some(vec![7]));
///     assert_eq!(new.0.get(), 7);
///     Ok(())
/// })
/// # }
/// ```
///
/// # Errors
///
/// Those of [`Handover::give`] and [`Handover::receive`], with which the host would let `new` start
/// without the state.
pub async fn hand_over<O: Handover, N: Handover>(
    version: &str,
    old: &O,
    new: &N,
) -> Result<Option<Vec<u8>>> {
    let successor = imports::describe();
    let Some(state) = old.give(&successor).await? else { return Ok(None) };
    let predecessor = Identity { version: version.to_owned(), ..successor };
    new.receive(&predecessor, state.clone()).await?;
    Ok(Some(state))
}

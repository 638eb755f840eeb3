//! One request, one call into the guest, one response; never an error.
//!
//! Knows neither files nor the lifecycle. The only place where a [`Fault`](crate::call::Fault)
//! becomes a status.

mod body;
mod head;
mod http;
mod problem;
mod reply;

pub use self::body::ResponseBody;
pub use self::http::{Dispatcher, HttpRules};
pub use self::problem::ErrorRules;

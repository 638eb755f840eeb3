//! What the expansion of `export!` refers to. Deliberately not part of the public interface: it may
//! change in any release.

#[cfg(target_family = "wasm")]
pub use crate::bindings::{http, lifecycle, native, script};
#[cfg(target_family = "wasm")]
pub use crate::exports::{Exported, WithRoutes, WithoutRoutes};

use crate::service::{Http, Native, Script, Service};

/// Does not compile unless the type is a service.
pub const fn is_service<S: Service>() {}

/// Does not compile unless the type answers requests.
pub const fn is_http<S: Http>() {}

/// Does not compile unless the type works in the background.
pub const fn is_native<S: Native>() {}

/// Does not compile unless the type is one piece of work.
pub const fn is_script<S: Script>() {}

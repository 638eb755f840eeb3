//! What the expansion of `export!` refers to. Deliberately not part of the public interface: it may
//! change in any release.

#[cfg(target_family = "wasm")]
pub use crate::bindings::errors::mikros::service::errors;
#[cfg(all(target_family = "wasm", feature = "grpc"))]
pub use crate::bindings::grpc;
#[cfg(target_family = "wasm")]
pub use crate::bindings::{
    cronjob, handover, http, lifecycle, native, plugin_lifecycle, request_hook, response_hook,
    script,
};
#[cfg(target_family = "wasm")]
pub use crate::exports::{Exported, ExportedPlugin, WithRoutes, WithoutRoutes};
#[cfg(target_family = "wasm")]
pub use wit_bindgen;

#[cfg(feature = "tonic")]
pub use crate::tonic::Servers;
#[cfg(feature = "tower")]
pub use crate::tower::app::{App, app};
pub use mikros_sdk_macros::log_line;

pub use crate::error::chain;
pub use crate::http::handler::probe as handler;

use crate::plugin::{Plugin, RequestHook, ResponseHook};
use crate::service::{Cronjob, Handover, Http, Native, Script, Service};

/// Does not compile unless the type is a service.
pub const fn is_service<S: Service>() {}

/// Does not compile unless the type answers requests.
pub const fn is_http<S: Http>() {}

/// Does not compile unless the type hands its state over.
pub const fn is_handover<S: Handover>() {}

/// Does not compile unless the type works in the background.
pub const fn is_native<S: Native>() {}

/// Does not compile unless the type is one piece of work.
pub const fn is_script<S: Script>() {}

/// Does not compile unless the type has a task to run.
pub const fn is_cronjob<S: Cronjob>() {}

/// Does not compile unless the type is a plug-in.
pub const fn is_plugin<P: Plugin>() {}

/// Does not compile unless the type decides about requests.
pub const fn is_request_hook<P: RequestHook>() {}

/// Does not compile unless the type decides about responses.
pub const fn is_response_hook<P: ResponseHook>() {}

/// Does not compile unless the type answers RPCs, each service once.
#[cfg(feature = "grpc")]
pub const fn is_grpc<S: crate::Grpc>() {
    rpc::names_length(rpc::declarations::<S>());
}

/// What generated code and the exports of gRPC services refer to.
#[cfg(feature = "grpc")]
pub mod rpc {
    pub use crate::grpc::call::{StreamingCall, UnaryCall, UnaryReply};
    pub use crate::grpc::reply_stream::StreamingReply;
    pub use crate::grpc::sections::{descriptors, descriptors_length, names, names_length};
    pub use crate::grpc::services::{Declaration, ProtoService};

    /// What the services of a type declare.
    pub const fn declarations<S: crate::Grpc>() -> &'static [Declaration] {
        <S::Services as crate::grpc::Services<S>>::DECLARATIONS
    }
}

/// Expands to what it is given.
#[cfg(feature = "grpc")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_grpc {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Says what to add where the kind `grpc` is used without its feature.
#[cfg(not(feature = "grpc"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_grpc {
    ($($tokens:tt)*) => {
        ::core::compile_error! {
            "the kind `grpc` needs the feature `grpc`; write `mikros-sdk = { .., features = [\"grpc\"] }` in `Cargo.toml`"
        }
    };
}

pub use crate::__with_grpc as with_grpc;

/// Expands to what it is given with the feature `grpc`, and to nothing without it.
#[cfg(feature = "grpc")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_grpc {
    ($($tokens:tt)*) => { $($tokens)* };
}

#[cfg(not(feature = "grpc"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_grpc {
    ($($tokens:tt)*) => {};
}

pub use crate::__if_grpc as if_grpc;

/// What derived errors refer to, to be in the document of the routes.
#[cfg(feature = "openapi")]
pub mod openapi {
    use std::marker::PhantomData;

    use crate::http::openapi::{Description, OperationOutput};

    /// Describes a type if it can be described, and otherwise says nothing: a function of its own wins over that of
    /// [`SaysNothing`].
    #[derive(Debug)]
    pub struct Output<T>(PhantomData<T>);

    impl<T: OperationOutput> Output<T> {
        /// What the type says.
        pub fn describe(operation: &mut Description<'_>) {
            T::describe(operation);
        }
    }

    /// For errors of which only a conversion is known.
    pub trait SaysNothing {
        /// Says nothing.
        fn describe(_operation: &mut Description<'_>) {}
    }

    impl<T> SaysNothing for Output<T> {}
}

/// Expands to what it is given with the feature `openapi`, and to nothing without it.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_openapi {
    ($($tokens:tt)*) => { $($tokens)* };
}

#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_openapi {
    ($($tokens:tt)*) => {};
}

pub use crate::__if_openapi as if_openapi;

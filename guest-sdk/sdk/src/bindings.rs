//! Rust bindings of the contract in `wit/`, generated, one module per part that a component may export.
//! Deliberately knows nothing about the SDK's own types: `imports` and `exports` translate.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unused_qualifications,
    elided_lifetimes_in_paths,
    unreachable_pub,
    clippy::pedantic,
    clippy::error_impl_error,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

/// What every service may call.
pub mod imports {
    wit_bindgen::generate!({
        world: "imports",
        path: "wit",
        generate_unused_types: true,
    });
}

/// Bindings of one world that exports one interface, with the types of [`imports`].
macro_rules! export {
    ($module:ident, $world:literal, $macro_name:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                world: $world,
                path: "wit",
                pub_export_macro: true,
                export_macro_name: $macro_name,
                runtime_path: "wit_bindgen::rt",
                with: {
                    "mikros:service/call@0.1.0": crate::bindings::imports::mikros::service::call,
                    "mikros:service/definition@0.1.0": crate::bindings::imports::mikros::service::definition,
                    "mikros:service/env@0.1.0": crate::bindings::imports::mikros::service::env,
                    "mikros:service/errors@0.1.0": crate::bindings::imports::mikros::service::errors,
                    "mikros:service/health@0.1.0": crate::bindings::imports::mikros::service::health,
                    "mikros:service/logger@0.1.0": crate::bindings::imports::mikros::service::logger,
                    "mikros:service/shutdown@0.1.0": crate::bindings::imports::mikros::service::shutdown,
                    "mikros:service/time@0.1.0": crate::bindings::imports::mikros::service::time,
                },
            });
        }
    };
}

export!(cronjob, "with-cronjob", "export_cronjob");
export!(lifecycle, "with-lifecycle", "export_lifecycle");
export!(handover, "with-handover", "export_handover");
#[cfg(feature = "grpc")]
export!(grpc, "with-grpc", "export_grpc");
export!(http, "with-http", "export_http");
export!(native, "with-native", "export_native");
export!(script, "with-script", "export_script");

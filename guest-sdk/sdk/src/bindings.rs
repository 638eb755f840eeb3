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

/// The error of all interfaces. Generated from its file alone: next to functions that return it, it would
/// implement `std::error::Error`, and then it could not become a service error of its own kind.
pub mod errors {
    wit_bindgen::generate!({
        inline: "package mikros:sdk; world errors { import mikros:service/errors@0.1.0; }",
        path: "wit/errors.wit",
        generate_all,
        generate_unused_types: true,
    });
}

/// What every service may call.
pub mod imports {
    wit_bindgen::generate!({
        world: "imports",
        path: "wit",
        generate_unused_types: true,
        with: {
            "mikros:service/errors@0.1.0": crate::bindings::errors::mikros::service::errors,
        },
    });
}

/// What a plug-in may call beyond that, with the types of [`imports`].
pub mod plugin {
    wit_bindgen::generate!({
        world: "mikros:plugin/imports",
        path: ["wit", "wit/plugin"],
        generate_unused_types: true,
        with: {
            "mikros:service/call@0.1.0": crate::bindings::imports::mikros::service::call,
            "mikros:service/definition@0.1.0": crate::bindings::imports::mikros::service::definition,
            "mikros:service/errors@0.1.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/logger@0.1.0": crate::bindings::imports::mikros::service::logger,
            "mikros:service/time@0.1.0": crate::bindings::imports::mikros::service::time,
        },
    });
}

/// Bindings of one world that exports one interface, with the types of the modules above.
macro_rules! export {
    ($module:ident, $world:literal, $macro_name:literal, $path:tt, $with:tt) => {
        pub mod $module {
            wit_bindgen::generate!({
                world: $world,
                path: $path,
                pub_export_macro: true,
                export_macro_name: $macro_name,
                runtime_path: "wit_bindgen::rt",
                with: $with,
            });
        }
    };
}

/// Of the package for services.
macro_rules! export_service {
    ($module:ident, $world:literal, $macro_name:literal) => {
        export!($module, $world, $macro_name, "wit", {
            "mikros:service/call@0.1.0": crate::bindings::imports::mikros::service::call,
            "mikros:service/definition@0.1.0": crate::bindings::imports::mikros::service::definition,
            "mikros:service/env@0.1.0": crate::bindings::imports::mikros::service::env,
            "mikros:service/errors@0.1.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/health@0.1.0": crate::bindings::imports::mikros::service::health,
            "mikros:service/logger@0.1.0": crate::bindings::imports::mikros::service::logger,
            "mikros:service/shutdown@0.1.0": crate::bindings::imports::mikros::service::shutdown,
            "mikros:service/time@0.1.0": crate::bindings::imports::mikros::service::time,
        });
    };
}

export_service!(cronjob, "with-cronjob", "export_cronjob");
export_service!(lifecycle, "with-lifecycle", "export_lifecycle");
export_service!(handover, "with-handover", "export_handover");
#[cfg(feature = "grpc")]
export_service!(grpc, "with-grpc", "export_grpc");
export_service!(http, "with-http", "export_http");
export_service!(native, "with-native", "export_native");
export_service!(script, "with-script", "export_script");

/// Of the package for plug-ins.
macro_rules! export_plugin {
    ($module:ident, $world:literal, $macro_name:literal) => {
        export!($module, $world, $macro_name, ["wit", "wit/plugin"], {
            "mikros:plugin/visit@0.1.0": crate::bindings::plugin::mikros::plugin::visit,
            "mikros:service/call@0.1.0": crate::bindings::imports::mikros::service::call,
            "mikros:service/definition@0.1.0": crate::bindings::imports::mikros::service::definition,
            "mikros:service/errors@0.1.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/logger@0.1.0": crate::bindings::imports::mikros::service::logger,
            "mikros:service/time@0.1.0": crate::bindings::imports::mikros::service::time,
        });
    };
}

export_plugin!(plugin_lifecycle, "mikros:plugin/plugin-with-lifecycle", "export_plugin_lifecycle");
export_plugin!(request_hook, "mikros:plugin/plugin-with-request-hook", "export_request_hook");
export_plugin!(response_hook, "mikros:plugin/plugin-with-response-hook", "export_response_hook");

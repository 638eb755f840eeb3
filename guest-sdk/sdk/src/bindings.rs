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

/// The error of all interfaces. Generated without any other interface: next to functions that return it, it would
/// implement `std::error::Error`, and then it could not become a service error of its own kind.
pub mod errors {
    wit_bindgen::generate!({
        inline: "package mikros:sdk; world errors { import mikros:service/errors@0.2.0; }",
        path: "wit-errors",
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
            "mikros:service/errors@0.2.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/types@0.2.0": crate::bindings::errors::mikros::service::types,
        },
    });
}

/// What services may call that call others. In a world of its own, because its functions return errors of the
/// contract: a component that calls none of them does not import the interface.
pub mod clients {
    wit_bindgen::generate!({
        inline: "package mikros:sdk; world clients { import mikros:service/clients@0.2.0; }",
        path: "wit",
        with: {
            "mikros:service/clients@0.2.0": generate,
            "mikros:service/errors@0.2.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/types@0.2.0": crate::bindings::errors::mikros::service::types,
        },
    });
}

/// Bindings of one interface that a component exports, with the types of the modules above. The world is made
/// here: the contract's own have all exports, and a component has only some.
macro_rules! export {
    ($module:ident, $world:literal, $macro_name:literal, $path:tt, $with:tt) => {
        pub mod $module {
            wit_bindgen::generate!({
                inline: $world,
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
            "mikros:service/call@0.2.0": crate::bindings::imports::mikros::service::call,
            "mikros:service/definition@0.2.0": crate::bindings::imports::mikros::service::definition,
            "mikros:service/env@0.2.0": crate::bindings::imports::mikros::service::env,
            "mikros:service/errors@0.2.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/health@0.2.0": crate::bindings::imports::mikros::service::health,
            "mikros:service/logger@0.2.0": crate::bindings::imports::mikros::service::logger,
            "mikros:service/routes@0.2.0": crate::bindings::imports::mikros::service::routes,
            "mikros:service/shutdown@0.2.0": crate::bindings::imports::mikros::service::shutdown,
            "mikros:service/time@0.2.0": crate::bindings::imports::mikros::service::time,
            "mikros:service/types@0.2.0": crate::bindings::errors::mikros::service::types,
        });
    };
}

export_service!(
    cronjob,
    "package mikros:sdk; world cronjob { include mikros:service/imports@0.2.0; export mikros:service/cronjob@0.2.0; }",
    "export_cronjob"
);
export_service!(
    lifecycle,
    "package mikros:sdk; world lifecycle { include mikros:service/imports@0.2.0; export mikros:service/lifecycle@0.2.0; }",
    "export_lifecycle"
);
export_service!(
    handover,
    "package mikros:sdk; world handover { include mikros:service/imports@0.2.0; export mikros:service/handover@0.2.0; }",
    "export_handover"
);
#[cfg(feature = "grpc")]
export_service!(
    grpc,
    "package mikros:sdk; world grpc { include mikros:service/imports@0.2.0; export mikros:service/grpc@0.2.0; }",
    "export_grpc"
);
export_service!(
    http,
    "package mikros:sdk; world http { include mikros:service/imports@0.2.0; export mikros:service/http@0.2.0; }",
    "export_http"
);
export_service!(
    native,
    "package mikros:sdk; world native { include mikros:service/imports@0.2.0; export mikros:service/native@0.2.0; }",
    "export_native"
);
export_service!(
    script,
    "package mikros:sdk; world script { include mikros:service/imports@0.2.0; export mikros:service/script@0.2.0; }",
    "export_script"
);

/// Of the package for plug-ins.
macro_rules! export_plugin {
    ($module:ident, $world:literal, $macro_name:literal) => {
        export!($module, $world, $macro_name, ["wit", "wit/plugin"], {
            "mikros:service/call@0.2.0": crate::bindings::imports::mikros::service::call,
            "mikros:service/definition@0.2.0": crate::bindings::imports::mikros::service::definition,
            "mikros:service/errors@0.2.0": crate::bindings::errors::mikros::service::errors,
            "mikros:service/logger@0.2.0": crate::bindings::imports::mikros::service::logger,
            "mikros:service/time@0.2.0": crate::bindings::imports::mikros::service::time,
            "mikros:service/types@0.2.0": crate::bindings::errors::mikros::service::types,
        });
    };
}

export_plugin!(
    plugin_lifecycle,
    "package mikros:sdk; world plugin-lifecycle { include mikros:plugin/imports@0.2.0; export mikros:plugin/lifecycle@0.2.0; }",
    "export_plugin_lifecycle"
);
export_plugin!(
    request_hook,
    "package mikros:sdk; world request-hook { include mikros:plugin/imports@0.2.0; export mikros:plugin/request-hook@0.2.0; }",
    "export_request_hook"
);
export_plugin!(
    response_hook,
    "package mikros:sdk; world response-hook { include mikros:plugin/imports@0.2.0; export mikros:plugin/response-hook@0.2.0; }",
    "export_response_hook"
);

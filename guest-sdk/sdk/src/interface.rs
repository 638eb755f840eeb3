//! Interfaces beside the contract: imported by services, provided by plug-ins.
//! Deliberately leaves them to wit-bindgen and only makes it fit the SDK.

/// Makes a module of interfaces that are written in WIT:
/// `bindings!(mod flags, world: "acme:%flags/client", path: "wit")`.
///
/// `world` names what is imported and exported, with its package. `path` is a folder, relative to `Cargo.toml`;
/// what its interfaces use of others, such as `errors.wit` of the contract, lies below it in
/// `deps/mikros-service`, or in folders that a list names before it. What is in the module is what
/// `wit_bindgen::generate!` makes.
///
/// A service calls what it imports as any other function:
///
/// ```
/// mikros_sdk::bindings!(mod imported, world: "acme:%flags/client", path: "wit");
///
/// # #[cfg(target_family = "wasm")]
/// async fn greeting() -> mikros_sdk::Result<&'static str> {
///     use imported::acme::flags::flags::is_enabled;
///     Ok(if is_enabled("new-greeting".to_owned()).await? { "hi" } else { "hello" })
/// }
/// # fn main() {}
/// ```
///
/// A service of a kind that a host of one's own adds exports the interface of that kind; `mikros_sdk::call` is the way
/// from there to the service. Such functions return `error` of `mikros:service/errors`:
///
/// ```ignore
/// mikros_sdk::bindings!(mod bindings, world: "acme:queue/service", path: "wit");
///
/// struct Exported;
///
/// impl bindings::exports::acme::queue::consumer::Guest for Exported {
///     async fn handle(message: Message) -> Result<(), Error> {
///         mikros_sdk::call(async |orders: &Orders| orders.book(&message.body).await).await
///     }
/// }
///
/// bindings::export!(Exported with_types_in bindings);
/// mikros_sdk::export!(Orders: lifecycle);
/// ```
///
/// `error` of `mikros:service/errors` becomes a [`ServiceError`](struct@crate::ServiceError) by `?` and the other way
/// round; its attributes are left behind. Where no interface uses it, because their errors are strings, add
/// `with: {}`: the table of types that are there already, which wit-bindgen wants to be exact.
///
/// On other targets than WebAssembly it expands to nothing: code that is compiled for them too, such as unit
/// tests, needs a stand-in.
#[macro_export]
macro_rules! bindings {
    (mod $module:ident, world: $world:literal, path: $path:tt $(,)?) => {
        $crate::bindings! {
            mod $module,
            world: $world,
            path: $path,
            with: { "mikros:service/errors@0.2.0": mikros_sdk::__private::errors },
        }
    };
    (mod $module:ident, world: $world:literal, path: $path:tt, with: $with:tt $(,)?) => {
        $crate::__bindings!($module, $world, $path, $with);
    };
}

#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __bindings {
    ($module:ident, $world:literal, $path:tt, $with:tt) => {
        #[allow(
            dead_code,
            missing_docs,
            missing_debug_implementations,
            unused_qualifications,
            elided_lifetimes_in_paths,
            unreachable_pub,
            unsafe_code,
            clippy::pedantic,
            clippy::error_impl_error,
            clippy::allow_attributes_without_reason,
            reason = "generated code"
        )]
        mod $module {
            $crate::__private::wit_bindgen::generate!({
                world: $world,
                path: $path,
                with: $with,
                generate_all,
                runtime_path: "mikros_sdk::__private::wit_bindgen::rt",
            });
        }
    };
}

#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __bindings {
    ($module:ident, $world:literal, $path:tt, $with:tt) => {};
}

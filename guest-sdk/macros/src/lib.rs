//! Macros of `mikros-sdk`; their documentation is at the re-exports of that crate.
//! Deliberately glue only: each macro is a pure function over tokens in a module of its own.

#![warn(missing_docs)]

mod env;
mod export;
mod handler;
mod log_line;
mod plugin;
mod service_error;
mod words;

use proc_macro::TokenStream;

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro]
pub fn export(input: TokenStream) -> TokenStream {
    export::expand(input.into()).into()
}

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro]
pub fn export_plugin(input: TokenStream) -> TokenStream {
    plugin::expand(input.into()).into()
}

#[expect(missing_docs, reason = "part of the macros of `mikros_sdk::log`")]
#[proc_macro]
pub fn log_line(input: TokenStream) -> TokenStream {
    log_line::expand(input.into()).into()
}

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, input: TokenStream) -> TokenStream {
    handler::expand(handler::Role::Handler, arguments.into(), &input.into()).into()
}

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn middleware(arguments: TokenStream, input: TokenStream) -> TokenStream {
    handler::expand(handler::Role::Middleware, arguments.into(), &input.into()).into()
}

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(Env, attributes(env))]
pub fn derive_env(input: TokenStream) -> TokenStream {
    env::expand(input.into()).into()
}

#[expect(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(ServiceError, attributes(service_error, source, from))]
pub fn derive_service_error(input: TokenStream) -> TokenStream {
    service_error::expand(input.into()).into()
}

//! `export_plugin!(Type: hook, ..)`: turns a plug-in into the exports of a component.
//! Deliberately does not look at the type: the compiler checks that it implements what the hooks need.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Path};

use crate::words::{self, Input};

const USAGE: &str = "write `export_plugin!(MyPlugin: request_hook)`, with `request_hook`, `response_hook`, both or neither";

/// The hooks; also the names of the bindings' modules.
const HOOKS: [&str; 2] = ["request_hook", "response_hook"];

/// Expands `export_plugin!`. On errors the expansion is `compile_error!`s that point at the author's words.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input = match Input::parse(input, USAGE, "the hooks of the plug-in") {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let (hooks, mut errors) = input.known(|word| {
        let hook = HOOKS.into_iter().find(|hook| *hook == word);
        hook.ok_or_else(|| words::unknown("hook", word, &HOOKS))
    });
    if let (Some(colon), true) = (&input.colon, input.words.is_empty()) {
        let message = format!("expected the hooks of the plug-in; {USAGE}");
        errors.push(syn::Error::new_spanned(colon, message));
    }
    let hooks: Vec<&str> = hooks.into_iter().map(|(hook, _)| hook).collect();
    let checks = trait_checks(&input.target, &hooks);
    if errors.is_empty() {
        let exports = exports(&input.target, &hooks);
        quote!(#checks #exports)
    } else {
        let errors = errors.iter().map(syn::Error::to_compile_error);
        quote!(#checks #(#errors)*)
    }
}

/// Fails to compile at the author's words when the type does not implement what its hooks need.
fn trait_checks(plugin: &Path, hooks: &[&str]) -> TokenStream {
    let checks = hooks.iter().map(|hook| {
        let check = Ident::new(&format!("is_{hook}"), Span::call_site());
        quote_spanned!(plugin.span()=> ::mikros_sdk::__private::#check::<#plugin>();)
    });
    quote! {
        const _: () = {
            ::mikros_sdk::__private::is_plugin::<#plugin>();
            #(#checks)*
        };
    }
}

/// The exports themselves; only a component has any.
fn exports(plugin: &Path, hooks: &[&str]) -> TokenStream {
    let exports = std::iter::once("plugin_lifecycle").chain(hooks.iter().copied()).map(|name| {
        let module = Ident::new(name, Span::call_site());
        let export = Ident::new(&format!("export_{name}"), Span::call_site());
        quote! {
            ::mikros_sdk::__private::#module::#export!(
                __Exported with_types_in ::mikros_sdk::__private::#module
            );
        }
    });
    quote! {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::ExportedPlugin<#plugin>;
            #(#exports)*
        };
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn expands(input: &str, expected: &Expect) {
        let tokens = expand(input.parse().expect("the input is tokens"));
        let file = syn::parse2(tokens).expect("the expansion is items");
        expected.assert_eq(&prettyplease::unparse(&file));
    }

    #[test]
    fn hooks_become_exports_next_to_the_lifecycle() {
        expands(
            "crate::Auth: request_hook, response_hook",
            &expect![[r#"
            const _: () = {
                ::mikros_sdk::__private::is_plugin::<crate::Auth>();
                ::mikros_sdk::__private::is_request_hook::<crate::Auth>();
                ::mikros_sdk::__private::is_response_hook::<crate::Auth>();
            };
            #[cfg(target_family = "wasm")]
            #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
            const _: () = {
                type __Exported = ::mikros_sdk::__private::ExportedPlugin<crate::Auth>;
                ::mikros_sdk::__private::plugin_lifecycle::export_plugin_lifecycle!(
                    __Exported with_types_in::mikros_sdk::__private::plugin_lifecycle
                );
                ::mikros_sdk::__private::request_hook::export_request_hook!(
                    __Exported with_types_in::mikros_sdk::__private::request_hook
                );
                ::mikros_sdk::__private::response_hook::export_response_hook!(
                    __Exported with_types_in::mikros_sdk::__private::response_hook
                );
            };
        "#]],
        );
    }

    #[test]
    fn a_plug_in_needs_no_hooks() {
        expands(
            "Flags",
            &expect![[r#"
            const _: () = {
                ::mikros_sdk::__private::is_plugin::<Flags>();
            };
            #[cfg(target_family = "wasm")]
            #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
            const _: () = {
                type __Exported = ::mikros_sdk::__private::ExportedPlugin<Flags>;
                ::mikros_sdk::__private::plugin_lifecycle::export_plugin_lifecycle!(
                    __Exported with_types_in::mikros_sdk::__private::plugin_lifecycle
                );
            };
        "#]],
        );
    }

    #[test]
    fn mistakes_are_collected_and_nothing_is_exported() {
        expands(
            "Auth: request_hook, request_hook, on_request, http",
            &expect![[r#"
            const _: () = {
                ::mikros_sdk::__private::is_plugin::<Auth>();
                ::mikros_sdk::__private::is_request_hook::<Auth>();
            };
            ::core::compile_error! {
                "`request_hook` is named twice; remove one"
            }
            ::core::compile_error! {
                "unknown hook `on_request`, expected one of `request_hook`, `response_hook`"
            }
            ::core::compile_error! {
                "unknown hook `http`, expected one of `request_hook`, `response_hook`"
            }
        "#]],
        );
    }
}

//! `export!(Type: kind, ..)`: turns a service into the exports of a component.
//! Deliberately does not look at the type: the compiler checks that it implements what the kinds need.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Path};

use crate::words::{self, Input};

const USAGE: &str = "write `export!(MyService: http)`, with one or more of the kinds `http`, `grpc`, `native`, `script` and `cronjob`";

/// What a component can export: a kind, or what may stand next to kinds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Grpc,
    Native,
    Script,
    Cronjob,
    /// No kind of `service.toml`.
    Handover,
    /// Neither: for a service whose kinds the SDK does not know.
    Lifecycle,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Http,
        Self::Grpc,
        Self::Native,
        Self::Script,
        Self::Cronjob,
        Self::Handover,
        Self::Lifecycle,
    ];

    /// As `service.toml` spells it; also the name of the bindings' module.
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Native => "native",
            Self::Script => "script",
            Self::Cronjob => "cronjob",
            Self::Handover => "handover",
            Self::Lifecycle => "lifecycle",
        }
    }

    /// Whether its export and its trait have its name and nothing else to them.
    fn is_plain(self) -> bool {
        !matches!(self, Self::Grpc | Self::Lifecycle)
    }
}

/// Expands `export!`. On errors the expansion is `compile_error!`s that point at the author's words.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input = match Input::parse(input, USAGE, "the kinds of the service") {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let (kinds, errors) = check(&input);
    let checks = trait_checks(&input.target, &kinds);
    let grpc = if kinds.iter().any(|(kind, _)| *kind == Kind::Grpc) {
        grpc(&input.target, errors.is_empty())
    } else {
        TokenStream::new()
    };
    if errors.is_empty() {
        let exports = exports(&input.target, &kinds);
        quote!(#checks #exports #grpc)
    } else {
        let errors = errors.iter().map(syn::Error::to_compile_error);
        quote!(#checks #grpc #(#errors)*)
    }
}

/// The kinds that make sense, with the place of each, and all that does not.
fn check(input: &Input) -> (Vec<(Kind, Span)>, Vec<syn::Error>) {
    let (kinds, mut errors) = input.known(|word| {
        let kind = Kind::ALL.into_iter().find(|kind| word == kind.name());
        kind.ok_or_else(|| unknown(word))
    });
    if input.words.is_empty() {
        let message = format!("expected the kinds of the service; {USAGE}");
        let tokens = match &input.colon {
            Some(colon) => colon.to_token_stream(),
            None => input.target.to_token_stream(),
        };
        errors.push(syn::Error::new_spanned(tokens, message));
    }
    errors.extend(misplaced(&kinds));
    (kinds, errors)
}

/// What cannot stand next to what it stands next to.
fn misplaced(kinds: &[(Kind, Span)]) -> Option<syn::Error> {
    let find = |wanted| kinds.iter().find(|(kind, _)| *kind == wanted).map(|(_, span)| *span);
    let named = [Kind::Lifecycle, Kind::Handover];
    if let Some(lifecycle) = find(Kind::Lifecycle)
        && kinds.iter().any(|(kind, _)| !named.contains(kind))
    {
        let message = "`lifecycle` is exported next to every kind; remove it";
        return Some(syn::Error::new(lifecycle, message));
    }
    match (find(Kind::Script), find(Kind::Handover), kinds.len()) {
        (Some(_), Some(handover), 2) => Some(syn::Error::new(
            handover,
            "`handover` has no use next to `script`, which no other version takes over from; remove it",
        )),
        (Some(script), _, 2..) => Some(syn::Error::new(
            script,
            "`script` cannot be combined with other kinds; make the script a service of its own",
        )),
        (None, Some(handover), 1) => Some(syn::Error::new(
            handover,
            "`handover` is no kind; name the kinds of the service next to it",
        )),
        _ => None,
    }
}

fn unknown(word: &str) -> String {
    // The name that Go services use for the same kind.
    if word == "worker" {
        return "unknown kind `worker`, did you mean `native`?".to_owned();
    }
    words::unknown("kind", word, &Kind::ALL.map(Kind::name))
}

/// Fails to compile at the author's words when the type does not implement what its kinds need.
fn trait_checks(service: &Path, kinds: &[(Kind, Span)]) -> TokenStream {
    let checks = kinds.iter().filter(|(kind, _)| kind.is_plain()).map(|(kind, _)| {
        let check = Ident::new(&format!("is_{}", kind.name()), Span::call_site());
        quote_spanned!(service.span()=> ::mikros_sdk::__private::#check::<#service>();)
    });
    quote! {
        const _: () = {
            ::mikros_sdk::__private::is_service::<#service>();
            #(#checks)*
        };
    }
}

/// The exports themselves; only a component has any.
fn exports(service: &Path, kinds: &[(Kind, Span)]) -> TokenStream {
    let exported = exported(service, kinds.iter().any(|(kind, _)| *kind == Kind::Http));
    let names = kinds.iter().filter(|(kind, _)| kind.is_plain()).map(|(kind, _)| kind.name());
    let exports = std::iter::once("lifecycle").chain(names).map(export);
    quote! {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            #exported
            #(#exports)*
        };
    }
}

/// The type that implements the exports.
fn exported(service: &Path, has_routes: bool) -> TokenStream {
    let routes = if has_routes {
        quote!(::mikros_sdk::__private::WithRoutes)
    } else {
        quote!(::mikros_sdk::__private::WithoutRoutes)
    };
    quote!(type __Exported = ::mikros_sdk::__private::Exported<#service, #routes>;)
}

fn export(name: &str) -> TokenStream {
    let module = Ident::new(name, Span::call_site());
    let export = Ident::new(&format!("export_{name}"), Span::call_site());
    quote! {
        ::mikros_sdk::__private::#module::#export!(
            __Exported with_types_in ::mikros_sdk::__private::#module
        );
    }
}

/// What `grpc` needs, in a macro that is there in every case and says when the SDK lacks its feature.
fn grpc(service: &Path, with_exports: bool) -> TokenStream {
    let check = quote_spanned!(service.span()=> ::mikros_sdk::__private::is_grpc::<#service>(););
    let exports = with_exports.then(|| {
        let exported = exported(service, false);
        let export = export(Kind::Grpc.name());
        let sections = sections(service);
        quote! {
            #[cfg(target_family = "wasm")]
            #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
            const _: () = {
                #exported
                #export
                #sections
            };
        }
    });
    quote! {
        ::mikros_sdk::__private::with_grpc! {
            const _: () = {
                #check
            };
            #exports
        }
    }
}

/// The declaration of the services, which the host reads before it runs any code.
fn sections(service: &Path) -> TokenStream {
    let section = |section: &str, name: &str| {
        let (write, length) = (Ident::new(name, Span::call_site()), format!("{name}_length"));
        let length = Ident::new(&length, Span::call_site());
        let constant = Ident::new(&format!("__{}", name.to_uppercase()), Span::call_site());
        quote! {
            #[unsafe(link_section = #section)]
            #[used]
            static #constant: [u8; ::mikros_sdk::__private::rpc::#length(__DECLARATIONS)] =
                ::mikros_sdk::__private::rpc::#write(__DECLARATIONS);
        }
    };
    let names = section("mikros:grpc/services", "names");
    let descriptors = section("mikros:grpc/descriptors", "descriptors");
    quote! {
        const __DECLARATIONS: &[::mikros_sdk::__private::rpc::Declaration] =
            ::mikros_sdk::__private::rpc::declarations::<#service>();
        #names
        #descriptors
    }
}

#[cfg(test)]
mod tests;

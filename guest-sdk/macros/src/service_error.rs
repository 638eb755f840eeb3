//! `#[derive(ServiceError)]`: which service error each variant of an error type is.
//! Deliberately does not implement `std::error::Error`: `?` would make an internal error of every variant.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Lit, LitInt, LitStr, Member};

use crate::words;

const USAGE: &str = "write `#[service_error(kind = not_found, message = \"no link {id}\")]`, or `#[service_error(transparent)]` around another error";

/// The constructors of `ServiceError` that take a message; the type has one per kind.
const KINDS: [&str; 16] = [
    "internal",
    "not_found",
    "invalid_arguments",
    "precondition_failed",
    "permission_denied",
    "custom",
    "unauthenticated",
    "already_exists",
    "conflict",
    "resource_exhausted",
    "unavailable",
    "deadline_exceeded",
    "unimplemented",
    "cancelled",
    "out_of_range",
    "data_loss",
];

/// A variant, or the struct itself.
struct Variant<'a> {
    path: TokenStream,
    fields: &'a Fields,
    mapping: Mapping,
}

enum Mapping {
    Transparent,
    Kind { kind: Ident, message: Option<LitStr>, code: Option<LitInt>, status: Option<LitInt> },
}

/// Expands the derive. On errors the expansion is `compile_error!`s that point at the author's words.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    match variants(&input) {
        Ok(variants) => implement(&input, &variants),
        Err(error) => error.into_compile_error(),
    }
}

/// All variants, or all that is wrong with them.
fn variants(input: &DeriveInput) -> syn::Result<Vec<Variant<'_>>> {
    let name = &input.ident;
    let all = match &input.data {
        Data::Struct(data) => {
            vec![variant(quote!(#name), name.span(), &input.attrs, &data.fields)]
        }
        Data::Enum(data) => {
            let misplaced = input.attrs.iter().find(|it| it.path().is_ident("service_error"));
            let misplaced = misplaced.map(|attribute| {
                Err(syn::Error::new_spanned(attribute, "`service_error` belongs to the variants"))
            });
            let thiserror = not_thiserror(&input.attrs).err().map(Err);
            let variants = data.variants.iter().map(|it| {
                let ident = &it.ident;
                variant(quote!(#name::#ident), ident.span(), &it.attrs, &it.fields)
            });
            misplaced.into_iter().chain(thiserror).chain(variants).collect()
        }
        Data::Union(_) => {
            let message = "`ServiceError` can be derived for enums and structs";
            vec![Err(syn::Error::new_spanned(name, message))]
        }
    };
    let mut errors: Option<syn::Error> = None;
    let mut found = Vec::new();
    for variant in all {
        match (variant, &mut errors) {
            (Ok(variant), _) => found.push(variant),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(found), Err)
}

fn variant<'a>(
    path: TokenStream,
    span: Span,
    attributes: &[Attribute],
    fields: &'a Fields,
) -> syn::Result<Variant<'a>> {
    not_thiserror(attributes)?;
    let mapping = mapping(span, attributes)?;
    let from = fields.iter().find(|field| has(field, "from"));
    if let (Some(field), 2..) = (from, fields.len()) {
        let message = "`from` makes the whole variant of this field, so it must be the only one; \
                       write `#[source]` and convert with `map_err`";
        return Err(syn::Error::new_spanned(field, message));
    }
    match &mapping {
        Mapping::Transparent if fields.len() != 1 => {
            Err(syn::Error::new(span, "`transparent` needs exactly one field, the other error"))
        }
        Mapping::Kind { kind, message: None, .. } if kind != "internal" => Err(syn::Error::new(
            kind.span(),
            format!("callers see the message of this kind: add `message = \"..\"`; {USAGE}"),
        )),
        Mapping::Kind { message: None, .. } if source(fields).is_none() => Err(syn::Error::new(
            span,
            "nothing says what has failed: add `message = \"..\"`, or a field with `#[source]` or `#[from]`",
        )),
        Mapping::Transparent | Mapping::Kind { .. } => Ok(Variant { path, fields, mapping }),
    }
}

/// The attribute of `thiserror` is its derive's: the two exclude each other.
fn not_thiserror(attributes: &[Attribute]) -> syn::Result<()> {
    match attributes.iter().find(|attribute| attribute.path().is_ident("error")) {
        Some(attribute) => Err(syn::Error::new_spanned(
            attribute,
            format!(
                "`ServiceError` stands in for `thiserror::Error`, because `?` makes an internal error of every `std::error::Error`: remove that derive; {USAGE}"
            ),
        )),
        None => Ok(()),
    }
}

fn mapping(span: Span, attributes: &[Attribute]) -> syn::Result<Mapping> {
    let (mut kind, mut message) = (None, None);
    let (mut code, mut status) = (None, None);
    let mut is_transparent = false;
    for attribute in attributes.iter().filter(|it| it.path().is_ident("service_error")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("kind") {
                set(&mut kind, &meta, known_kind(&meta)?)
            } else if meta.path.is_ident("message") {
                set(&mut message, &meta, meta.value()?.parse::<LitStr>()?)
            } else if meta.path.is_ident("code") {
                set(&mut code, &meta, number(&meta, "a code is a whole number")?)
            } else if meta.path.is_ident("status") {
                set(&mut status, &meta, status_number(&meta)?)
            } else if meta.path.is_ident("transparent") {
                is_transparent = true;
                Ok(())
            } else {
                Err(meta.error(format!("unknown key; {USAGE}")))
            }
        })?;
    }
    match (kind, is_transparent) {
        (Some(kind), false) => Ok(Mapping::Kind { kind, message, code, status }),
        (None, true) if message.is_none() && code.is_none() && status.is_none() => {
            Ok(Mapping::Transparent)
        }
        (_, true) => Err(syn::Error::new(
            span,
            "`transparent` takes kind, message, code and status of the other error; remove either",
        )),
        (None, false) => {
            Err(syn::Error::new(span, format!("which kind of service error is this? {USAGE}")))
        }
    }
}

fn set<T>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("this key is given twice; remove one")),
    }
}

fn known_kind(meta: &ParseNestedMeta<'_>) -> syn::Result<Ident> {
    let kind: Ident = meta.value()?.parse()?;
    if KINDS.iter().any(|known| kind == known) {
        return Ok(kind);
    }
    Err(syn::Error::new(kind.span(), words::unknown("kind", &kind.to_string(), &KINDS)))
}

fn number(meta: &ParseNestedMeta<'_>, rule: &str) -> syn::Result<LitInt> {
    match meta.value()?.parse()? {
        Lit::Int(number) => Ok(number),
        other => Err(syn::Error::new_spanned(other, rule)),
    }
}

/// What the host takes as the status of an error.
fn status_number(meta: &ParseNestedMeta<'_>) -> syn::Result<LitInt> {
    const RULE: &str = "the status of an error is a number from 400 to 599";
    let number = number(meta, RULE)?;
    match number.base10_parse::<u16>() {
        Ok(400..=599) => Ok(number),
        _ => Err(syn::Error::new_spanned(number, RULE)),
    }
}

fn has(field: &Field, name: &str) -> bool {
    field.attrs.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Where the error is that led to this one.
fn source(fields: &Fields) -> Option<Member> {
    let mut members = fields.members().zip(fields);
    members.find(|(_, field)| has(field, "source") || has(field, "from")).map(|(member, _)| member)
}

fn implement(input: &DeriveInput, variants: &[Variant<'_>]) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let arms = variants.iter().map(arm);
    let statuses = variants.iter().map(describe);
    let conversions = variants.iter().filter_map(|variant| {
        let path = &variant.path;
        let (member, field) =
            variant.fields.members().zip(variant.fields).find(|(_, field)| has(field, "from"))?;
        let ty = &field.ty;
        Some(quote! {
            impl #generics ::core::convert::From<#ty> for #name #arguments #bounds {
                fn from(source: #ty) -> Self {
                    #path { #member: source }
                }
            }
        })
    });
    quote! {
        impl #generics ::core::convert::From<#name #arguments> for ::mikros_sdk::ServiceError #bounds {
            #[allow(unused_variables, clippy::allow_attributes, reason = "generated code")]
            fn from(error: #name #arguments) -> Self {
                match error {
                    #(#arms)*
                }
            }
        }
        impl #generics ::mikros_sdk::http::IntoResponse for #name #arguments #bounds {
            fn into_response(self) -> ::mikros_sdk::http::Response {
                let error: ::mikros_sdk::ServiceError = ::core::convert::From::from(self);
                ::mikros_sdk::http::IntoResponse::into_response(error)
            }
        }
        ::mikros_sdk::__private::if_grpc! {
            impl #generics ::core::convert::From<#name #arguments> for ::mikros_sdk::grpc::Status #bounds {
                fn from(error: #name #arguments) -> Self {
                    let error: ::mikros_sdk::ServiceError = ::core::convert::From::from(error);
                    ::core::convert::From::from(error)
                }
            }
        }
        ::mikros_sdk::__private::if_openapi! {
            impl #generics ::mikros_sdk::http::openapi::OperationOutput for #name #arguments #bounds {
                fn describe(operation: &mut ::mikros_sdk::http::openapi::Description<'_>) {
                    #[allow(unused_imports, clippy::allow_attributes, reason = "generated code")]
                    use ::mikros_sdk::__private::openapi::SaysNothing as _;
                    #(#statuses)*
                }
            }
        }
        #(#conversions)*
    }
}

/// Says which status a variant has, for OpenAPI.
fn describe(variant: &Variant<'_>) -> TokenStream {
    let status = match &variant.mapping {
        Mapping::Transparent => {
            let other = variant.fields.iter().map(|field| &field.ty);
            return quote!(#(::mikros_sdk::__private::openapi::Output::<#other>::describe(operation);)*);
        }
        Mapping::Kind { status: Some(status), .. } => status_code(status),
        Mapping::Kind { kind, .. } => {
            let kind = camel_case(kind);
            quote!(::mikros_sdk::ErrorKind::#kind.status())
        }
    };
    quote!(operation.error(#status);)
}

/// The variant of `ErrorKind` that a constructor is called after.
fn camel_case(kind: &Ident) -> Ident {
    let name = kind.to_string();
    let words = name.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    Ident::new(&words.collect::<String>(), kind.span())
}

fn status_code(status: &LitInt) -> TokenStream {
    quote!(::mikros_sdk::http::StatusCode::from_u16(#status).expect("the status is checked"))
}

/// Takes a variant apart and makes a service error of it.
fn arm(variant: &Variant<'_>) -> TokenStream {
    let path = &variant.path;
    let bindings = variant.fields.members().map(|member| {
        let binding = binding(&member);
        match &member {
            Member::Named(_) => quote!(#binding),
            Member::Unnamed(_) => quote!(#member: #binding),
        }
    });
    let pattern = quote!(#path { #(#bindings),* });
    let source = source(variant.fields).map(|member| binding(&member));
    let (kind, message, code, status) = match &variant.mapping {
        Mapping::Transparent => {
            let member = variant.fields.members().next().map(|member| binding(&member));
            return quote!(#pattern => ::core::convert::From::from(#member),);
        }
        Mapping::Kind { kind, message, code, status } => (kind, message, code, status),
    };
    let message = message.as_ref().map(|message| {
        let message = with_bindings(message);
        quote!(::std::format!(#message))
    });
    let chain = source.map(|source| quote!(::mikros_sdk::__private::chain(&#source)));
    let code = code.as_ref().map(|code| quote!(.with_code(#code)));
    let status = status.as_ref().map(|status| {
        let status = status_code(status);
        quote!(.with_status(#status))
    });
    // What an internal error is about is for whoever debugs it.
    let made = match (kind == "internal", message, chain) {
        (true, Some(message), Some(chain)) => {
            quote!(#kind(::std::format!("{}: {}", #message, #chain)))
        }
        (true, message, chain) => {
            let cause = message.or(chain);
            quote!(#kind(#cause))
        }
        (false, message, Some(chain)) => quote!(#kind(#message).with_cause(#chain)),
        (false, message, None) => quote!(#kind(#message)),
    };
    quote!(#pattern => ::mikros_sdk::ServiceError::#made #code #status,)
}

/// The name of a field in the code that is generated; that of the field if it has one.
fn binding(member: &Member) -> Ident {
    match member {
        Member::Named(name) => name.clone(),
        Member::Unnamed(index) => format_ident!("field_{}", index.index, span = member.span()),
    }
}

/// The message with `{0}` as the name that the field is bound to.
fn with_bindings(message: &LitStr) -> TokenStream {
    let text = message.value();
    let mut named = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        named.push(letter);
        if letter != '{' {
            continue;
        }
        match letters.peek() {
            Some('{') => named.extend(letters.next()),
            Some(next) if next.is_ascii_digit() => named.push_str("field_"),
            _ => {}
        }
    }
    LitStr::new(&named, message.span()).into_token_stream()
}

//! `#[derive(Env)]`: loads the fields of a struct from environment variables.
//! Deliberately does not look at types: the compiler checks that they can hold a variable.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Field, Fields, Lit, LitStr};

const USAGE: &str =
    "write `#[env(variable = \"NAME\", default = \"value\")]` with one or both of them";

/// One field with its attributes.
struct Variable<'a> {
    field: &'a Field,
    name: LitStr,
    default: Option<String>,
}

/// Expands the derive. On errors the expansion is `compile_error!`s that point at the author's words.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    match variables(&input) {
        Ok(variables) => implement(&input, &variables),
        Err(error) => error.into_compile_error(),
    }
}

/// The fields, or all that is wrong with them.
fn variables(input: &DeriveInput) -> syn::Result<Vec<Variable<'_>>> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            Fields::Unit | Fields::Unnamed(_) => {
                let message = "`Env` needs fields with names; they are the variables";
                return Err(syn::Error::new_spanned(&input.ident, message));
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            let message = "`Env` can be derived for structs only";
            return Err(syn::Error::new_spanned(&input.ident, message));
        }
    };
    if fields.is_empty() {
        let message = "`Env` needs at least one field; each is a variable";
        return Err(syn::Error::new_spanned(&input.ident, message));
    }
    let mut found = Vec::new();
    let mut errors: Option<syn::Error> = None;
    for variable in fields.iter().map(variable) {
        match (variable, &mut errors) {
            (Ok(variable), _) => found.push(variable),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(found), Err)
}

fn variable(field: &Field) -> syn::Result<Variable<'_>> {
    let mut name = None;
    let mut default = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("env")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("variable") {
                set(&mut name, &meta, variable_name(&meta)?)
            } else if meta.path.is_ident("default") {
                set(&mut default, &meta, literal(&meta)?)
            } else {
                Err(meta.error(format!("unknown key; {USAGE}")))
            }
        })?;
    }
    let name = match (name, &field.ident) {
        (Some(name), _) => name,
        (None, Some(ident)) => {
            let name = ident.to_string();
            LitStr::new(&name.trim_start_matches("r#").to_uppercase(), ident.span())
        }
        (None, None) => LitStr::new("", Span::call_site()),
    };
    Ok(Variable { field, name, default })
}

fn set<T>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("this key is given twice; remove one")),
    }
}

/// The same rule as for `envs` in `service.toml`.
fn variable_name(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let name: LitStr = meta.value()?.parse()?;
    let text = name.value();
    let is_first = |byte: &u8| byte.is_ascii_uppercase();
    let is_next = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if text.as_bytes().first().is_some_and(is_first) && text.bytes().all(is_next) {
        return Ok(name);
    }
    let message = "the name of a variable must be upper-case letters, digits and `_`, \
                   and start with a letter";
    Err(syn::Error::new(name.span(), message))
}

/// The text of a literal: what the variable would hold.
fn literal(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    let literal: Lit = meta.value()?.parse()?;
    match &literal {
        Lit::Str(text) => Ok(text.value()),
        Lit::Int(number) => Ok(number.base10_digits().to_owned()),
        Lit::Float(number) => Ok(number.base10_digits().to_owned()),
        Lit::Bool(value) => Ok(value.value.to_string()),
        other => {
            Err(syn::Error::new_spanned(other, "a default must be text, a number or a boolean"))
        }
    }
}

fn implement(input: &DeriveInput, variables: &[Variable<'_>]) -> TokenStream {
    let (ident, (generics, arguments, wheres)) = (&input.ident, input.generics.split_for_impl());
    let fields: Vec<_> = variables.iter().map(|variable| &variable.field.ident).collect();
    // Names that no field can have, whatever the author calls them.
    let locals: Vec<_> = (0..fields.len()).map(|index| format_ident!("field_{index}")).collect();
    let loads = variables.iter().map(|variable| {
        let (name, kind) = (&variable.name, &variable.field.ty);
        match &variable.default {
            None => quote_spanned!(kind.span()=> problems.field::<#kind>(#name)),
            Some(default) => {
                quote_spanned!(kind.span()=> problems.field_or::<#kind>(#name, #default))
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics ::mikros_sdk::env::Env for #ident #arguments #wheres {
            fn load() -> ::mikros_sdk::Result<Self> {
                let mut problems = ::mikros_sdk::env::Problems::default();
                #(let #locals = #loads;)*
                match (#(#locals,)*) {
                    (#(::core::option::Option::Some(#locals),)*) => {
                        ::core::result::Result::Ok(Self { #(#fields: #locals),* })
                    }
                    _ => ::core::result::Result::Err(problems.into_error()),
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT` writes them")]
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
    fn fields_become_variables() {
        let input = r#"
            struct Database<'a, T> where T: FromVariable {
                url: T,
                #[env(variable = "POOL", default = 8)]
                r#type: u16,
            }
        "#;

        expands(
            input,
            &expect![[r##"
            #[automatically_derived]
            impl<'a, T> ::mikros_sdk::env::Env for Database<'a, T>
            where
                T: FromVariable,
            {
                fn load() -> ::mikros_sdk::Result<Self> {
                    let mut problems = ::mikros_sdk::env::Problems::default();
                    let field_0 = problems.field::<T>("URL");
                    let field_1 = problems.field_or::<u16>("POOL", "8");
                    match (field_0, field_1) {
                        (
                            ::core::option::Option::Some(field_0),
                            ::core::option::Option::Some(field_1),
                        ) => {
                            ::core::result::Result::Ok(Self {
                                url: field_0,
                                r#type: field_1,
                            })
                        }
                        _ => ::core::result::Result::Err(problems.into_error()),
                    }
                }
            }
        "##]],
        );
    }
}

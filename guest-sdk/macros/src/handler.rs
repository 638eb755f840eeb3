//! `#[handler]` and `#[middleware]`: which part of a function keeps it from being one.
//! Deliberately changes nothing that runs: it adds a closure that nobody calls, for the compiler to look at.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{
    FnArg, GenericArgument, Ident, ItemFn, PathArguments, ReceiverKind, ReturnType, Type,
    parse_quote,
};

/// What the function shall be.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Handler,
    Middleware,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Middleware => "middleware",
        }
    }

    fn most_extractors(self) -> usize {
        match self {
            Self::Handler => 8,
            Self::Middleware => 6,
        }
    }
}

/// Expands the attribute. The function is always there, so that its other errors are reported as well.
pub(crate) fn expand(role: Role, arguments: TokenStream, input: &TokenStream) -> TokenStream {
    let name = role.name();
    let mut function: ItemFn = match syn::parse2(input.clone()) {
        Ok(function) => function,
        Err(error) => {
            let message = format!("`#[{name}]` goes above an async function with a body: {error}");
            let error = syn::Error::new(error.span(), message).into_compile_error();
            return quote!(#input #error);
        }
    };
    let (checks, errors) = match service(arguments, name) {
        Ok(service) => examine(role, &function, service),
        Err(error) => (TokenStream::new(), vec![error]),
    };
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let checks: syn::Stmt = parse_quote! {
        #[allow(warnings, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        let _ = || { #(#errors;)* #checks };
    };
    function.block.stmts.insert(0, checks);
    function.into_token_stream()
}

/// The type between the parentheses of the attribute.
fn service(arguments: TokenStream, name: &str) -> syn::Result<Option<Type>> {
    if arguments.is_empty() {
        return Ok(None);
    }
    syn::parse2(arguments).map(Some).map_err(|error| {
        let message = format!("write `#[{name}]`, or `#[{name}(Shop)]` with the service's type");
        syn::Error::new(error.span(), message)
    })
}

/// What the compiler shall check, and what is wrong whatever the types are.
fn examine(role: Role, function: &ItemFn, service: Option<Type>) -> (TokenStream, Vec<syn::Error>) {
    let signature = &function.sig;
    let mut errors = Vec::new();
    let is_future = returns_future(&signature.output);
    if signature.asyncness.is_none() && !is_future {
        let message = format!("a {} must be async: write `async fn`", role.name());
        errors.push(syn::Error::new_spanned(signature.fn_token, message));
    }
    let (found, arguments) = arguments(function, &mut errors);
    let service = service.or(found);
    let service =
        service.unwrap_or_else(|| parse_quote!(::mikros_sdk::__private::handler::AnyService));
    let mut checks = of_arguments(role, &arguments, &service, &mut errors);
    if let ReturnType::Type(_, answer) = &signature.output
        && !is_future
    {
        checks.extend(of_answer(answer));
    }
    (checks, errors)
}

/// Whether a function that is not `async` may be one in other words.
fn returns_future(output: &ReturnType) -> bool {
    match output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => match &**ty {
            Type::ImplTrait(ty) => ty.bounds.to_token_stream().to_string().contains("Future"),
            ty => named(ty).is_some_and(|(name, _)| name.ends_with("Future") || name == "Pin"),
        },
    }
}

/// The type of the service if the function takes it, and the arguments after it.
fn arguments<'a>(
    function: &'a ItemFn,
    errors: &mut Vec<syn::Error>,
) -> (Option<Type>, Vec<&'a Type>) {
    let mut service = None;
    let mut rest = Vec::new();
    for (index, argument) in function.sig.inputs.iter().enumerate() {
        match argument {
            FnArg::Receiver(receiver) => {
                if !is_shared(&receiver.kind) {
                    errors.push(not_shared(receiver, "&self"));
                }
                service = Some(parse_quote!(Self));
            }
            FnArg::Typed(argument) => match &*argument.ty {
                Type::Reference(reference) if index == 0 && !is_unsized(&reference.elem) => {
                    if reference.mutability.is_some() {
                        let wanted = format!("&{}", reference.elem.to_token_stream());
                        errors.push(not_shared(reference, &wanted));
                    }
                    service = Some((*reference.elem).clone());
                }
                ty => rest.push(ty),
            },
        }
    }
    (service, rest)
}

fn is_shared(receiver: &ReceiverKind) -> bool {
    match receiver {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        ReceiverKind::Typed(_, ty) => {
            matches!(&**ty, Type::Reference(reference) if reference.mutability.is_none())
        }
        _ => false,
    }
}

fn is_unsized(ty: &Type) -> bool {
    matches!(ty, Type::Slice(_)) || named(ty).is_some_and(|(name, _)| name == "str")
}

fn not_shared(tokens: impl quote::ToTokens, wanted: &str) -> syn::Error {
    let message = format!(
        "concurrent calls share the service: write `{wanted}`, and keep what changes in a `Cell` or a `RefCell`"
    );
    syn::Error::new_spanned(tokens, message)
}

fn of_arguments(
    role: Role,
    arguments: &[&Type],
    service: &Type,
    errors: &mut Vec<syn::Error>,
) -> TokenStream {
    let mut checks = TokenStream::new();
    let mut check = |ty: &Type, method: &str| checks.extend(of_type(ty, service, method));
    let extractors = match (role, arguments) {
        (Role::Handler, [extractors @ .., last]) => {
            for ty in extractors {
                check(ty, "head");
            }
            check(last, "last");
            arguments
        }
        (Role::Middleware, [extractors @ .., request, next]) => {
            for ty in extractors {
                check(ty, "head");
            }
            check(request, "request");
            check(next, "next");
            extractors
        }
        (Role::Handler, []) => arguments,
        (Role::Middleware, _) => {
            let message = "a middleware takes a `Request` and a `Next` as its last arguments";
            errors.push(syn::Error::new(Span::call_site(), message));
            arguments
        }
    };
    let most = role.most_extractors();
    if let Some(extractor) = extractors.get(most) {
        let message = format!(
            "a {} has at most {most} extractors: join some in one of your own",
            role.name()
        );
        errors.push(syn::Error::new_spanned(extractor, message));
    }
    checks
}

/// A check of a type by a method of `Probe`. The type is the method's argument once more, because the compiler
/// underlines arguments.
fn of_type(ty: &Type, service: &Type, method: &str) -> TokenStream {
    if has_impl(ty) {
        return TokenStream::new();
    }
    let method = Ident::new(method, ty.span());
    quote_spanned! {ty.span()=> {
        use ::mikros_sdk::__private::handler::{Unknown as _, UnknownBody as _};
        ::mikros_sdk::__private::handler::Probe::<#ty, #service>::new().#method::<#ty>();
    }}
}

/// Checks of what is returned: of the parts of tuples and results each for itself.
fn of_answer(ty: &Type) -> TokenStream {
    let any: Type = parse_quote!(::mikros_sdk::__private::handler::AnyService);
    match ty {
        Type::Never(_) => TokenStream::new(),
        Type::Tuple(tuple) if (2..=3).contains(&tuple.elems.len()) => {
            let (last, others) = (tuple.elems.last(), tuple.elems.len() - 1);
            let others = tuple.elems.iter().take(others);
            let mut checks: TokenStream =
                others.map(|part| of_type(part, &any, "before_body")).collect();
            checks.extend(last.map(of_answer));
            checks
        }
        ty => match named(ty) {
            Some((name, arguments)) if name == "Result" && !arguments.is_empty() => {
                let mut checks = of_answer(arguments[0]);
                checks.extend(of_error(ty, arguments.get(1).copied()));
                checks
            }
            _ => of_type(ty, &any, "answer"),
        },
    }
}

/// A check of the error of a result, which may be hidden in an alias such as `std::io::Result<T>`.
fn of_error(result: &Type, error: Option<&Type>) -> TokenStream {
    let any: Type = parse_quote!(::mikros_sdk::__private::handler::AnyService);
    match error {
        Some(Type::Tuple(tuple)) if !tuple.elems.is_empty() => {
            of_answer(&Type::Tuple(tuple.clone()))
        }
        Some(error) => of_type(error, &any, "error"),
        None if has_impl(result) => TokenStream::new(),
        None => {
            let error: Type = syn::parse_quote_spanned! {result.span()=>
                <#result as ::mikros_sdk::__private::handler::IsResult>::Error
            };
            of_type(&error, &any, "error")
        }
    }
}

/// The name of a type without its path, and the types that are its arguments.
fn named(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = ty else { return None };
    if path.qself.is_some() {
        return None;
    }
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Some((segment.ident.to_string(), Vec::new()));
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((segment.ident.to_string(), types.collect()))
}

/// Whether a type cannot be written in a body, because an `impl Trait` is in it.
fn has_impl(ty: &Type) -> bool {
    fn among(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "impl",
            proc_macro2::TokenTree::Group(group) => among(group.stream()),
            _ => false,
        })
    }
    among(ty.to_token_stream())
}

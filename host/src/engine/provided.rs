//! Interfaces that a plug-in provides: whether they can cross from one component to another, and whether
//! they fit what a service imports.
//!
//! Does not know how a call gets from one to the other.

use std::sync::Arc;

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, Linker};

use super::contract;
use super::mismatch::Mismatch;
use crate::bindings::{PACKAGE, plugin};
use crate::capability::{FailureShape, Relay, State};

/// An interface that a plug-in provides.
#[derive(Debug, Clone)]
pub(crate) struct Provided {
    /// As it stands in the component, for example `acme:flags/flags@1.0.0`.
    pub interface: String,
    functions: Vec<Function>,
}

#[derive(Clone)]
struct Function {
    name: String,
    ty: ComponentFunc,
    failure: FailureShape,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

/// By whom an interface is provided.
#[derive(Debug)]
pub(crate) struct Provider<'a> {
    /// The name of the feature.
    pub feature: &'a str,
    /// Its index among those that are enabled; `None` for one that is not.
    pub index: Option<usize>,
    pub provided: &'a [Provided],
}

/// Name under which a function of an interface is found: `acme:flags/flags@1.0.0#is-enabled`.
pub(super) fn function_name(interface: &str, function: &str) -> Arc<str> {
    format!("{interface}#{function}").into()
}

impl Provided {
    /// All interfaces that `component` exports and that are not of the contract of plug-ins; or all reasons
    /// why they cannot be provided.
    pub(super) fn of(
        component: &Component,
        engine: &wasmtime::Engine,
    ) -> Result<Vec<Self>, Vec<Mismatch>> {
        let (mut all, mut mismatches) = (Vec::new(), Vec::new());
        for (interface, item) in component.component_type().exports(engine) {
            let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
            if [PACKAGE, plugin::PACKAGE].iter().any(|p| contract::parse_in(p, interface).is_some())
            {
                continue;
            }
            let mut functions = Vec::new();
            for (name, item) in instance.exports(engine) {
                let reason = match item.ty {
                    ComponentItem::ComponentFunc(ty) => match check(&ty) {
                        Ok(failure) => {
                            functions.push(Function { name: name.to_owned(), ty, failure });
                            continue;
                        }
                        Err(reason) => reason,
                    },
                    ComponentItem::Type(_) => continue,
                    _ => "it is not a function",
                };
                let function = function_name(interface, name).to_string();
                mismatches.push(Mismatch::Unprovidable { function, reason });
            }
            all.push(Self { interface: interface.to_owned(), functions });
        }
        if mismatches.is_empty() { Ok(all) } else { Err(mismatches) }
    }

    /// Names of its functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = Arc<str>> {
        self.functions.iter().map(|function| function_name(&self.interface, &function.name))
    }

    /// Whether a component imports it.
    pub(crate) fn is_imported_by(&self, imports: &[String]) -> bool {
        imports.iter().any(|import| contract::is_compatible(import, &self.interface))
    }
}

/// Links what `provider` provides for `component`, as far as that imports it.
///
/// # Errors
/// A [`Mismatch::ProvidedOtherwise`] when the component imports a function of another type.
pub(super) fn link(
    linker: &mut Linker<State>,
    component: &Component,
    provider: &Provider<'_>,
) -> wasmtime::Result<Result<(), Mismatch>> {
    let engine = component.engine().clone();
    let ty = component.component_type();
    for provided in provider.provided {
        let import = ty
            .imports(&engine)
            .find(|(import, _)| contract::is_compatible(import, &provided.interface));
        let Some((import, item)) = import else { continue };
        let ComponentItem::ComponentInstance(imported) = item.ty else { continue };
        let mut instance = linker.instance(import)?;
        for (name, item) in imported.exports(&engine) {
            let ComponentItem::ComponentFunc(wanted) = item.ty else { continue };
            let function = provided.functions.iter().find(|function| function.name == name);
            let Some(function) = function.filter(|function| is_same(&function.ty, &wanted)) else {
                return Ok(Err(Mismatch::ProvidedOtherwise {
                    function: function_name(import, name).to_string(),
                    feature: provider.feature.to_owned(),
                }));
            };
            let relay = Relay {
                feature: provider.feature.into(),
                provider: provider.index,
                function: function_name(&provided.interface, name),
                failure: function.failure,
            };
            relay.define(&mut instance, name, wanted.async_())?;
        }
    }
    Ok(Ok(()))
}

/// Whether a kind can call a function that it wants of `component`, by its name such as
/// `acme:queue/consumer@0.1.0#handle`; `None` when it can, as far as that is known before it is called.
pub(super) fn uncallable(component: &Component, name: &str) -> Option<Mismatch> {
    let (interface, function) = name.split_once('#')?;
    let engine = component.engine();
    let ty = component.component_type();
    let (_, export) =
        ty.exports(engine).find(|(export, _)| contract::is_compatible(export, interface))?;
    let ComponentItem::ComponentInstance(instance) = export.ty else { return None };
    let found = instance.exports(engine).find(|(export, _)| *export == function);
    let reason = match found.map(|(_, item)| item.ty) {
        Some(ComponentItem::ComponentFunc(ty)) => check(&ty).err()?,
        _ => "the component does not export it",
    };
    Some(Mismatch::Uncallable { function: name.to_owned(), reason })
}

fn is_same(provided: &ComponentFunc, wanted: &ComponentFunc) -> bool {
    let parameters = |ty: &ComponentFunc| ty.params().map(|(_, ty)| ty).collect::<Vec<_>>();
    let results = |ty: &ComponentFunc| ty.results().collect::<Vec<_>>();
    // What holds a handle does not equal anything, and asking would panic.
    check(wanted).is_ok()
        && provided.async_() == wanted.async_()
        && parameters(provided) == parameters(wanted)
        && results(provided) == results(wanted)
}

/// Whether a function can be called from another component, and how it fails.
fn check(ty: &ComponentFunc) -> Result<FailureShape, &'static str> {
    let results: Vec<_> = ty.results().collect();
    if !ty.params().map(|(_, ty)| ty).chain(results.iter().cloned()).all(|ty| can_cross(&ty)) {
        return Err("a handle, a stream or a future is in it, which cannot cross");
    }
    let [Type::Result(result)] = &results[..] else { return Err(NO_FAILURE) };
    match result.err() {
        Some(Type::String) => Ok(FailureShape::Text),
        Some(Type::Record(record)) => {
            let names = record.fields().map(|field| field.name.to_owned());
            let is_error = names.eq(ERROR_FIELDS);
            if is_error { Ok(FailureShape::Error) } else { Err(NO_FAILURE) }
        }
        _ => Err(NO_FAILURE),
    }
}

/// Of `error` of `mikros:service/errors`.
const ERROR_FIELDS: [&str; 9] = [
    "kind",
    "message",
    "code",
    "cause",
    "destination",
    "status",
    "retry-after",
    "field-violations",
    "attributes",
];

const NO_FAILURE: &str = "it cannot tell of a failure: let it return \
                          `result<.., error>` with `error` of `mikros:service/errors`, or \
                          `result<.., string>`";

/// Whether values of a type mean the same in another component.
fn can_cross(ty: &Type) -> bool {
    let optional = |ty: Option<Type>| ty.is_none_or(|ty| can_cross(&ty));
    match ty {
        Type::Own(_) | Type::Borrow(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext => {
            false
        }
        Type::List(list) => can_cross(&list.ty()),
        Type::FixedLengthList(list) => can_cross(&list.ty()),
        Type::Map(map) => can_cross(&map.key()) && can_cross(&map.value()),
        Type::Record(record) => record.fields().all(|field| can_cross(&field.ty)),
        Type::Tuple(tuple) => tuple.types().all(|ty| can_cross(&ty)),
        Type::Variant(variant) => variant.cases().all(|case| optional(case.ty)),
        Type::Option(option) => can_cross(&option.ty()),
        Type::Result(result) => optional(result.ok()) && optional(result.err()),
        _ => true,
    }
}

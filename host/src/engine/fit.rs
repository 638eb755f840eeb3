//! What a service, its kinds and its features want of its component.

use std::sync::Arc;

use super::interface::{Interface, Surface, Wanted};
use super::mismatch::Mismatch;
use super::provided::{self, Provided, Provider};
use crate::extension::{AnyFeature, AnyKind, Extensions};

/// What a service and its features want of its component.
#[derive(Debug)]
pub(crate) struct Fit<'a> {
    /// The interfaces of its kinds.
    pub declared: &'a [Interface],
    pub extensions: &'a Extensions,
    pub providers: &'a [Provider<'a>],
}

impl Fit<'_> {
    pub(super) fn mismatches(&self, surface: &Surface) -> Vec<Mismatch> {
        let custom = |kind: &dyn AnyKind| Interface::Custom {
            kind: kind.entry().name,
            name: kind.interface(),
        };
        let native = self.extensions.features().flat_map(AnyFeature::interfaces);
        let provided = self.providers.iter().flat_map(|provider| provider.provided);
        let wanted = Wanted {
            declared: self.declared,
            kinds: self.extensions.kinds().map(custom).collect(),
            offered: native
                .map(|name| *name as &str)
                .chain(provided.map(|p| &*p.interface))
                .collect(),
        };
        let mut mismatches = surface.mismatches(&wanted);
        mismatches.extend(self.provided_twice(surface));
        mismatches
    }

    fn provided_twice(&self, surface: &Surface) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for (index, first) in self.providers.iter().enumerate() {
            for provided in first.provided.iter().filter(|p| p.is_imported_by(&surface.imports)) {
                let same = |other: &Provided| other.interface == provided.interface;
                let second =
                    self.providers[index + 1..].iter().find(|p| p.provided.iter().any(same));
                mismatches.extend(second.map(|second| Mismatch::ProvidedTwice {
                    interface: provided.interface.clone(),
                    features: [first.feature.to_owned(), second.feature.to_owned()],
                }));
            }
        }
        mismatches
    }

    /// The functions that kinds call.
    pub(super) fn functions(&self) -> Arc<[Arc<str>]> {
        let declared = |kind: &&dyn AnyKind| {
            self.declared.iter().any(|interface| {
                matches!(interface, Interface::Custom { name, .. } if *name == kind.interface())
            })
        };
        let kinds = self.extensions.kinds().filter(declared);
        let exports = kinds.flat_map(AnyKind::exports);
        exports.map(|e| provided::function_name(e.interface, e.function)).collect()
    }
}

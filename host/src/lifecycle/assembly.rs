//! Which components a service is made of: its own, and those of its features; compiled, checked and linked
//! with each other.
//!
//! Runs nothing.

use super::load::interfaces;
use crate::definition::{ComponentFeature, Definition, Feature, FeatureSource};
use crate::engine::{
    Cache, CompileError, Compiled, Engine, Fit, Interface, Mismatch, Program, Provided, Provider,
};
use crate::extension::Extensions;

/// Compiles the components of a service.
#[derive(Debug)]
pub(crate) struct Assembler<'a> {
    pub engine: &'a Engine,
    pub cache: Option<&'a Cache>,
    pub extensions: &'a Extensions,
}

/// A plug-in that is compiled and linked.
#[derive(Debug)]
pub(crate) struct Module {
    /// The name of the feature.
    pub name: String,
    pub feature: ComponentFeature,
    pub program: Program,
    pub provided: Vec<Provided>,
    is_cached: bool,
    /// Whether it is of no use to this service: it decides nothing, and nothing that it provides is
    /// imported.
    pub is_idle: bool,
}

/// All components of a service.
#[derive(Debug)]
pub(crate) struct Assembly {
    pub program: Program,
    /// Those of the features that are enabled, in the order in which they start.
    pub modules: Vec<Module>,
    /// Whether all were compiled at an earlier time.
    pub is_cached: bool,
    /// SHA-256 of the service's component, in hexadecimal.
    pub digest: String,
}

impl Assembler<'_> {
    /// Compiles and links everything.
    ///
    /// # Errors
    /// The first component that is missing, broken, or does not fit.
    pub(crate) fn assemble(&self, definition: &Definition) -> Result<Assembly, CompileError> {
        let modules = self.modules(definition).into_iter().collect::<Result<Vec<_>, _>>();
        let mut modules = modules?;
        let compiled = self.engine.compile(&definition.host.component, self.cache)?;
        let program = self.link(definition, &compiled, &modules)?;
        for module in &mut modules {
            let imports = &compiled.surface().imports;
            let is_used = |provided: &Provided| provided.is_imported_by(imports);
            module.is_idle &= !module.provided.iter().any(is_used);
        }
        let is_cached = compiled.is_cached() && modules.iter().all(|module| module.is_cached);
        let digest = compiled.digest();
        Ok(Assembly { program, modules, is_cached, digest })
    }

    /// The plug-ins that are enabled, one by one.
    pub(crate) fn modules(&self, definition: &Definition) -> Vec<Result<Module, CompileError>> {
        let enabled = definition.features.iter().filter(|feature| feature.is_enabled);
        enabled.filter_map(|feature| self.module(feature)).collect()
    }

    /// `None` for a feature that is not a component.
    fn module(&self, feature: &Feature) -> Option<Result<Module, CompileError>> {
        let FeatureSource::Component(component) = &feature.source else { return None };
        let path = &component.component;
        let module = || {
            let compiled = self.engine.compile(path, self.cache)?;
            let (program, provided) = self.engine.link_plugin(&compiled, path)?;
            let (name, feature) = (feature.name.clone(), (**component).clone());
            let is_hook = |i| matches!(i, Interface::RequestHook | Interface::ResponseHook);
            let is_idle = !program.surface().exported().any(is_hook);
            let is_cached = compiled.is_cached();
            Ok(Module { name, feature, program, provided, is_cached, is_idle })
        };
        Some(module())
    }

    /// Links the service's own component with what features provide. Those that are disabled provide what
    /// they would, so that the service can be told that they are.
    pub(crate) fn link(
        &self,
        definition: &Definition,
        compiled: &Compiled,
        modules: &[Module],
    ) -> Result<Program, CompileError> {
        let enabled = modules.iter().enumerate().map(|(index, module)| (Some(index), module));
        let linked = self.link_with(definition, compiled, enabled.clone());
        let lacks = |mismatch: &Mismatch| matches!(mismatch, Mismatch::UnknownImports { .. });
        match linked {
            Err(CompileError::Mismatched { mismatches, .. }) if mismatches.iter().any(lacks) => {
                let disabled = definition.features.iter().filter(|feature| !feature.is_enabled);
                // One that is broken, or not there, is no reason: it is disabled.
                let disabled: Vec<_> = disabled.filter_map(|f| self.module(f)?.ok()).collect();
                let all = enabled.chain(disabled.iter().map(|module| (None, module)));
                self.link_with(definition, compiled, all)
            }
            linked => linked,
        }
    }

    /// `modules` come with their indices among those that are enabled.
    fn link_with<'m>(
        &self,
        definition: &Definition,
        compiled: &Compiled,
        modules: impl Iterator<Item = (Option<usize>, &'m Module)>,
    ) -> Result<Program, CompileError> {
        let providers: Vec<_> = modules
            .map(|(index, module)| Provider {
                feature: &module.name,
                index,
                provided: &module.provided,
            })
            .collect();
        let fit = Fit {
            declared: &interfaces(&definition.kinds, self.extensions),
            extensions: self.extensions,
            providers: &providers,
        };
        self.engine.link(compiled, &definition.host.component, &fit)
    }
}

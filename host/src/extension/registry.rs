//! All features and kinds of a host, whatever their types.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use wasmtime::component::Linker;

use super::error::ExtensionError;
use super::feature::{Feature, RunningFeature};
use super::guest::{Export, Guest};
use super::hook::Hooked;
use super::kind::{Kind, RunningKind, Stop};
use super::page::Pages;
use super::start::Start;
use crate::capability::State;
use crate::definition::{Catalogue, FeatureEntry, KindEntry, SettingsType, TypedSettings};
use crate::observe::{Observer, Services};
use crate::telemetry::Attributes;

/// A feature of any type.
pub trait AnyFeature: Send + Sync {
    fn entry(&self) -> FeatureEntry;
    fn shares_settings(&self) -> bool;
    fn interfaces(&self) -> &'static [&'static str];
    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;
    fn start(
        &self,
        settings: TypedSettings,
        start: Start,
    ) -> LocalBoxFuture<'_, Result<Arc<dyn AnyRunningFeature>, ExtensionError>>;
}

/// A running feature of any type.
pub trait AnyRunningFeature: Send + Sync {
    fn describe(&self) -> Attributes;
    fn hook(self: Arc<Self>) -> Option<Hooked>;
    fn observer(self: Arc<Self>) -> Option<Arc<dyn Observer>>;
    fn cleanup(&self) -> LocalBoxFuture<'_, Result<(), ExtensionError>>;
    /// What imports find it by.
    fn shared(self: Arc<Self>) -> (TypeId, Arc<dyn Any + Send + Sync>);
}

impl<F: Feature> AnyFeature for F {
    fn entry(&self) -> FeatureEntry {
        FeatureEntry {
            name: self.name(),
            summary: self.summary(),
            needs: self.needs(),
            stage: self.stage(),
            settings: SettingsType::of::<F::Settings>(),
        }
    }

    fn shares_settings(&self) -> bool {
        Feature::shares_settings(self)
    }

    fn interfaces(&self) -> &'static [&'static str] {
        Feature::interfaces(self)
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        Feature::link(self, linker)
    }

    fn start(
        &self,
        settings: TypedSettings,
        start: Start,
    ) -> LocalBoxFuture<'_, Result<Arc<dyn AnyRunningFeature>, ExtensionError>> {
        async move {
            let settings = settings.downcast().map_err(|_other| mistaken(self.name()))?;
            let running = Feature::start(self, settings, start).await?;
            Ok(Arc::new(running) as Arc<dyn AnyRunningFeature>)
        }
        .boxed_local()
    }
}

impl<R: RunningFeature> AnyRunningFeature for R {
    fn describe(&self) -> Attributes {
        RunningFeature::describe(self)
    }

    fn hook(self: Arc<Self>) -> Option<Hooked> {
        RunningFeature::hook(self)
    }

    fn observer(self: Arc<Self>) -> Option<Arc<dyn Observer>> {
        RunningFeature::observer(self)
    }

    fn cleanup(&self) -> LocalBoxFuture<'_, Result<(), ExtensionError>> {
        RunningFeature::cleanup(self).boxed_local()
    }

    fn shared(self: Arc<Self>) -> (TypeId, Arc<dyn Any + Send + Sync>) {
        (TypeId::of::<R>(), self)
    }
}

/// A kind of any type.
pub trait AnyKind: Send + Sync {
    fn entry(&self) -> KindEntry;
    fn interface(&self) -> &'static str;
    fn exports(&self) -> &'static [Export];
    fn start(
        &self,
        settings: TypedSettings,
        start: Start,
    ) -> LocalBoxFuture<'_, Result<Box<dyn AnyRunningKind>, ExtensionError>>;
}

/// A running kind of any type.
pub trait AnyRunningKind: Send {
    fn describe(&self) -> Attributes;
    fn run(
        self: Box<Self>,
        guest: Guest,
        stop: Stop,
    ) -> LocalBoxFuture<'static, Result<(), ExtensionError>>;
}

impl<K: Kind> AnyKind for K {
    fn entry(&self) -> KindEntry {
        KindEntry {
            name: self.name(),
            summary: self.summary(),
            port: self.port(),
            settings: SettingsType::of::<K::Settings>(),
        }
    }

    fn interface(&self) -> &'static str {
        Kind::interface(self)
    }

    fn exports(&self) -> &'static [Export] {
        Kind::exports(self)
    }

    fn start(
        &self,
        settings: TypedSettings,
        start: Start,
    ) -> LocalBoxFuture<'_, Result<Box<dyn AnyRunningKind>, ExtensionError>> {
        async move {
            let settings = settings.downcast().map_err(|_other| mistaken(self.name()))?;
            let running = Kind::start(self, settings, start).await?;
            Ok(Box::new(running) as Box<dyn AnyRunningKind>)
        }
        .boxed_local()
    }
}

impl<R: RunningKind> AnyRunningKind for R {
    fn describe(&self) -> Attributes {
        RunningKind::describe(self)
    }

    fn run(
        self: Box<Self>,
        guest: Guest,
        stop: Stop,
    ) -> LocalBoxFuture<'static, Result<(), ExtensionError>> {
        RunningKind::run(*self, guest, stop).boxed_local()
    }
}

/// Settings of a type that is not the extension's, which is a bug of the host.
fn mistaken(name: &str) -> ExtensionError {
    ExtensionError::new(format!("`{name}` was given settings of another type"))
}

/// A name that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Duplicate {
    #[error("there is more than one feature `{0}`")]
    Feature(&'static str),
    #[error("there is more than one kind `{0}`")]
    Kind(&'static str),
}

/// All features and kinds of a host beside the built-in kinds.
#[derive(Default)]
pub struct Extensions {
    features: Vec<Box<dyn AnyFeature>>,
    kinds: Vec<Box<dyn AnyKind>>,
    catalogue: Arc<Catalogue>,
    pages: Pages,
    services: Services,
}

/// Kinds that are not extensions.
const BUILT_IN: [&str; 5] = ["http", "grpc", "native", "worker", "script"];

impl Extensions {
    /// # Errors
    /// When a name comes twice, or is that of a built-in kind.
    pub fn new(
        features: Vec<Box<dyn AnyFeature>>,
        kinds: Vec<Box<dyn AnyKind>>,
    ) -> Result<Self, Duplicate> {
        let catalogue = Catalogue {
            features: features.iter().map(|feature| feature.entry()).collect(),
            kinds: kinds.iter().map(|kind| kind.entry()).collect(),
        };
        let names = catalogue.features.iter().map(|entry| entry.name);
        if let Some(name) = first_repeated(names.collect()) {
            return Err(Duplicate::Feature(name));
        }
        let names = catalogue.kinds.iter().map(|entry| entry.name);
        if let Some(name) = first_repeated(BUILT_IN.into_iter().chain(names).collect()) {
            return Err(Duplicate::Kind(name));
        }
        Ok(Self {
            features,
            kinds,
            catalogue: Arc::new(catalogue),
            pages: Pages::default(),
            services: Services::default(),
        })
    }

    /// What `service.toml` may say of them.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// What the admin listener of this process serves.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The services of this process.
    pub fn services(&self) -> &Services {
        &self.services
    }

    pub fn features(&self) -> impl Iterator<Item = &dyn AnyFeature> {
        self.features.iter().map(|feature| &**feature)
    }

    pub fn feature(&self, name: &str) -> Option<&dyn AnyFeature> {
        self.features().find(|feature| feature.entry().name == name)
    }

    pub fn kinds(&self) -> impl Iterator<Item = &dyn AnyKind> {
        self.kinds.iter().map(|kind| &**kind)
    }

    pub fn kind(&self, name: &str) -> Option<&dyn AnyKind> {
        self.kinds().find(|kind| kind.entry().name == name)
    }
}

fn first_repeated(names: Vec<&'static str>) -> Option<&'static str> {
    let mut seen = Vec::new();
    names.into_iter().find(|name| {
        let is_repeated = seen.contains(name);
        seen.push(*name);
        is_repeated
    })
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").field("catalogue", &self.catalogue).finish_non_exhaustive()
    }
}

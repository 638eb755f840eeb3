//! A feature: a cross-cutting module under `[features.<name>]`.

use std::future::ready;
use std::sync::Arc;

use wasmtime::component::Linker;

use super::error::ExtensionError;
use super::hook::Hooked;
use super::start::Start;
use crate::capability::State;
use crate::definition::{ExtensionSettings, Stage};
use crate::observe::Observer;
use crate::telemetry::Attributes;

/// What a feature is. One value of it is registered with the host; every version of a service that enables
/// it starts a [`RunningFeature`] of its own.
pub trait Feature: Send + Sync + 'static {
    /// `[features.<name>]` without `enabled`.
    type Settings: ExtensionSettings;
    type Running: RunningFeature;

    /// The name of its table, in `snake_case`. Unique in a host.
    fn name(&self) -> &'static str;

    /// One sentence: what enabling it does.
    fn summary(&self) -> &'static str;

    /// Features that have to be enabled too. They start before it and end after it.
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where its hook stands on the path of a request.
    fn stage(&self) -> Stage {
        Stage::Adapt
    }

    /// Whether services may read its settings (`definition.feature-settings`). Not for any that may hold
    /// secrets.
    fn shares_settings(&self) -> bool {
        false
    }

    /// The interfaces that it adds to what guests may import, for example `acme:geo/lookup@0.1.0`.
    fn interfaces(&self) -> &'static [&'static str] {
        &[]
    }

    /// Links [`Feature::interfaces`], whether the feature is enabled or not: what guests call finds out
    /// with [`State::feature`] and
    /// [`Disabled`](super::Disabled) and returns an error of its own type when it is not.
    ///
    /// # Errors
    /// Those of the linker, when a name is defined twice.
    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        let _ = linker;
        Ok(())
    }

    /// Starts the feature for one version of a service, before its guests and sockets. Runs on the thread
    /// that handles signals: it must not block. Bounded by `[host] start_timeout`.
    ///
    /// # Errors
    /// Keep the service from starting, or a new version from taking over.
    fn start(
        &self,
        settings: Arc<Self::Settings>,
        start: Start,
    ) -> impl Future<Output = Result<Self::Running, ExtensionError>>;
}

/// A feature of one version of a service, from [`Feature::start`] to [`RunningFeature::cleanup`].
pub trait RunningFeature: Send + Sync + 'static {
    /// What `service resources` says of it in the log. No secrets.
    fn describe(&self) -> Attributes {
        Attributes::new()
    }

    /// What is asked about every request; none costs nothing.
    fn hook(self: Arc<Self>) -> Option<Hooked> {
        None
    }

    /// Who is told of every request and of its end; none costs nothing.
    fn observer(self: Arc<Self>) -> Option<Arc<dyn Observer>> {
        None
    }

    /// Called once, after the guests of the version have ended, in the reverse order of the starts. Bounded
    /// by what is left of `[host] shutdown_timeout`.
    ///
    /// # Errors
    /// Are logged and make the exit status 1. The features after it are cleaned up all the same.
    fn cleanup(&self) -> impl Future<Output = Result<(), ExtensionError>> {
        ready(Ok(()))
    }
}

//! The build phase: from a definition to a program that could be started.

use std::io;
use std::sync::Arc;

use tokio::sync::watch;

use super::assembly::{Assembler, Assembly, Module};
use super::certificates::Certificates;
use super::running_extensions::RunningExtensions;
use crate::bindings::definition::Description;
use crate::capability::{ClientGrants, Grants, HealthOverrides, Stopping};
use crate::client::local::LocalServices;
use crate::definition::{Definition, Feature, Kind, Settings};
use crate::engine::{Cache, CompileError, Engine, Interface, Program};
use crate::extension::{AnyFeature, Extensions};
use crate::guest::Watchdog;
use crate::observe::{Monitor, ObserveContext};
use crate::telemetry::Logger;

/// Makes versions of a service from definitions. Cheap to clone; what versions share is in it.
#[derive(Debug, Clone)]
pub(crate) struct Loader {
    engine: Engine,
    watchdog: Arc<Watchdog>,
    cache: Option<Cache>,
    extensions: Arc<Extensions>,
    pace: Pace,
    local_services: LocalServices,
}

/// How often another version of the component is to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Rare,
    /// Worth some memory: functions that stay as they are, are compiled once.
    Frequent,
}

/// A version of a service whose component is compiled and linked. It has run no guest code and owns
/// no socket.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(super) definition: Arc<Definition>,
    pub(super) program: Program,
    /// The plug-ins that are enabled.
    pub(super) modules: Vec<Module>,
    pub(super) extensions: Arc<Extensions>,
    /// Keeps guests yielding; ends with the last version.
    pub(super) watchdog: Arc<Watchdog>,
    pub(super) logger: Logger,
    /// The service that it is a version of.
    pub(super) monitor: Monitor,
    /// Those that clients reach without a socket.
    pub(super) local_services: LocalServices,
    pub(super) certificates: Certificates,
    is_cached: bool,
    /// SHA-256 of the component, in hexadecimal.
    digest: String,
}

/// Why a definition did not become a [`Loaded`] version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The files of a listener's TLS. The text has the place in the definition.
    #[error("{0}")]
    Certificates(String),
}

impl LoadError {
    /// What the user can do about it.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Compile(error) => error.help(),
            Self::Thread(_) | Self::Certificates(_) => None,
        }
    }
}

impl Loader {
    /// A service of this name is to run in this process.
    pub(crate) fn expect(&self, name: &str) {
        self.local_services.expect(name);
    }

    /// # Errors
    /// When this machine cannot run WebAssembly, or refuses a thread.
    pub(crate) fn new(
        cache: Option<Cache>,
        extensions: Arc<Extensions>,
        pace: Pace,
    ) -> Result<Self, LoadError> {
        let engine = match pace {
            Pace::Rare => Engine::new()?,
            Pace::Frequent => Engine::incremental()?,
        };
        let watchdog = Watchdog::start(engine.wasmtime()).map_err(LoadError::Thread)?;
        Ok(Self {
            engine,
            watchdog: Arc::new(watchdog),
            cache,
            extensions,
            pace,
            local_services: LocalServices::default(),
        })
    }

    /// Prepares for the next version of the component of `definition`, if one is to be expected: it will
    /// have much in common with this one. Blocks as [`Loader::load`] does.
    pub(crate) fn prepare_for_next(&self, definition: &Definition) {
        if self.pace == Pace::Frequent {
            self.engine.learn(&definition.host.component);
        }
    }

    /// Compiles and links the component of `definition`; `logger` is where this version's lines go, `monitor` the one of its
    /// service.
    ///
    /// Blocks while it compiles: seconds for a large component that is not in the cache.
    pub(crate) fn load(
        &self,
        definition: Arc<Definition>,
        logger: Logger,
        monitor: Monitor,
    ) -> Result<Loaded, LoadError> {
        // Before the component is compiled, which takes longer.
        let certificates = Certificates::load(&definition)?;
        let assembler = Assembler {
            engine: &self.engine,
            cache: self.cache.as_ref(),
            extensions: &self.extensions,
        };
        let Assembly { program, modules, is_cached, digest } = assembler.assemble(&definition)?;
        let (extensions, watchdog) = (self.extensions.clone(), self.watchdog.clone());
        let local_services = self.local_services.clone();
        Ok(Loaded {
            definition,
            program,
            modules,
            extensions,
            watchdog,
            logger,
            monitor,
            local_services,
            certificates,
            is_cached,
            digest,
        })
    }
}

impl Loaded {
    /// Whether the component was compiled at an earlier time.
    pub(crate) fn is_cached(&self) -> bool {
        self.is_cached
    }

    /// SHA-256 of the component, in hexadecimal.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// What the guest may have.
    pub(super) fn grants(
        &self,
        running_extensions: &RunningExtensions,
        stopping: watch::Receiver<Stopping>,
        observe: ObserveContext,
    ) -> Grants {
        let definition = &*self.definition;
        let enabled = definition.features.iter().filter(|feature| feature.is_enabled);
        Grants {
            identity: identity(definition),
            settings: definition.settings.clone(),
            features: enabled.map(|feature| (feature.name.clone(), self.shared(feature))).collect(),
            variables: definition.environment.declared.clone(),
            deployment: definition.environment.deployment.as_str(),
            clients: ClientGrants {
                declared: definition.clients.clone(),
                local: self.local_services.clone(),
                request_id_header: self.request_id_header(),
            },
            stack_trace: definition.log.stack_trace,
            shared: running_extensions.shared(),
            providers: running_extensions.providers(),
            feature: None,
            logger: self.logger.clone(),
            observe,
            inherits_stdio: definition.script().is_some_and(|script| script.inherits_stdio),
            stopping,
            health: watch::Sender::new(HealthOverrides::new()),
        }
    }

    /// What the guest may know of the settings of a feature.
    fn shared(&self, feature: &Feature) -> Settings {
        let native = self.extensions.feature(&feature.name);
        if native.is_some_and(AnyFeature::shares_settings) {
            feature.settings.clone()
        } else {
            Settings::default()
        }
    }
}

/// Who a version is, as guests get to know it.
pub(super) fn identity(definition: &Definition) -> Description {
    let identity = &definition.identity;
    Description {
        name: identity.name.clone(),
        version: identity.version.clone(),
        product: identity.product.clone(),
        language: identity.language.clone(),
        kinds: definition.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
    }
}

/// The interfaces that a service of these kinds has to export.
pub(super) fn interfaces(kinds: &[Kind], extensions: &Extensions) -> Vec<Interface> {
    let interface = |kind: &Kind| match kind {
        Kind::Http(_) => Some(Interface::Http),
        Kind::Grpc(_) => Some(Interface::Grpc),
        Kind::Native => Some(Interface::Native),
        Kind::Script(_) => Some(Interface::Script),
        Kind::Custom(custom) => extensions
            .kind(custom.name)
            .map(|kind| Interface::Custom { kind: custom.name, name: kind.interface() }),
    };
    kinds.iter().filter_map(interface).collect()
}

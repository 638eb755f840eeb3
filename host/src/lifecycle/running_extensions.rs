//! The features of a version, running: from their start in the order of their dependencies to their end in
//! the reverse one.
//!
//! Does not know what they do.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::kinds::PreparedKind;
use super::version::CANCEL_GRACE;
use super::{StartError, UnstartedExtension};
use crate::call::{Step, Subject, describe};
use crate::capability::{Provide, Shared, Stopping};
use crate::definition::Stage;
use crate::dispatch::Hooks;
use crate::extension::{AnyRunningFeature, ExtensionError, Hooked};
use crate::guest::{StartFailure, Worker, WorkerEvent, WorkerEventKind};
use crate::observe::Observers;
use crate::plugin::Plugin;
use crate::telemetry::{Attributes, error};
use crate::text::on_one_line;

/// The features and kinds of one version.
#[derive(Default)]
pub(super) struct RunningExtensions {
    /// In the order of their starts.
    features: Vec<Equipped>,
    /// What is to be run once the version serves.
    pub(super) kinds: Vec<PreparedKind>,
}

/// A feature that has started, or is about to.
pub(super) struct Equipped {
    pub(super) name: String,
    pub(super) hook: Option<Hooked>,
    /// Where the hook stands.
    pub(super) stage: Stage,
    pub(super) running: Running,
}

pub(super) enum Running {
    Native(Arc<dyn AnyRunningFeature>),
    Component(Box<RunningPlugin>),
}

/// A plug-in, with one instance per instance of the service.
pub(super) struct RunningPlugin {
    pub(super) plugin: Arc<Plugin>,
    pub(super) events: mpsc::UnboundedReceiver<WorkerEvent>,
    /// Indices of the workers whose first instance has not started yet.
    pub(super) waiting: BTreeSet<usize>,
    /// What its instances are told of their end.
    pub(super) stopping: watch::Sender<Stopping>,
    /// One per worker: resolves when it has ended.
    pub(super) ended: Vec<oneshot::Receiver<()>>,
}

impl RunningPlugin {
    /// Waits until all instances have started.
    ///
    /// # Cancel safety
    /// Can be called again.
    pub(super) async fn ready(&mut self) -> Result<(), StartFailure> {
        while !self.waiting.is_empty() {
            // The workers hold the senders.
            let Some(event) = self.events.recv().await else { break };
            match event.kind {
                WorkerEventKind::Ready => {
                    self.waiting.remove(&event.worker);
                }
                WorkerEventKind::Failed(failure) => return Err(failure),
                // It is replaced.
                WorkerEventKind::Lost => (),
            }
        }
        // What happens from now on is in the log, and nobody waits for it.
        self.events.close();
        while self.events.try_recv().is_ok() {}
        Ok(())
    }

    async fn end(&mut self, deadline: Instant) -> Result<(), ExtensionError> {
        self.stopping.send_replace(Stopping::Drained);
        let Self { plugin, ended, .. } = self;
        let workers = &plugin.workers;
        workers.iter().for_each(Worker::retire);
        // Whatever has not started has nothing to end, and its start may take for ever.
        for worker in workers.iter().filter(|worker| !worker.is_ready()) {
            worker.close();
            worker.kill();
        }
        let ready = workers.iter().filter(|worker| worker.is_ready());
        let stops = ready.map(|worker| worker.step_of_shutdown(Step::OnFinish, deadline));
        let mut result = Ok(());
        for outcome in join_all(stops).await {
            let reason = match outcome {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => describe(&error),
                Err(fault) => fault.of(Subject::Plugin),
            };
            result = Err(ExtensionError::new(reason));
        }
        workers.iter().for_each(Worker::close);
        // Whether it ended by itself or by a panic, it has ended.
        let mut ended = join_all(ended);
        if timeout(CANCEL_GRACE, &mut ended).await.is_err() {
            // Calls that nobody waits for any more, since the service has ended.
            workers.iter().for_each(Worker::kill);
            ended.await;
        }
        result
    }
}

impl Drop for RunningPlugin {
    fn drop(&mut self) {
        // Instances that nobody has ended would stay for ever; the others do not notice.
        self.plugin.workers.iter().for_each(Worker::close);
        self.plugin.workers.iter().for_each(Worker::kill);
    }
}

impl RunningExtensions {
    pub(super) fn add(&mut self, feature: Equipped) {
        self.features.push(feature);
    }

    /// The plug-in that was added last.
    pub(super) fn last_plugin(&mut self) -> Option<&mut RunningPlugin> {
        match &mut self.features.last_mut()?.running {
            Running::Component(plugin) => Some(plugin),
            Running::Native(_) => None,
        }
    }

    /// Who is told of every request.
    pub(super) fn observers(&self) -> Observers {
        let observer = |feature: &Equipped| match &feature.running {
            Running::Native(running) => running.clone().observer(),
            Running::Component(_) => None,
        };
        Observers::new(self.features.iter().filter_map(observer).collect())
    }

    /// The hooks in the order in which they see requests.
    pub(super) fn hooks(&self) -> Hooks {
        let mut hooks: Vec<_> = self
            .features
            .iter()
            .filter_map(|feature| feature.hook.clone().map(|hook| (feature.stage, hook)))
            .collect();
        // Stable: within a stage the order of the starts counts.
        hooks.sort_by_key(|(stage, _)| *stage);
        Hooks::new(hooks.into_iter().map(|(_, hook)| hook).collect())
    }

    /// What imports find features by.
    pub(super) fn shared(&self) -> Shared {
        let mut shared = Shared::default();
        for feature in &self.features {
            if let Running::Native(running) = &feature.running {
                shared.add(running.clone().shared());
            }
        }
        shared
    }

    /// The plug-ins, in the order in which the service was linked with them.
    pub(super) fn providers(&self) -> Vec<Arc<dyn Provide>> {
        let plugins = self.features.iter().filter_map(|feature| match &feature.running {
            Running::Component(running) => Some(running.plugin.clone() as Arc<dyn Provide>),
            Running::Native(_) => None,
        });
        plugins.collect()
    }

    /// What the log says of each.
    pub(super) fn describe(&self) -> Vec<(String, Attributes)> {
        let describe = |feature: &Equipped| match &feature.running {
            Running::Native(running) => running.describe(),
            Running::Component(_) => Attributes::new(),
        };
        self.features.iter().map(|feature| (feature.name.clone(), describe(feature))).collect()
    }

    /// Ends all features, the last one first, also after one has failed; tells whether all went well. Each
    /// gets until `deadline`, and a moment if there is less left.
    ///
    /// # Cancel safety
    /// Calling it again goes on with those before the feature that was being ended: that one has had its
    /// time.
    pub(super) async fn end(&mut self, deadline: Instant) -> bool {
        let mut well = true;
        while let Some(mut feature) = self.features.pop() {
            let limit = deadline.max(Instant::now() + CANCEL_GRACE);
            let ended = match &mut feature.running {
                Running::Native(running) => timeout_at(limit, running.cleanup()).await,
                Running::Component(plugin) => timeout_at(limit, plugin.end(limit)).await,
            };
            let result =
                ended.unwrap_or_else(|_late| Err(ExtensionError::new("it did not stop in time")));
            if let Err(reason) = result {
                well = false;
                error!(
                    FeatureStopFailed,
                    feature = feature.name,
                    error.message = %on_one_line(&reason),
                    "a feature did not stop cleanly"
                );
            }
        }
        well
    }
}

impl std::fmt::Debug for RunningExtensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.features.iter().map(|feature| &feature.name);
        f.debug_set().entries(names).finish()
    }
}

impl StartError {
    /// Why a feature or kind did not start.
    pub(super) fn of_extension(what: &'static str, name: &str, error: &ExtensionError) -> Self {
        Self::Extension(Box::new(UnstartedExtension {
            what,
            name: name.to_owned(),
            reason: on_one_line(error),
            setting: error.setting().map(str::to_owned),
            help: error.help().map(str::to_owned),
        }))
    }
}

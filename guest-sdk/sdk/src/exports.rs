//! What the host calls: the exports of the component, made of what the author implements.
//! Deliberately only translates types and races cancellation; the work is the service's.

#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod plugin;

use std::any::Any;
use std::cell::OnceCell;
use std::future::Future;
use std::io::Write as _;
use std::marker::PhantomData;
use std::time::Duration;

use crate::bindings::cronjob::exports::mikros::service::cronjob as contract;
use crate::bindings::errors::mikros::service::errors as wit;
use crate::bindings::imports::mikros::service::definition;
use crate::bindings::{handover, lifecycle, native, script};
use crate::call::until_cancelled;
use crate::cronjob::Tick;
use crate::definition::Identity;
use crate::error::{Result, ServiceError};
use crate::http::Routes;
use crate::imports;
use crate::log;
use crate::service::{Cronjob, Handover, Http, Native, Script, Service};

pub use plugin::ExportedPlugin;

/// Implements the exports for the service `S`; `R` says whether it has routes.
#[derive(Debug)]
pub struct Exported<S, R>(PhantomData<(S, R)>);

/// Whether a service has routes to build when it starts.
pub trait HasRoutes<S: 'static> {
    #[doc(hidden)]
    fn build() -> Result<Option<Opaque<S>>>;
}

/// Hides the type of the routes from the public interface.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "nothing but this module can hold one")]
pub struct Opaque<S: 'static>(Routes<S>);

/// The service exports `http`.
#[derive(Debug)]
pub enum WithRoutes {}

/// The service does not export `http`.
#[derive(Debug)]
pub enum WithoutRoutes {}

impl<S: Http> HasRoutes<S> for WithRoutes {
    fn build() -> Result<Option<Opaque<S>>> {
        Ok(Some(Opaque(Routes::new(S::routes())?)))
    }
}

impl<S: 'static> HasRoutes<S> for WithoutRoutes {
    fn build() -> Result<Option<Opaque<S>>> {
        Ok(None)
    }
}

/// The service of this instance, made by `on-start`.
struct Running<S: 'static> {
    service: S,
    routes: Option<Routes<S>>,
}

thread_local! {
    static RUNNING: OnceCell<&'static dyn Any> = const { OnceCell::new() };
}

/// The service, which lives as long as the instance.
fn running<S: 'static>() -> Result<&'static Running<S>> {
    RUNNING
        .with(|running| running.get().copied())
        .and_then(|running| running.downcast_ref())
        .ok_or_else(|| ServiceError::internal("the host called the service before `on-start`"))
}

/// Calls the running service for an export of one's own, of a kind that the SDK does not know.
///
/// The error becomes that of the contract, which the function of such a kind returns. When nobody waits for
/// the result any more, `work` is dropped where it waits. There is an example in [`bindings!`](crate::bindings!).
pub async fn call<S: Service, T>(
    work: impl AsyncFnOnce(&'static S) -> Result<T>,
) -> Result<T, wit::Error> {
    finish(async { work(&running::<S>()?.service).await }).await
}

/// Runs a step of the service and gives its outcome to the host.
async fn finish<T>(work: impl Future<Output = Result<T>>) -> Result<T, wit::Error> {
    let outcome = until_cancelled(work).await;
    outcome.unwrap_or_else(|| Err(cancelled())).map_err(Into::into)
}

/// What a call answers when nobody waits for its answer any more.
fn cancelled() -> ServiceError {
    ServiceError::internal("nobody waits for the result any more")
        .with_message("the call was cancelled")
}

impl<S: Service, R: HasRoutes<S>> lifecycle::exports::mikros::service::lifecycle::Guest
    for Exported<S, R>
{
    async fn on_start() -> Result<(), wit::Error> {
        finish(log::starting(async {
            let service = S::on_start().await?;
            let routes = R::build()?.map(|Opaque(routes)| routes);
            if let Some(routes) = &routes {
                imports::declare_routes(&routes.patterns());
            }
            // Leaked, because tasks may use it until the instance itself is gone.
            let running: &'static Running<S> = Box::leak(Box::new(Running { service, routes }));
            RUNNING
                .with(|slot| slot.set(running))
                .map_err(|_running| ServiceError::internal("the host called `on-start` twice"))
        }))
        .await
    }

    async fn on_finish() -> Result<(), wit::Error> {
        let finished = finish(async { running::<S>()?.service.on_finish().await }).await;
        // What was printed without the end of a line has waited here. A host that refuses it is gone.
        let _ = std::io::stdout().flush();
        finished
    }
}

impl<S: Handover, R> handover::exports::mikros::service::handover::Guest for Exported<S, R> {
    async fn give(successor: definition::Description) -> Result<Option<Vec<u8>>, wit::Error> {
        let successor = Identity::from(successor);
        finish(async { running::<S>()?.service.give(&successor).await }).await
    }

    async fn receive(
        predecessor: definition::Description,
        state: Vec<u8>,
    ) -> Result<(), wit::Error> {
        let predecessor = Identity::from(predecessor);
        finish(async { running::<S>()?.service.receive(&predecessor, state).await }).await
    }
}

impl<S: Native, R> native::exports::mikros::service::native::Guest for Exported<S, R> {
    async fn start() -> Result<(), wit::Error> {
        finish(async { running::<S>()?.service.start().await }).await
    }

    async fn stop() -> Result<(), wit::Error> {
        finish(async { running::<S>()?.service.stop().await }).await
    }
}

impl<S: Script, R> script::exports::mikros::service::script::Guest for Exported<S, R> {
    async fn run(arguments: Vec<String>) -> Result<(), wit::Error> {
        finish(async { running::<S>()?.service.run(arguments).await }).await
    }

    async fn cleanup() -> Result<(), wit::Error> {
        finish(async { running::<S>()?.service.cleanup().await }).await
    }
}

impl<S: Cronjob, R> contract::Guest for Exported<S, R> {
    async fn run(tick: contract::Tick) -> Result<(), wit::Error> {
        let contract::Tick { scheduled, delay, missed } = tick;
        let tick = Tick { scheduled, delay: Duration::from_nanos(delay), missed };
        finish(async { running::<S>()?.service.run(tick).await }).await
    }
}

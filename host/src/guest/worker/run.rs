//! The instances of a worker, one after the other: each serves until it is lost or the worker is closed.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{Worker, WorkerConfig, WorkerEvent, WorkerEventKind};
use crate::bindings::plugin::StartRefusal;
use crate::call::{Deadline, Fault};
use crate::capability::Grants;
use crate::client::Clients;
use crate::guest::delay::Delay;
use crate::guest::instance;
use crate::guest::loss::{self, Cause, Loss, StartFailure};
use crate::guest::meter::{self, Meter};
use crate::guest::queue::{Readiness, Refused};
use crate::guest::store;

/// How long an instance that is to be ended gets to trap by itself; then it is dropped.
const KILL_GRACE: Duration = Duration::from_millis(250);
/// Longest wait while instances do not even start.
const LONGEST_START_DELAY: Duration = Duration::from_secs(10);
/// An instance that lived so long was not lost for what its predecessor was lost for.
const STEADY: Duration = Duration::from_secs(10);

/// How long connections to other services may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// How an instance ended.
enum End {
    Closed,
    NotStarted(StartFailure),
    Lost,
}

impl WorkerConfig {
    /// Runs one instance after the other until the worker is closed.
    pub(crate) async fn run(self) {
        // Connections outlive instances.
        let clients = Arc::new(self.clients());
        let meter = self.meter();
        let mut delay = Delay::default();
        let mut first = true;
        loop {
            let born = Instant::now();
            let end = self.live(&clients, meter.as_deref()).await;
            self.worker.queue.set_readiness(Readiness::Starting);
            self.worker.queue.emptied();
            // One that did not start has not proved anything by taking its time.
            let was_steady = matches!(end, End::Lost) && born.elapsed() >= STEADY;
            let longest = match end {
                End::Closed => break,
                End::NotStarted(failure) if first => {
                    self.tell(WorkerEventKind::Failed(failure));
                    break;
                }
                End::NotStarted(_) if self.is_cut_off() => break,
                End::NotStarted(failure) => {
                    self.report_failure(&failure);
                    self.worker.queue.set_readiness(Readiness::Broken);
                    LONGEST_START_DELAY
                }
                End::Lost => {
                    self.tell(WorkerEventKind::Lost);
                    self.longest_delay
                }
            };
            first = false;
            if !self.is_replaced() {
                break;
            }
            self.hand_over();
            if was_steady {
                delay = Delay::default();
            }
            tokio::select! {
                () = self.worker.queue.closed() => break,
                () = sleep(delay.next(longest)) => (),
            }
            if !self.is_replaced() {
                break;
            }
        }
        self.worker.close();
        for call in
            self.worker.queue.take_steps().into_iter().chain(self.worker.queue.take_requests())
        {
            call.request.reply().fail(Fault::Stopping);
        }
        // The instance is gone, and with it all who use them.
        if let Ok(clients) = Arc::try_unwrap(clients) {
            clients.close(Deadline::after(CLOSE_LIMIT)).await;
        }
    }

    fn clients(&self) -> Clients {
        let granted = &self.grants.clients;
        Clients::new(&granted.declared, &granted.local, &self.grants.observe.observers)
    }

    /// What counts for this worker, if somebody wants to know.
    fn meter(&self) -> Option<Arc<Meter>> {
        let observe = &self.grants.observe;
        let meter = observe.observers.any().then(|| Arc::new(Meter::new(&observe.monitor)))?;
        self.worker.queue.measure_into(meter.clone());
        Some(meter)
    }

    /// Whether the instance was ended because the service has to end.
    fn is_cut_off(&self) -> bool {
        self.worker.heartbeat.is_interrupted() && self.worker.queue.is_closed()
    }

    fn is_replaced(&self) -> bool {
        self.replace && !self.worker.heartbeat.is_last()
    }

    /// The instance has started.
    pub(in crate::guest) fn opened(&self) {
        self.worker.queue.set_readiness(Readiness::Ready);
        self.tell(WorkerEventKind::Ready);
    }

    /// Runs one instance to its end.
    async fn live(&self, clients: &Arc<Clients>, meter: Option<&Meter>) -> End {
        self.worker.heartbeat.reset(self.worker.watchdog.now());
        let mut store = store::new(self, clients);
        let started = Cell::new(false);
        let ended = {
            let life = instance::live(self, &mut store, &started);
            let watched = Watched { worker: &self.worker, life: pin!(life), meter };
            self.supervise(watched, &started).await
        };
        let cause = match ended {
            Ended::Left(Ok(Ok(()))) => return End::Closed,
            Ended::Left(Ok(Err(refusal))) => {
                return End::NotStarted(StartFailure::Refused(refusal));
            }
            Ended::Left(Err(error)) if self.is_cut_off() => Cause::CutOff(Some(error)),
            _ if self.is_cut_off() => Cause::CutOff(None),
            Ended::Left(Err(error)) => Cause::Failed(error),
            Ended::Dropped => Cause::Blocked,
            Ended::TimedOut => {
                loss::settle(&mut store, &Cause::Blocked, |_| ());
                return End::NotStarted(StartFailure::TimedOut(self.limits.start_timeout));
            }
        };
        let report = |loss: &Loss| {
            // Whoever is told of the loss must not find the instance ready.
            self.worker.queue.set_readiness(Readiness::Starting);
            // What has never started is reported as a failed start.
            if started.get() {
                let Grants { observe, feature, .. } = &*self.grants;
                meter::note_loss(&observe.monitor, loss, feature.as_deref());
                self.report(loss);
            }
        };
        let loss = loss::settle(&mut store, &cause, report);
        if started.get() { End::Lost } else { End::NotStarted(StartFailure::Lost(loss)) }
    }

    /// Lets `life` run until it ends, is to be killed, or takes too long to start.
    async fn supervise(
        &self,
        mut life: impl Future<Output = LifeResult> + Unpin,
        started: &Cell<bool>,
    ) -> Ended {
        let mut start_deadline = pin!(sleep(self.limits.start_timeout));
        let mut starting = true;
        let timed_out = loop {
            tokio::select! {
                biased;
                result = &mut life => return Ended::Left(result),
                () = self.worker.heartbeat.killed() => break false,
                () = &mut start_deadline, if starting => {
                    starting = false;
                    if !started.get() {
                        break true;
                    }
                }
            }
        };
        self.worker.heartbeat.interrupt();
        self.worker.watchdog.wake();
        match timeout(KILL_GRACE, life).await {
            Ok(result) => Ended::Left(result),
            Err(_) if timed_out => Ended::TimedOut,
            Err(_) => Ended::Dropped,
        }
    }

    /// Calls that wait for a lost instance may as well enter another one.
    fn hand_over(&self) {
        for call in self.worker.queue.take_requests() {
            if let Err(refused) = self.workers.push_elsewhere(self.index, call) {
                let Refused { call, .. } = *refused;
                if let Err(refused) = self.worker.queue.push(call) {
                    refused.call.request.reply().fail(refused.fault);
                }
            }
        }
    }

    fn tell(&self, kind: WorkerEventKind) {
        // An owner that is gone does not need to know.
        drop(self.events.send(WorkerEvent { worker: self.index, kind }));
    }
}

type LifeResult = wasmtime::Result<Result<(), StartRefusal>>;

/// How [`instance::live`] was left.
enum Ended {
    Left(LifeResult),
    /// It did not end by itself when it was to.
    Dropped,
    TimedOut,
}

/// A future inside which guest code may run; the watchdog knows when.
struct Watched<'a, F> {
    worker: &'a Worker,
    life: Pin<&'a mut F>,
    meter: Option<&'a Meter>,
}

impl<F: Future> Future for Watched<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> task::Poll<F::Output> {
        self.worker.heartbeat.set_running(true);
        self.worker.watchdog.wake();
        let begun = self.meter.map(|_| Instant::now());
        let polled = self.life.as_mut().poll(context);
        if let (Some(meter), Some(begun)) = (self.meter, begun) {
            meter.note_run(begun.elapsed());
        }
        self.worker.heartbeat.set_running(false);
        polled
    }
}

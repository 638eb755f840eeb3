//! A worker: the handle by which calls reach an instance, and the seat in which instances follow each
//! other when one is lost.

use std::cell::Cell;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::delay::Delay;
use super::instance;
use super::loss::{self, Cause, Loss, StartFailure};
use super::pulse::Pulse;
use super::queue::{Door, Queue, Refused};
use super::watchdog::{Alarm, Watchdog};
use super::workers::{PATIENCE, Workers};
use super::{Limits, OVERDUE_GRACE};
use crate::bindings::plugin::StartRefusal;
use crate::call::{Ask, Call, Context, Fault, Outcome, Reply, Step};
use crate::capability::Grants;
use crate::engine::Program;

/// How long an instance that is to be ended gets to trap by itself; then it is dropped.
const KILL_GRACE: Duration = Duration::from_millis(250);
/// Longest wait while instances do not even start.
const LONGEST_START_DELAY: Duration = Duration::from_secs(10);
/// An instance that lived so long was not lost for what its predecessor was lost for.
const STEADY: Duration = Duration::from_secs(10);

/// Sends calls to one instance at a time. Cheap to clone; usable from any thread.
#[derive(Debug, Clone)]
pub struct Worker {
    pub(super) queue: Arc<Queue>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) alarm: Arc<Alarm>,
}

impl Worker {
    /// `doors` is told whenever the worker becomes ready, or no longer is.
    pub(super) fn new(limits: &Limits, watchdog: &Watchdog, doors: watch::Sender<()>) -> Self {
        let queue = Queue::new(limits.max_concurrency.get(), limits.max_queue, doors);
        let pulse = Arc::new(Pulse::new(limits.call_timeout + OVERDUE_GRACE));
        let alarm = watchdog.alarm();
        alarm.watch_over(&pulse);
        Self { queue: Arc::new(queue), pulse, alarm }
    }

    /// Takes a step of the lifecycle in the instance and waits for it, at most for `limit`.
    ///
    /// # Cancel safety
    /// When the future is dropped the guest is told that the step is cancelled.
    pub async fn step(&self, step: Step, limit: Option<Duration>) -> Outcome<()> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let outcome =
            self.begin(step, Context { deadline, overdue: deadline, ..Context::default() })?;
        self.outcome(outcome, deadline.zip(limit)).await
    }

    /// Takes a step and waits for it without a limit. The guest is told to give up once `cancel`
    /// receives something.
    pub async fn step_until(&self, step: Step, cancel: oneshot::Receiver<()>) -> Outcome<()> {
        let context = Context { cancel: Some(cancel), ..Context::default() };
        let outcome = self.begin(step, context)?;
        self.outcome(outcome, None).await
    }

    /// Takes a step of a shutdown that is over at `deadline`. Its owner looks at the clock: it drops
    /// the future then.
    pub async fn step_of_shutdown(&self, step: Step, deadline: Instant) -> Outcome<()> {
        let context =
            Context { deadline: Some(deadline), overdue: Some(deadline), ..Context::default() };
        let outcome = self.begin(step, context)?;
        self.outcome(outcome, None).await
    }

    fn begin(&self, step: Step, context: Context) -> Result<oneshot::Receiver<Outcome<()>>, Fault> {
        let (reply, outcome) = oneshot::channel();
        let call = Call { ask: Ask::Step(step), reply: Reply::Step(reply), context };
        self.queue.push(call).map_err(|refused| refused.fault)?;
        Ok(outcome)
    }

    /// Waits for the outcome of a request that was sent to this worker, until its deadline.
    pub(super) async fn outcome<T, E>(
        &self,
        outcome: oneshot::Receiver<Outcome<T, E>>,
        deadline: Option<(Instant, Duration)>,
    ) -> Outcome<T, E> {
        self.outcome_before(outcome, deadline, pending()).await
    }

    /// The same, also until `late` says which limit has passed.
    pub(super) async fn outcome_before<T, E>(
        &self,
        outcome: oneshot::Receiver<Outcome<T, E>>,
        deadline: Option<(Instant, Duration)>,
        late: impl Future<Output = Duration>,
    ) -> Outcome<T, E> {
        let overdue = async {
            match deadline {
                Some((at, limit)) => {
                    sleep_until(at).await;
                    limit
                }
                None => pending().await,
            }
        };
        let limit = tokio::select! {
            biased;
            // A worker that drops a call without an answer has ended.
            received = outcome => {
                let outcome = received.unwrap_or(Err(Fault::Stopping));
                return outcome.map_err(|fault| fault.for_caller(deadline));
            }
            limit = overdue => limit,
            limit = late => limit,
        };
        self.give_up();
        Err(Fault::DeadlineExceeded { limit })
    }

    /// A caller has stopped waiting: an instance that stands still has to answer for it.
    pub(super) fn give_up(&self) {
        // While an instance starts it has a limit of its own.
        if self.queue.is_ready() {
            self.pulse.report_given_up();
            self.queue.wake();
            self.alarm.rouse();
        }
    }

    /// Lets the worker end once it is done with what it has; new calls are refused.
    pub fn close(&self) {
        self.queue.close();
    }

    /// From now on a lost instance is not replaced.
    pub fn retire(&self) {
        self.pulse.set_last();
    }

    /// Ends the instance now, whatever is in it.
    pub fn kill(&self) {
        self.pulse.kill();
    }

    /// Whether a request that is added now can be expected to enter at once.
    pub(super) fn is_open(&self) -> bool {
        self.queue.is_open(PATIENCE) && !self.pulse.is_suspect()
    }

    /// Whether the instance has started and takes requests.
    pub fn is_ready(&self) -> bool {
        self.queue.is_ready()
    }
}

/// What happens to a worker that its owner has to know.
#[derive(Debug)]
pub struct Event {
    /// Index of the worker among its siblings.
    pub worker: usize,
    pub kind: EventKind,
}

#[derive(Debug)]
pub enum EventKind {
    /// An instance has started and takes calls; sent again by each that replaces a lost one.
    Ready,
    /// The first instance did not start; the worker has ended.
    Failed(StartFailure),
    /// An instance was lost. Has been logged.
    Lost(Loss),
}

/// Everything a worker needs to run; belongs to one thread.
#[derive(Debug)]
pub struct Seat {
    pub index: usize,
    pub worker: Worker,
    /// All workers of the service, this one included.
    pub workers: Workers,
    pub program: Program,
    pub grants: Arc<Grants>,
    pub limits: Limits,
    pub events: mpsc::UnboundedSender<Event>,
    /// Whether a lost instance is replaced.
    pub replace: bool,
    /// Longest wait while instances start and are lost later: a request that traps must not keep the worker
    /// away from all others for long.
    pub longest_delay: Duration,
}

/// How an instance ended.
enum End {
    Closed,
    NotStarted(StartFailure),
    Lost(Loss),
}

impl Seat {
    /// Runs one instance after the other until the worker is closed.
    pub async fn run(self) {
        let mut delay = Delay::default();
        let mut first = true;
        loop {
            let born = Instant::now();
            let end = self.live().await;
            self.worker.queue.set_door(Door::Starting);
            self.worker.queue.emptied();
            // One that did not start has not proved anything by taking its time.
            let was_steady = matches!(end, End::Lost(_)) && born.elapsed() >= STEADY;
            let longest = match end {
                End::Closed => break,
                End::NotStarted(failure) if first => {
                    self.tell(EventKind::Failed(failure));
                    break;
                }
                End::NotStarted(_) if self.is_cut_off() => break,
                End::NotStarted(failure) => {
                    self.report_failure(&failure);
                    self.worker.queue.set_door(Door::Broken);
                    LONGEST_START_DELAY
                }
                End::Lost(loss) => {
                    self.tell(EventKind::Lost(loss));
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
            call.reply.fail(Fault::Stopping);
        }
    }

    /// Whether the instance was ended because the service has to end.
    fn is_cut_off(&self) -> bool {
        self.worker.pulse.is_interrupted() && self.worker.queue.is_closed()
    }

    fn is_replaced(&self) -> bool {
        self.replace && !self.worker.pulse.is_last()
    }

    /// The instance has started.
    pub(super) fn opened(&self) {
        self.worker.queue.set_door(Door::Open);
        self.tell(EventKind::Ready);
    }

    /// Runs one instance to its end.
    async fn live(&self) -> End {
        self.worker.pulse.reset(self.worker.alarm.now());
        let mut store = instance::store(self);
        let started = Cell::new(false);
        let ended = {
            let life = instance::live(self, &mut store, &started);
            self.supervise(Watched { worker: &self.worker, life: pin!(life) }, &started).await
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
            self.worker.queue.set_door(Door::Starting);
            // What has never started is reported as a failed start.
            if started.get() {
                self.report(loss);
            }
        };
        let loss = loss::settle(&mut store, &cause, report);
        if started.get() { End::Lost(loss) } else { End::NotStarted(StartFailure::Lost(loss)) }
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
                () = self.worker.pulse.killed() => break false,
                () = &mut start_deadline, if starting => {
                    starting = false;
                    if !started.get() {
                        break true;
                    }
                }
            }
        };
        self.worker.pulse.interrupt();
        self.worker.alarm.rouse();
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
                    refused.call.reply.fail(refused.fault);
                }
            }
        }
    }

    fn tell(&self, kind: EventKind) {
        // An owner that is gone does not need to know.
        drop(self.events.send(Event { worker: self.index, kind }));
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
}

impl<F: Future> Future for Watched<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> task::Poll<F::Output> {
        self.worker.pulse.set_running(true);
        self.worker.alarm.rouse();
        let polled = self.life.as_mut().poll(context);
        self.worker.pulse.set_running(false);
        polled
    }
}

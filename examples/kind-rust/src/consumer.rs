//! The kind `consumer`: a service that handles the messages of a queue, here the files of a directory.
//!
//! Does not know what is in messages. Another queue takes the place of `spool` and nothing else.

mod delivery;
mod history;
mod settings;
mod spool;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use mikros_host::extension::{
    Attributes, Export, ExtensionError, Guest, Kind, Level, Logger, RunningKind, Start, Stop,
};
use tokio::time::{Instant, sleep};

use self::delivery::{Delivered, Delivery, HANDLE, INTERFACE, Verdict};
use self::history::History;
use self::settings::Settings;
use self::spool::{Claim, Spool};

/// `types = ["consumer"]`.
#[derive(Debug)]
pub(crate) struct Consumer;

impl Kind for Consumer {
    type Settings = Settings;
    type Running = Consuming;

    fn name(&self) -> &'static str {
        "consumer"
    }

    fn summary(&self) -> &'static str {
        "Handles the messages of a queue, each a file of a directory."
    }

    fn interface(&self) -> &'static str {
        INTERFACE
    }

    fn exports(&self) -> &'static [Export] {
        &[HANDLE]
    }

    async fn start(
        &self,
        settings: Arc<Settings>,
        start: Start,
    ) -> Result<Consuming, ExtensionError> {
        let directory = start.directory.join(&settings.directory);
        let dead_letters = start.directory.join(&settings.dead_letter);
        let spool = Spool::open(directory, dead_letters)?;
        Ok(Consuming { spool, settings, logger: start.logger })
    }
}

/// A consumer that has not begun yet.
#[derive(Debug)]
pub(crate) struct Consuming {
    spool: Spool,
    settings: Arc<Settings>,
    logger: Logger,
}

impl RunningKind for Consuming {
    fn describe(&self) -> Attributes {
        Attributes::from_iter([
            ("consumer.directory".to_owned(), self.spool.directory().display().to_string().into()),
            ("consumer.concurrency".to_owned(), self.settings.concurrency.get().into()),
        ])
    }

    async fn run(self, guest: Guest, stop: Stop) -> Result<(), ExtensionError> {
        let Self { spool, settings, logger } = self;
        let (backlog, history) = (VecDeque::new(), History::default());
        let deliveries = FuturesUnordered::new();
        Shift { spool, settings, logger, guest, backlog, history, deliveries }.work(stop).await
    }
}

/// A consumer at work.
struct Shift {
    spool: Spool,
    settings: Arc<Settings>,
    logger: Logger,
    guest: Guest,
    /// Names that were found by the last look and not taken yet.
    backlog: VecDeque<OsString>,
    history: History,
    /// Messages inside the guest.
    deliveries: FuturesUnordered<LocalBoxFuture<'static, Delivered>>,
}

impl Shift {
    /// Until it is told to stop or the queue fails; then until the last message is settled.
    async fn work(mut self, stop: Stop) -> Result<(), ExtensionError> {
        let mut outcome = self.consume(stop).await;
        while let Some(delivered) = self.deliveries.next().await {
            outcome = outcome.and(self.settle(delivered));
        }
        outcome
    }

    async fn consume(&mut self, mut stop: Stop) -> Result<(), ExtensionError> {
        loop {
            self.take()?;
            tokio::select! {
                biased;
                () = stop.told() => return Ok(()),
                Some(delivered) = self.deliveries.next() => self.settle(delivered)?,
                () = sleep(self.settings.poll_interval.0) => {}
            }
        }
    }

    /// Takes messages until all places are taken or none is left.
    fn take(&mut self) -> Result<(), ExtensionError> {
        if self.backlog.is_empty() && self.has_place() {
            let names = self.spool.messages()?;
            self.history.keep(&names);
            self.backlog = names.into();
        }
        let now = Instant::now();
        while self.has_place() {
            let Some(name) = self.backlog.pop_front() else { break };
            if self.history.is_resting(&name, now) {
                continue;
            }
            match self.spool.claim(name.clone()) {
                Ok(Some(claim)) => self.deliver(claim)?,
                Ok(None) => (),
                Err(error) => self.cannot_read(&name, &error)?,
            }
        }
        Ok(())
    }

    fn has_place(&self) -> bool {
        self.deliveries.len() < self.settings.concurrency.get().into()
    }

    fn deliver(&mut self, mut claim: Claim) -> Result<(), ExtensionError> {
        match claim.read(self.settings.max_size.0) {
            Ok(Some(body)) => {
                let attempt = self.history.attempt(claim.name());
                let delivery = Delivery { claim, body, attempt };
                self.deliveries.push(Box::pin(delivery.run(self.guest.clone())));
                Ok(())
            }
            Ok(None) => self.bury(claim.name(), reason("it is larger than `max_size`")),
            Err(error) => self.cannot_read(claim.name(), &error),
        }
    }

    /// One file that cannot be read must not hold up the others.
    fn cannot_read(&mut self, name: &OsStr, error: &std::io::Error) -> Result<(), ExtensionError> {
        let attempt = self.history.attempt(name);
        self.fail(name, attempt, reason(&format!("it cannot be read: {error}")))
    }

    fn settle(&mut self, delivered: Delivered) -> Result<(), ExtensionError> {
        let Delivered { claim, attempt, verdict, attributes } = delivered;
        let name = claim.name();
        match verdict {
            Verdict::Handled => {
                self.spool.remove(&claim)?;
                self.history.forget(name);
                self.log(Level::Info, "message handled", name, &attributes);
            }
            Verdict::Failed => self.fail(name, attempt, attributes)?,
            Verdict::GivenBack => {
                // Shorter than that of a message that has failed, so that the two do not meet again.
                let rests_until = Instant::now() + self.settings.poll_interval.0;
                self.history.note(name, attempt - 1, rests_until);
                self.log(Level::Warn, "message given back", name, &attributes);
            }
        }
        Ok(())
    }

    fn fail(
        &mut self,
        name: &OsStr,
        attempt: u32,
        mut attributes: Attributes,
    ) -> Result<(), ExtensionError> {
        attributes.insert("consumer.attempt".to_owned(), attempt.into());
        if attempt > self.settings.retries {
            return self.bury(name, attributes);
        }
        let rests_until = Instant::now() + self.settings.retry_delay.0;
        self.history.note(name, attempt, rests_until);
        self.log(Level::Warn, "message failed, it will be handled again", name, &attributes);
        Ok(())
    }

    fn bury(&mut self, name: &OsStr, mut attributes: Attributes) -> Result<(), ExtensionError> {
        self.history.forget(name);
        let Some(buried) = self.spool.bury(name)? else { return Ok(()) };
        let buried = buried.to_string_lossy().into_owned();
        attributes.insert("consumer.dead_letter".to_owned(), buried.into());
        self.log(Level::Error, "message became a dead letter", name, &attributes);
        Ok(())
    }

    /// A message is a request, so that its lines are found as those of others are.
    fn log(&self, level: Level, message: &str, name: &OsStr, attributes: &Attributes) {
        let id = ("request_id".to_owned(), name.to_string_lossy().into());
        self.logger.log(level, message, attributes, &Attributes::from_iter([id]));
    }
}

fn reason(text: &str) -> Attributes {
    Attributes::from_iter([("error.message".to_owned(), text.into())])
}

//! The development loop towards the supervisor: what it asks for next, and what it hears.
//!
//! Does not know what follows from an event.

use std::time::Duration;

use jiff::Zoned;

use super::super::screen::Tone;
use super::super::stage::Done;
use super::super::status::{self, End};
use super::{Development, Event};
use crate::supervisor::{Demand, Director, ServiceEvent};

impl Director for Development {
    async fn next(&mut self) -> Demand {
        loop {
            if let Some(demand) = self.due.take() {
                return demand;
            }
            match self.event().await {
                Event::Changed(changes) => {
                    self.tell_limitations();
                    self.note(changes);
                }
                Event::Done(Done::Ended(ended)) => self.finish(ended),
                Event::Done(Done::Over) => {
                    // Dropped here, it is done again: the stage is still the same.
                    self.take_in().await;
                    self.conclude();
                }
                Event::Found(sources) => {
                    self.search = None;
                    self.watch(sources).await;
                }
                Event::Key(key) => self.press(key),
                Event::Continued => {
                    if let Some(keys) = &self.keys {
                        keys.resume();
                    }
                }
                Event::Tick => {
                    self.show_progress();
                    self.screen.tick();
                }
            }
        }
    }

    fn notify(&mut self, event: ServiceEvent<'_>) {
        match event {
            ServiceEvent::Serving { endpoints } => {
                let after = self.change.handed_over.map_or(Duration::ZERO, |at| at.elapsed());
                self.served.since = Some(Zoned::now().time());
                let new = self.served.note_addresses(endpoints);
                self.show(End::Ready { after, addresses: &new });
            }
            ServiceEvent::Refused(refusal) => {
                self.served.print = None;
                let help = refusal.help.as_deref().map(|help| match &self.keys {
                    // What other commands say; here there is a shorter way.
                    Some(_) => help.replace("`mikros-host build`", "the key `b`"),
                    None => help.to_owned(),
                });
                self.fail(refusal, help.as_deref());
            }
            ServiceEvent::Waiting { .. } => {
                self.screen.say(Tone::Plain, "waiting for an older version to finish");
            }
            ServiceEvent::Stopping { calls, .. } if calls > 0 => {
                self.screen.say(Tone::Plain, &status::stopping(calls));
            }
            // Nothing to wait for; the log has told of it.
            ServiceEvent::Stopping { .. } | ServiceEvent::Left { .. } => (),
            ServiceEvent::Ended { well } => {
                self.served.since = None;
                self.served.addresses.clear();
                let (tone, how) = if well { (Tone::Good, "done") } else { (Tone::Bad, "failed") };
                self.screen.say(tone, &format!("{how} · waiting for a change"));
            }
        }
    }

    fn perseveres(&self) -> bool {
        true
    }
}

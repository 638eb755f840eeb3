//! One build of `dev`: seen while it runs, and ended with everything it has started when its result
//! is no longer wanted.
//!
//! Does not know why there is a build, nor what a terminal looks like.

use std::fmt;
use std::io;
use std::mem;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::sync::oneshot;

use super::super::build::{BuildError, BuildPlan, target};
use super::super::child::Group;

/// Takes what a build prints: any bytes, which may end in the middle of a line.
pub(super) type Output = Box<dyn FnMut(&[u8]) + Send>;

/// How a build ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The component is there. It took this long.
    Succeeded(Duration),
    Failed {
        error: BuildError,
        after: Duration,
    },
}

/// A build that runs. Dropping it kills it and its children at once.
///
/// It is a background job for the terminal: Ctrl-C and Ctrl-Z do not reach it, and what it would ask
/// the user for gets no answer.
pub(super) struct Build {
    plan: BuildPlan,
    colour: bool,
    output: Output,
    began: Instant,
    step: Step,
}

/// What runs now.
enum Step {
    /// `rustc` is asked for the compilation target.
    Question {
        group: Group,
        answer: Vec<u8>,
        installation: Box<Command>,
    },
    Installation(Group),
    Command(Group),
    /// Whether there is a component; cargo may be asked why not, which takes a moment.
    Judgement(oneshot::Receiver<Result<(), BuildError>>),
    Over,
}

/// How to ask for the compilation target, and how to get it.
struct Toolchain {
    question: Command,
    installation: Command,
}

impl Build {
    /// Starts a build. The compilation target that it needs is installed first, if it is missing.
    ///
    /// `colour`: whether the output goes to a terminal that shows colours.
    pub(super) fn start(plan: BuildPlan, colour: bool, output: Output) -> Result<Self, BuildError> {
        let toolchain = Toolchain {
            question: target::question(&plan.directory),
            installation: target::installation(&plan.directory),
        };
        Self::start_with(plan, colour, output, toolchain)
    }

    fn start_with(
        plan: BuildPlan,
        colour: bool,
        output: Output,
        toolchain: Toolchain,
    ) -> Result<Self, BuildError> {
        let mut build = Self { plan, colour, output, began: Instant::now(), step: Step::Over };
        build.step = build.first(toolchain)?;
        Ok(build)
    }

    fn first(&self, toolchain: Toolchain) -> Result<Step, BuildError> {
        if self.plan.needs_target()
            && let Ok(group) = Group::observe(toolchain.question)
        {
            let installation = Box::new(toolchain.installation);
            return Ok(Step::Question { group, answer: Vec::new(), installation });
        }
        self.command()
    }

    fn command(&self) -> Result<Step, BuildError> {
        let group = Group::observe(coloured(self.plan.shell(), self.colour));
        group.map(Step::Command).map_err(|source| self.plan.cannot_start(source))
    }

    fn install(&mut self, installation: Command) -> Result<Step, BuildError> {
        (self.output)(target::NOTICE.as_bytes());
        Group::observe(installation).map(Step::Installation).map_err(target::cannot_start)
    }

    /// Finds out on a thread of its own whether there is a component: it waits for cargo, perhaps.
    fn judge(&self, status: ExitStatus) -> Result<Step, BuildError> {
        let (sender, verdict) = oneshot::channel();
        let plan = self.plan.clone();
        let look = move || {
            // A build that is no longer wanted does not wait.
            let _ = sender.send(plan.judge(status));
        };
        let thread = std::thread::Builder::new().name("judge".to_owned()).spawn(look);
        thread.map_err(|source| self.plan.cannot_start(source))?;
        Ok(Step::Judgement(verdict))
    }

    /// Waits for the end of the build; its output is handed over meanwhile, and only then. When it
    /// has told the end, it never returns again.
    ///
    /// # Cancel safety
    /// The build goes on, and nothing is lost: call it again.
    pub(super) async fn wait(&mut self) -> Ended {
        let result = self.finish().await;
        let after = self.began.elapsed();
        match result {
            Ok(()) => Ended::Succeeded(after),
            Err(error) => Ended::Failed { error, after },
        }
    }

    async fn finish(&mut self) -> Result<(), BuildError> {
        loop {
            if let Step::Judgement(verdict) = &mut self.step {
                let verdict = verdict.await;
                self.step = Step::Over;
                // A thread that has panicked has said so.
                return verdict.unwrap_or(Ok(()));
            }
            let status = self.step.wait(&mut self.output).await;
            // Nothing is awaited from here to the next step, so that no step is taken twice.
            self.step = match mem::replace(&mut self.step, Step::Over) {
                Step::Question { answer, installation, .. } if is_missing(&status, &answer) => {
                    self.install(*installation)?
                }
                Step::Question { .. } => self.command()?,
                Step::Installation(_) => {
                    let status = status.map_err(target::cannot_start)?;
                    target::judge(status, &self.plan.directory)?;
                    self.command()?
                }
                Step::Command(_) | Step::Judgement(_) | Step::Over => {
                    let status = status.map_err(|source| self.plan.cannot_start(source))?;
                    self.judge(status)?
                }
            }
        }
    }

    /// Ends the build and everything it has started. They get SIGTERM and two seconds.
    ///
    /// # Cancel safety
    /// Dropping the future kills them at once.
    pub(super) async fn kill(mut self) {
        match mem::replace(&mut self.step, Step::Over) {
            Step::Question { group, .. } | Step::Installation(group) | Step::Command(group) => {
                group.kill(Signal::TERM).await;
            }
            Step::Judgement(_) | Step::Over => (),
        }
    }
}

impl Step {
    async fn wait(&mut self, output: &mut Output) -> io::Result<ExitStatus> {
        match self {
            Self::Question { group, answer, .. } => {
                group.wait(&mut |bytes| answer.extend_from_slice(bytes)).await
            }
            Self::Installation(group) | Self::Command(group) => group.wait(output).await,
            Self::Judgement(_) | Self::Over => std::future::pending().await,
        }
    }
}

fn is_missing(status: &io::Result<ExitStatus>, answer: &[u8]) -> bool {
    status.as_ref().is_ok_and(|status| target::is_missing(*status, answer))
}

/// Lets Cargo colour its messages, which it does not do by itself when they go through a pipe. Its
/// progress bar moves the cursor and would fight with the line that `dev` keeps at the bottom.
fn coloured(mut command: Command, colour: bool) -> Command {
    if colour {
        command.env("CARGO_TERM_COLOR", "always").env("CARGO_TERM_PROGRESS_WHEN", "never");
    }
    command
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Build").field("plan", &self.plan).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

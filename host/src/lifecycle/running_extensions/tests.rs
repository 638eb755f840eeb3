//! The ends of features that are no components: order, errors, time.
//! Does not know plug-ins, whose instances need threads: those are tested end to end.

use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::*;
use crate::extension::RunningFeature;

/// What a feature does when it ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Return,
    Fail,
    /// For ever.
    Hang,
    Take(Duration),
}

/// Names of features whose end has begun, and of those that have come to it with a `.`.
type Events = Arc<Mutex<Vec<String>>>;

struct Fake {
    name: &'static str,
    end: End,
    course: Events,
}

impl Fake {
    fn note(&self, text: &str) {
        self.course.lock().unwrap().push(format!("{}{text}", self.name));
    }
}

impl RunningFeature for Fake {
    fn describe(&self) -> Attributes {
        Attributes::from_iter([("end".to_owned(), Value::from(format!("{:?}", self.end)))])
    }

    async fn cleanup(&self) -> Result<(), ExtensionError> {
        self.note("");
        match self.end {
            End::Return => (),
            End::Fail => return Err(ExtensionError::new("the disk is gone")),
            End::Hang => pending().await,
            End::Take(time) => sleep(time).await,
        }
        self.note(".");
        Ok(())
    }
}

/// Features that have started in this order, and what becomes of them.
fn running_extensions(ends: &[(&'static str, End)]) -> (RunningExtensions, Events) {
    let course = Events::default();
    let mut running_extensions = RunningExtensions::default();
    for (name, end) in ends {
        let running = Arc::new(Fake { name, end: *end, course: course.clone() });
        running_extensions.add(Equipped {
            name: (*name).to_owned(),
            hook: None,
            stage: Stage::Adapt,
            running: Running::Native(running),
        });
    }
    (running_extensions, course)
}

fn told(course: &Events) -> Vec<String> {
    std::mem::take(&mut course.lock().unwrap())
}

fn deadline(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn the_last_one_ends_first() {
    let (mut running_extensions, course) =
        running_extensions(&[("a", End::Return), ("b", End::Return), ("c", End::Return)]);

    assert!(running_extensions.end(deadline(1)).await);

    assert_eq!(told(&course), ["c", "c.", "b", "b.", "a", "a."]);
}

#[tokio::test(start_paused = true)]
async fn one_after_the_other() {
    let slow = End::Take(Duration::from_millis(100));
    let (mut running_extensions, course) = running_extensions(&[("a", slow), ("b", slow)]);
    let begun = Instant::now();

    assert!(running_extensions.end(deadline(1)).await);

    assert_eq!(told(&course), ["b", "b.", "a", "a."]);
    assert_eq!(begun.elapsed().as_millis(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_told_and_skips_nothing() {
    let ends = [("a", End::Return), ("b", End::Fail), ("c", End::Fail), ("d", End::Return)];
    let (mut running_extensions, course) = running_extensions(&ends);

    assert!(!running_extensions.end(deadline(1)).await);

    assert_eq!(told(&course), ["d", "d.", "c", "b", "a", "a."]);
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_gets_until_the_deadline() {
    let ends = [("a", End::Return), ("b", End::Hang), ("c", End::Return)];
    let (mut running_extensions, course) = running_extensions(&ends);
    let begun = Instant::now();

    assert!(!running_extensions.end(deadline(7)).await);

    assert_eq!(told(&course), ["c", "c.", "b", "a", "a."]);
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_each_gets_a_moment() {
    let quick = End::Take(CANCEL_GRACE / 2);
    let ends = [("a", quick), ("b", End::Hang), ("c", End::Hang), ("d", quick)];
    let (mut running_extensions, course) = running_extensions(&ends);
    let begun = Instant::now();

    assert!(!running_extensions.end(Instant::now()).await);

    assert_eq!(told(&course), ["d", "d.", "c", "b", "a", "a."]);
    assert_eq!(begun.elapsed(), 3 * CANCEL_GRACE);
}

#[tokio::test(start_paused = true)]
async fn each_ends_once() {
    let (mut running_extensions, course) =
        running_extensions(&[("a", End::Return), ("b", End::Fail)]);
    running_extensions.end(deadline(1)).await;
    told(&course);

    assert!(running_extensions.end(deadline(1)).await);

    assert_eq!(told(&course), [""; 0]);
    assert!(running_extensions.describe().is_empty());
}

#[tokio::test]
async fn features_are_described_in_the_order_of_their_starts() {
    let (running_extensions, _) = running_extensions(&[("z", End::Return), ("a", End::Fail)]);

    let described = running_extensions.describe();

    let lines = described.iter().map(|(name, own)| format!("{name} {}", own["end"]));
    assert_eq!(lines.collect::<Vec<_>>(), ["z \"Return\"", "a \"Fail\""]);
    assert!(running_extensions.providers().is_empty());
}

//! What holds of the queue whatever is done to it in whatever order, and from several threads at once.
//!
//! The state is behind one lock, so what threads do is some order of whole operations: the first test draws such
//! orders and compares with a model. The second has real threads, for what is outside of the lock.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::AtomicBool;

use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::{Caller, queue, request};
use super::*;

const MOST_INSIDE: usize = 2;
const MOST_WAITING: usize = 3;
const CONNECTIONS: u16 = 3;

#[derive(Debug, Clone)]
enum Operation {
    /// A request of this connection.
    Push(u16),
    Pop,
    /// A request inside has returned.
    Return,
    /// The caller of one of those that wait leaves.
    Leave(prop::sample::Index),
    Withdraw(prop::sample::Index),
    Hold,
    Release,
    /// All go to another worker.
    TakeAll,
    /// The instance is lost.
    Lose,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (0..CONNECTIONS).prop_map(Operation::Push),
        4 => Just(Operation::Pop),
        3 => Just(Operation::Return),
        1 => any::<prop::sample::Index>().prop_map(Operation::Leave),
        1 => any::<prop::sample::Index>().prop_map(Operation::Withdraw),
        1 => Just(Operation::Hold),
        2 => Just(Operation::Release),
        1 => Just(Operation::TakeAll),
        1 => Just(Operation::Lose),
    ]
}

/// A request that waits.
struct Pending {
    id: Arc<str>,
    caller: Caller,
}

/// What the queue should hold.
#[derive(Default)]
struct Model {
    inside: usize,
    held: bool,
    /// Those that wait, by their connections, in the order in which they were pushed.
    waiting: HashMap<u16, VecDeque<Pending>>,
    /// At most so many requests whose callers have left still take a place.
    left: usize,
}

impl Model {
    fn waiting(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    /// Takes out a request that waits, by its index among all.
    fn remove(&mut self, index: prop::sample::Index) -> Option<Pending> {
        let count = self.waiting();
        let mut place = (count > 0).then(|| index.index(count))?;
        for port in 0..CONNECTIONS {
            let of_port = self.waiting.entry(port).or_default();
            if place < of_port.len() {
                return of_port.remove(place);
            }
            place -= of_port.len();
        }
        None
    }

    /// The queue has given a request up by itself: only the last one of a connection, and its caller knows.
    fn displaced(&mut self) -> usize {
        let before = self.waiting();
        for of_port in self.waiting.values_mut() {
            if let Some(last) = of_port.back_mut()
                && let Ok(outcome) = last.caller.try_recv()
            {
                assert!(matches!(outcome, Err(Fault::Saturated)));
                of_port.pop_back();
            }
        }
        before - self.waiting()
    }

    fn push(&mut self, queue: &Queue, port: u16) {
        let (call, caller) = request(port, "request");
        let id = call.context.request_id.clone().unwrap();
        let free = MOST_INSIDE - self.inside;
        match queue.push(call) {
            Ok(()) => {
                self.waiting.entry(port).or_default().push_back(Pending { id, caller });
                assert!(self.displaced() <= 1);
            }
            Err(refused) => {
                assert_eq!(refused.fault, Fault::Saturated);
                assert!(Arc::ptr_eq(&id, refused.call.context.request_id.as_ref().unwrap()));
                assert!(self.waiting() + self.left >= free + MOST_WAITING, "there was a place");
                assert_eq!(self.displaced(), 0);
            }
        }
    }

    fn pop(&mut self, queue: &Queue) {
        let can_enter = !self.held && self.inside < MOST_INSIDE && self.waiting() > 0;
        let Some(call) = queue.pop(|_| true) else {
            assert!(!can_enter, "nobody enters although there is a place");
            return;
        };
        assert!(can_enter);
        let port = call.context.peer.unwrap().port();
        let first = self.waiting.get_mut(&port).unwrap().pop_front().unwrap();
        let id = call.context.request_id.unwrap();
        assert!(Arc::ptr_eq(&first.id, &id), "one of connection {port} was overtaken by its next");
        self.inside += 1;
    }

    fn apply(&mut self, queue: &Queue, operation: &Operation) {
        match operation {
            Operation::Push(port) => self.push(queue, *port),
            Operation::Pop => self.pop(queue),
            Operation::Return if self.inside > 0 => {
                queue.left();
                self.inside -= 1;
            }
            Operation::Return => (),
            Operation::Leave(index) => self.left += usize::from(self.remove(*index).is_some()),
            Operation::Withdraw(index) => {
                if let Some(pending) = self.remove(*index) {
                    assert!(queue.withdraw(&pending.id).is_some());
                    assert!(queue.withdraw(&pending.id).is_none());
                }
            }
            Operation::Hold => {
                queue.hold();
                self.held = true;
            }
            Operation::Release => {
                queue.release();
                self.held = false;
            }
            Operation::TakeAll => {
                let taken = queue.take_requests().len();
                assert!((self.waiting()..=self.waiting() + self.left).contains(&taken));
                (self.waiting, self.left) = (HashMap::new(), 0);
            }
            Operation::Lose => {
                queue.emptied();
                self.inside = 0;
            }
        }
        let least = self.inside + self.waiting();
        assert!((least..=least + self.left).contains(&queue.load()), "the load is wrong");
        assert!(self.inside <= MOST_INSIDE && queue.load() <= MOST_INSIDE + MOST_WAITING);
    }
}

proptest! {
    #[test]
    fn requests_enter_once_and_in_order_or_are_refused(operations in vec(operation(), 0..80)) {
        let queue = queue(MOST_INSIDE, MOST_WAITING);
        let mut model = Model::default();

        for operation in &operations {
            model.apply(&queue, operation);
        }

        model.apply(&queue, &Operation::Release);
        while model.waiting() > 0 {
            model.apply(&queue, &Operation::Return);
            model.apply(&queue, &Operation::Pop);
        }
        model.apply(&queue, &Operation::Lose);
        queue.close();
        prop_assert!(queue.pop(|_| true).is_none() && queue.load() == 0 && queue.is_finished());
    }
}

/// Requests of one thread, and what became of those that were taken.
fn push_many(queue: &Queue, port: u16, refused: &AtomicUsize) -> Vec<Caller> {
    let mut callers = Vec::new();
    for _ in 0..500 {
        let (call, caller) = request(port, "request");
        match queue.push(call) {
            Ok(()) => callers.push(caller),
            Err(_) => _ = refused.fetch_add(1, Ordering::Relaxed),
        }
        if refused.load(Ordering::Relaxed).is_multiple_of(7) {
            std::thread::yield_now();
        }
    }
    callers
}

#[test]
fn no_request_is_lost_or_enters_twice_between_threads() {
    let queue = queue(MOST_INSIDE, MOST_WAITING);
    let (refused, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let entered = std::thread::scope(|scope| {
        let enters = scope.spawn(|| {
            let mut entered = 0;
            while !done.load(Ordering::Acquire) || queue.load() > 0 {
                if let Some(call) = queue.pop(|_| true) {
                    entered += 1;
                    drop(call);
                    queue.left();
                }
            }
            entered
        });
        let ports = 0..CONNECTIONS;
        let pushes = ports.map(|port| {
            scope.spawn({
                let (queue, refused) = (&queue, &refused);
                move || push_many(queue, port, refused)
            })
        });
        let pushes: Vec<_> = pushes.collect();
        let callers: Vec<_> = pushes.into_iter().flat_map(|push| push.join().unwrap()).collect();
        done.store(true, Ordering::Release);
        let entered = enters.join().unwrap();
        let displaced = callers.into_iter().filter_map(|mut caller| caller.try_recv().ok()).count();
        entered + displaced
    });

    assert_eq!(entered + refused.into_inner(), 500 * usize::from(CONNECTIONS));
}

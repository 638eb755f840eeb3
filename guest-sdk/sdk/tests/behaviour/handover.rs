//! One service takes over from another in a unit test.

use std::cell::{Cell, RefCell};

use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context};
use mikros_sdk::{Identity, Result};

/// As it was: a byte is the state.
struct Before(Cell<u8>);

/// As it is: text is, and it still reads bytes.
#[derive(Default)]
struct After {
    text: RefCell<String>,
    met: RefCell<Vec<String>>,
}

impl Service for Before {
    async fn on_start() -> Result<Self> {
        Ok(Self(Cell::new(0)))
    }
}

impl Service for After {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Handover for Before {
    async fn give(&self, successor: &Identity) -> Result<Option<Vec<u8>>> {
        assert_eq!(successor.name, "shop");
        Ok((self.0.get() > 0).then(|| vec![self.0.get()]))
    }

    async fn receive(&self, predecessor: &Identity, _state: Vec<u8>) -> Result<()> {
        let version = &predecessor.version;
        Err(ServiceError::precondition_failed(format!("{version} is too new")))
    }
}

impl Handover for After {
    async fn give(&self, _successor: &Identity) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.text.borrow().clone().into_bytes()))
    }

    async fn receive(&self, predecessor: &Identity, state: Vec<u8>) -> Result<()> {
        *self.text.borrow_mut() = state[0].to_string();
        self.met.borrow_mut().push(format!("{} {}", predecessor.name, predecessor.version));
        Ok(())
    }
}

/// Runs the body of a test with a service of each sort.
fn with_both(body: impl AsyncFnOnce(Before, After) -> Result<()>) {
    let context = Context::new().name("shop");
    let ran =
        context.run(async { body(Before::on_start().await?, After::on_start().await?).await });
    ran.expect("the body of the test succeeds");
}

#[test]
fn the_state_reaches_another_type_with_who_gave_it() {
    with_both(async |before, after| {
        before.0.set(7);

        let state = testing::hand_over("v1.4.0", &before, &after).await?;

        assert_eq!(state, Some(vec![7]));
        assert_eq!(*after.text.borrow(), "7");
        assert_eq!(*after.met.borrow(), ["shop v1.4.0"]);
        Ok(())
    });
}

#[test]
fn nothing_to_hand_over_is_not_received() {
    with_both(async |before, after| {
        let state = testing::hand_over("v1.4.0", &before, &after).await?;

        assert_eq!(state, None);
        assert!(after.met.borrow().is_empty());
        Ok(())
    });
}

#[test]
fn a_refusal_is_an_error() {
    with_both(async |before, after| {
        let refused = testing::hand_over("v2.0.0", &after, &before).await;

        let refused = refused.expect_err("it is too new");
        assert_eq!(refused.message(), "v2.0.0 is too new");
        Ok(())
    });
}

//! The flags of `acme:flags/flags`, whoever provides them.
//! In unit tests nobody does: there the test says what is on.

mikros_sdk::bindings!(mod imported, world: "acme:%flags/client", path: ["../../wit", "wit"]);

/// Whether a flag is on.
#[cfg(target_family = "wasm")]
pub(crate) async fn is_enabled(name: &str) -> mikros_sdk::Result<bool> {
    Ok(imported::acme::flags::flags::is_enabled(name.to_owned()).await?)
}

#[cfg(not(target_family = "wasm"))]
pub(crate) use stand_in::is_enabled;

#[cfg(not(target_family = "wasm"))]
pub(crate) mod stand_in {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static ENABLED: RefCell<BTreeSet<String>> = RefCell::default();
    }

    pub(crate) async fn is_enabled(name: &str) -> mikros_sdk::Result<bool> {
        Ok(ENABLED.with_borrow(|enabled| enabled.contains(name)))
    }

    /// Switches a flag on for the test that runs on this thread.
    #[cfg(test)]
    pub(crate) fn enable(name: &str) {
        ENABLED.with_borrow_mut(|enabled| enabled.insert(name.to_owned()));
    }
}

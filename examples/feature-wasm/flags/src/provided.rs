//! The exports of `acme:flags/flags`. Does nothing but call the plug-in.

mikros_sdk::bindings!(mod bindings, world: "acme:%flags/provider", path: ["../../../wit", "../wit"]);

use mikros_sdk::plugin::running;

use self::bindings::exports::acme::flags::flags::{Error, Guest};
use crate::Flags;

struct Provided;

impl Guest for Provided {
    async fn is_enabled(name: String) -> Result<bool, Error> {
        Ok(running::<Flags>()?.is_enabled(&name)?)
    }
}

bindings::export!(Provided with_types_in bindings);

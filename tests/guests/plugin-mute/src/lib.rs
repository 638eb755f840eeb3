//! A plug-in that provides what cannot be provided.
//! Deliberately does nothing: no host may start it.

#![cfg(target_family = "wasm")]

mikros_sdk::bindings!(mod bindings, world: "acme:mute/provider", path: ["wit"], with: {});

use self::bindings::exports::acme::mute::mute::Guest;
use mikros_sdk::__private::wit_bindgen::StreamReader;

struct Mute;

impl Guest for Mute {
    fn forget(_name: String) {}

    async fn count() -> u32 {
        0
    }

    async fn number() -> Result<u32, u32> {
        Ok(0)
    }

    fn pour() -> Result<StreamReader<u8>, String> {
        Err("nothing to pour".to_owned())
    }

    async fn remember(_name: String) -> Result<(), String> {
        Ok(())
    }
}

bindings::export!(Mute with_types_in bindings);

//! A plug-in that provides an interface of the same name as `plugin-flags`, with another type.
//! Deliberately written without the SDK's traits: it has no lifecycle.

#![cfg(target_family = "wasm")]

mikros_sdk::bindings!(mod bindings, world: "acme:%flags/provider", path: ["wit"], with: {});

use self::bindings::exports::acme::flags::flags::Guest;

struct OtherFlags;

impl Guest for OtherFlags {
    async fn is_enabled(name: String) -> Result<String, String> {
        Ok(name)
    }
}

bindings::export!(OtherFlags with_types_in bindings);

//! The exports of `acme:flags/flags`. Does nothing but call the plug-in.

mikros_sdk::bindings!(mod bindings, world: "acme:%flags/provider", path: ["../../../wit", "wit"]);

use mikros_sdk::plugin::running;

use self::bindings::exports::acme::flags::flags::{Description, Error, Everything, Guest, Shape};
use crate::Flags;

struct Provided;

impl Guest for Provided {
    async fn is_enabled(name: String) -> Result<bool, Error> {
        Ok(running::<Flags>()?.is_enabled(name).await?)
    }

    async fn describe(name: String) -> Result<Description, Error> {
        let flags = running::<Flags>()?;
        let enabled = flags.is_enabled(name.clone()).await?;
        let asked = flags.times_asked(&name).try_into().unwrap_or(u32::MAX);
        Ok(Description { name, enabled, asked, owner: flags.settings.owner.clone() })
    }

    async fn give_back(mut all: Everything) -> Result<Everything, Error> {
        all.shapes.push(Shape::Named(Some("one more".to_owned())));
        Ok(all)
    }

    fn asked() -> Result<Vec<String>, String> {
        let flags = running::<Flags>().map_err(|error| error.to_string())?;
        Ok(flags.asked.borrow().clone())
    }
}

bindings::export!(Provided with_types_in bindings);

//! The export `acme:queue/consumer`, which the kind `consumer` calls. Does nothing but call the service.

mikros_sdk::bindings!(mod bindings, world: "acme:queue/service", path: ["../../../wit", "../wit"]);

use self::bindings::exports::acme::queue::consumer::{Error, Guest, Message};
use crate::Orders;

struct Exported;

impl Guest for Exported {
    async fn handle(message: Message) -> Result<(), Error> {
        let Message { id: _, body, attempt } = message;
        mikros_sdk::call(async |orders: &Orders| orders.book(&body, attempt).await).await
    }
}

bindings::export!(Exported with_types_in bindings);

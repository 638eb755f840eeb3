//! Books orders, which arrive as messages.
//! Deliberately does not know from where: that is the business of the kind `consumer`.

#[cfg(target_family = "wasm")]
mod component;

use std::cell::Cell;
use std::time::Duration;

use mikros_sdk::prelude::*;
use serde::Deserialize;

struct Orders {
    booked: Cell<u64>,
}

/// The body of a message.
#[derive(Deserialize)]
struct Order {
    item: String,
    quantity: u32,
    /// In cents.
    total: u32,
    /// How long packing takes, in milliseconds.
    #[serde(default)]
    packing_ms: u64,
}

const ITEMS: [&str; 3] = ["lamp", "chair", "table"];

impl Service for Orders {
    async fn on_start() -> Result<Self> {
        Ok(Self { booked: Cell::new(0) })
    }

    async fn on_finish(&self) -> Result<()> {
        log::info!("orders are closed", booked = self.booked.get());
        Ok(())
    }
}

#[cfg_attr(
    not(any(target_family = "wasm", test)),
    expect(dead_code, reason = "the export uses it")
)]
impl Orders {
    /// Books the order in a message.
    async fn book(&self, body: &[u8], attempt: u32) -> Result<()> {
        let order: Order = serde_json::from_slice(body).or_invalid_arguments("it is no order")?;
        log::info!("packing", item = order.item, attempt);
        if !ITEMS.contains(&&*order.item) {
            return Err(ServiceError::not_found("there is no such item"));
        }
        // A quantity of 0 makes it panic: a bug, so that one can see what becomes of its message.
        let each = order.total / order.quantity;
        mikros_sdk::sleep(Duration::from_millis(order.packing_ms)).await;
        self.booked.set(self.booked.get() + 1);
        log::info!("order booked", item = order.item, quantity = order.quantity, each);
        Ok(())
    }
}

// The SDK does not know the kind `consumer`: its export is in `component`.
mikros_sdk::export!(Orders: lifecycle);

#[cfg(test)]
mod tests {
    use mikros_sdk::testing::Context;

    use super::*;

    #[track_caller]
    fn book(body: &str) -> Result<()> {
        let context = Context::new();
        context.run(async { Orders::on_start().await?.book(body.as_bytes(), 1).await })
    }

    #[test]
    fn an_order_is_booked() {
        let booked = book(r#"{"item": "lamp", "quantity": 2, "total": 4000, "packing_ms": 100}"#);

        assert!(booked.is_ok(), "{booked:?}");
    }

    #[test]
    fn what_cannot_be_booked_is_an_error() {
        let no_item = book(r#"{"item": "boat", "quantity": 1, "total": 4000}"#);
        let no_order = book("lamp");

        let messages = [no_item, no_order].map(|result| result.map_err(|e| e.message().to_owned()));
        let told = ["there is no such item", "it is no order"].map(|text| Err(text.to_owned()));
        assert_eq!(messages, told);
    }
}

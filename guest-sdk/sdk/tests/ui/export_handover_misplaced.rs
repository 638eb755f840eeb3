use mikros_sdk::Identity;
use mikros_sdk::prelude::*;

struct Hello;

impl Service for Hello {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Script for Hello {
    async fn run(&self, _arguments: Vec<String>) -> Result<()> {
        Ok(())
    }
}

impl Handover for Hello {
    async fn give(&self, _successor: &Identity) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn receive(&self, _predecessor: &Identity, _state: Vec<u8>) -> Result<()> {
        Ok(())
    }
}

mikros_sdk::export!(Hello: handover);
mikros_sdk::export!(Hello: script, handover);

fn main() {}

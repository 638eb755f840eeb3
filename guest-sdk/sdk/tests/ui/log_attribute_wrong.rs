use mikros_sdk::prelude::*;

fn main() {
    let name = "Ada";
    log::info!("hello", name.len());
    log::info!(name, "hello");
}

use mikros_sdk::prelude::*;

fn main() {
    let (name, city) = ("Ada", "London");
    log::info!("hello {name}");
    log::warn!("hello {} from {}", name, city.len());
    log::debug!("{name:?}");
    log::error!("a brace: {");
    log::write!(log::Level::Info, "hello {name}", city);
}

//! Answers with the country of its caller, and of any address.
//! Deliberately does not know how countries are found out: the host does.

mod lookup;

use mikros_sdk::prelude::*;
use serde::Deserialize;

struct Shop;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        Router::new().get("/", welcome).get("/countries/{address}", country)
    }
}

/// What the hook of the feature has added to the request.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Caller {
    x_country: Option<String>,
}

/// `curl localhost:8080/`
async fn welcome(Headers(caller): Headers<Caller>) -> String {
    match caller.x_country {
        Some(country) => format!("welcome, {country}\n"),
        None => "welcome, wherever you are\n".to_owned(),
    }
}

/// `curl localhost:8080/countries/192.0.2.7`
async fn country(Path(address): Path<String>) -> Result<String> {
    // Errors of the feature are those of services: `?` hands them on with their status.
    let country = lookup::country_of(&address)?;
    Ok(format!("{country}\n"))
}

mikros_sdk::export!(Shop: http);

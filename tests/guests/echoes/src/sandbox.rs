//! What a service can see of the machine it runs on.
//! Deliberately asks in every way it knows.

use mikros_sdk::env;
use mikros_sdk::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub(super) struct Wanted {
    name: String,
}

#[derive(Serialize)]
pub(super) struct Variables {
    /// What the SDK says about the wanted one.
    sdk: Option<String>,
    /// What the standard library says about it.
    std: Option<String>,
    /// Every variable that the standard library knows.
    all: Vec<(String, String)>,
    arguments: Vec<String>,
    directory: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "what is disallowed elsewhere is what this is for")]
pub(super) async fn variables(Query(wanted): Query<Wanted>) -> Result<Json<Variables>> {
    Ok(Json(Variables {
        sdk: env::get(&wanted.name)?,
        std: std::env::var(&wanted.name).ok(),
        all: std::env::vars().collect(),
        arguments: std::env::args().collect(),
        directory: std::env::current_dir().ok().map(|path| path.display().to_string()),
    }))
}

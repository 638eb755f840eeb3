//! Responses and header fields whose types say what they are.

use mikros_sdk::http::openapi::operation;
use mikros_sdk::http::{Redirect, Response, TypedHeader, headers};
use mikros_sdk::prelude::*;

use super::document;

struct Site;

impl Service for Site {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Site {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/moved", operation(moved))
            .get("/refused", operation(refused))
            .get("/agent", operation(agent))
            .openapi("/openapi.json")
    }
}

async fn moved() -> Redirect {
    Redirect::to("/")
}

async fn refused() -> Result<Json<u8>, Response> {
    Ok(Json(7))
}

async fn agent(agent: TypedHeader<headers::UserAgent>) -> String {
    agent.0.to_string()
}

/// The statuses of the responses of `GET path`.
fn statuses(path: &str) -> Vec<String> {
    let document = document::<Site>();
    let responses =
        document["paths"][path]["get"]["responses"].as_object().expect("it is documented");
    responses.keys().cloned().collect()
}

#[test]
fn a_redirect_has_the_statuses_of_redirects() {
    assert_eq!(statuses("/moved"), ["303", "307", "308", "default"]);
}

#[test]
fn a_response_in_place_of_an_error_is_no_success() {
    assert_eq!(statuses("/refused"), ["200", "default"]);
}

#[test]
fn a_typed_header_is_a_parameter() {
    let document = document::<Site>();
    let parameter = &document["paths"]["/agent"]["get"]["parameters"][0];

    assert_eq!(parameter["name"], "user-agent");
    assert_eq!((&parameter["in"], &parameter["required"]), (&"header".into(), &true.into()));
    assert!(statuses("/agent").contains(&"400".to_owned()));
}

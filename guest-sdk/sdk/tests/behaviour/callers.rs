//! Who the caller is: what services see of it, and how it is put together.

use mikros_sdk::Caller;
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context, json};
use serde_json::Value;

struct Mirror;

impl Service for Mirror {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Mirror {
    fn routes() -> Router<Self> {
        Router::new().get("/", who)
    }
}

async fn who() -> String {
    mikros_sdk::spawn(async {
        mikros_sdk::caller().map_or_else(|| "nobody".to_owned(), |caller| format!("{caller:?}"))
    })
    .await
    .expect("the task is not cancelled")
}

#[test]
fn a_request_and_its_tasks_have_the_caller_that_was_found() {
    let caller = Caller::new("ada", "jwt").with_claim("secret", 7);

    let (known, unknown) = Context::new()
        .run(async {
            let client = testing::http::<Mirror>().await?;
            let known = client.get("/").caller(caller).send().await.text().await?;
            Ok::<_, ServiceError>((known, client.get("/").send().await.text().await?))
        })
        .expect("the service starts");

    // Claims are nobody else's business, so they are not in what is printed.
    assert_eq!(known, r#"Caller { subject: "ada", scheme: "jwt", .. }"#);
    assert_eq!(unknown, "nobody");
}

#[test]
fn nobody_calls_outside_of_a_request() {
    assert_eq!(Context::new().run(async { mikros_sdk::caller() }), None);
}

#[test]
fn claims_are_read_as_any_type() {
    #[derive(serde::Deserialize)]
    struct Claims {
        role: String,
    }
    let caller = Caller::new("ada", "jwt").with_claim("role", "user").with_claim("role", "admin");

    let typed: Claims = caller.claims().expect("the claims fit");
    let untyped: Value = caller.claims().expect("claims are JSON");

    assert_eq!(typed.role, "admin");
    assert_eq!(untyped, json!({"role": "admin"}));
    assert!(caller.claims::<Vec<u8>>().is_err());
}

#[test]
fn a_caller_without_claims_has_an_empty_object() {
    let claims: Value = Caller::new("ada", "basic").claims().expect("claims are JSON");

    assert_eq!(claims, json!({}));
}

#[test]
fn claims_are_an_object_or_none() {
    let claims: Value = Caller::new("ada", "jwt")
        .with_claim("lost", 1)
        .with_claims(&json!({"role": "user"}))
        .and_then(|caller| caller.claims())
        .expect("a map is an object");
    let refused = Caller::new("ada", "jwt").with_claims(&["role"]);

    assert_eq!(claims, json!({"role": "user"}));
    let error = refused.expect_err("a list is no object");
    assert_eq!(error.cause(), Some("claims must be a struct or a map"));
}

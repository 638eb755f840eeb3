//! Unit tests without a host: both kinds, one state.

use mikros_sdk::grpc::{Code, Request};
use mikros_sdk::testing::{self, Context, json};
use serde_json::Value;

use super::*;

#[test]
fn http_shows_what_grpc_counts() {
    let (count, state) = Context::new()
        .run(async {
            let client = testing::http::<Hybrid>().await?;
            client.post("/?amount=2").send().await;
            let add = Request::new(AddRequest { amount: None });
            let count = Counter::add(client.service(), add).await.expect("there is room");
            let state: Value = client.get("/").send().await.json().await?;
            Ok::<_, ServiceError>((count.into_inner(), state))
        })
        .expect("the service starts");

    assert_eq!(count, Count { value: 3 });
    assert_eq!(state, json!({"count": 3}));
}

#[test]
fn a_full_counter_is_a_failed_precondition() {
    let status = Context::new().run(async {
        let client = testing::grpc::<Hybrid>().await.expect("the service starts");
        client.service().count.set(u64::MAX);
        client.call("/counter.Counter/Add").unary::<Count>(&AddRequest { amount: Some(1) }).await
    });

    let status = status.expect_err("there is no room");
    assert_eq!(
        (status.code(), status.message()),
        (Code::FailedPrecondition, "the counter is full")
    );
}

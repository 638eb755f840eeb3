//! Unit tests without a host: what the service makes of its caller and of the flags.

use mikros_sdk::Caller;
use mikros_sdk::grpc::Code;
use mikros_sdk::testing::{self, Context};

use super::*;
use crate::flags::stand_in;

fn ada() -> Caller {
    Caller::new("ada", "session")
}

/// Status and text of the answer to `GET /`.
fn get(caller: Option<Caller>) -> (StatusCode, String) {
    let reply = Context::new().run(async {
        let client = testing::http::<Welcome>().await?;
        let request = client.get("/");
        let request = match caller {
            Some(caller) => request.caller(caller),
            None => request,
        };
        let reply = request.send().await;
        Ok::<_, ServiceError>((reply.status(), reply.text().await?))
    });
    reply.expect("the service starts")
}

#[test]
fn the_caller_is_greeted_by_name() {
    assert_eq!(get(Some(ada())), (StatusCode::OK, "hello ada".to_owned()));
}

#[test]
fn a_flag_makes_it_warmer() {
    stand_in::enable("warm-welcome");

    assert_eq!(get(Some(ada())), (StatusCode::OK, "how good to see you, ada!".to_owned()));
}

#[test]
fn nobody_is_not_greeted() {
    let (status, _) = get(None);

    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[test]
fn rpcs_have_a_caller_too() {
    let path = "/welcome.Welcome/Greet";
    let (known, unknown) = Context::new().run(async {
        let client = testing::grpc::<Welcome>().await.expect("the service starts");
        let known = client.call(path).caller(ada()).unary::<Greeting>(&()).await;
        (known, client.call(path).unary::<Greeting>(&()).await)
    });

    assert_eq!(known.expect("ada is known").into_inner().text, "hello ada");
    assert_eq!(unknown.expect_err("nobody is known").code(), Code::PermissionDenied);
}

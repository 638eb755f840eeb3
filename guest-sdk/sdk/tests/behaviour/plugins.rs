//! Plug-ins: how they start, what hooks see, and what they decide.

mod decisions;
mod settings;

use std::net::SocketAddr;

use mikros_sdk::plugin::{
    Answer, Changes, NoSettings, Pass, Plugin, Refusal, RequestHead, RequestHook, ResponseHead,
    ResponseHook, running,
};
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, Context, PluginClient, json};
use mikros_sdk::{Caller, Result};

/// Tells in a header what it sees.
struct Tells;

impl Plugin for Tells {
    type Settings = NoSettings;

    async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl RequestHook for Tells {
    async fn on_request(&self, request: &RequestHead) -> Result<Pass, Answer> {
        let caller = request.caller().map(|caller| caller.subject().to_owned());
        let seen = format!(
            "{} {} {:?} {:?} {} {:?} {caller:?}",
            request.method(),
            request.path(),
            request.query(),
            request.transport(),
            request.peer(),
            request.request_id(),
        );
        let lines: Vec<_> = request.header_lines().map(|(name, _)| name).collect();
        Ok(Pass::new()
            .set_header("x-seen", seen)
            .set_header("x-lines", lines.join(" "))
            .set_header("x-first", request.header("X-A").unwrap_or("none"))
            .set_header("x-all", request.headers().get_all("x-a").iter().count().to_string()))
    }
}

impl ResponseHook for Tells {
    async fn on_response(&self, response: &ResponseHead) -> Changes {
        let seen = format!(
            "{} {:?} {:?} {:?}",
            response.status().as_u16(),
            response.header("Server"),
            response.headers().get("grpc-status"),
            response.transport()
        );
        Changes::new().set_header("x-seen", seen).remove_header("Server")
    }
}

async fn start() -> PluginClient<Tells> {
    testing::plugin(json!({})).await.expect("the plug-in starts")
}

#[test]
fn a_hook_sees_the_head_of_a_request_and_whose_it_is() {
    let pass = Context::new().run(async {
        let peer: SocketAddr = "[2001:db8::1]:7".parse().expect("it is an address");
        let request = start().await.get("/a%20b?x=1&y").header("X-A", "1").header("x-a", "2");
        let request = request.header("cookie", "c").request_id("r-1").peer(peer);
        request.caller(Caller::new("ada", "jwt")).send().await.expect("it passes")
    });

    let header = |name| pass.changes().header(name);
    assert_eq!(
        header("x-seen"),
        Some(r#"GET /a%20b Some("x=1&y") Http [2001:db8::1]:7 Some("r-1") Some("ada")"#)
    );
    assert_eq!(header("x-lines"), Some("x-a x-a cookie"));
    assert_eq!((header("x-first"), header("x-all")), (Some("1"), Some("2")));
}

#[test]
fn an_rpc_is_a_post_request() {
    let pass =
        Context::new().run(async { start().await.rpc("/a.B/C").send().await.expect("it passes") });

    let seen = pass.changes().header("x-seen");
    assert_eq!(seen, Some("POST /a.B/C None Grpc 192.0.2.1:50000 None None"));
}

#[test]
fn a_hook_sees_the_head_of_a_response() {
    let changes = Context::new().run(async {
        let response = start().await.response(StatusCode::NOT_FOUND).header("server", "x");
        response.send_response().await
    });

    assert_eq!(changes.header("x-seen"), Some(r#"404 Some("x") None Http"#));
    assert!(changes.removes_header("server"));
    assert!(!changes.removes_header("serve"));
}

#[test]
fn what_a_plug_in_provides_finds_it_running() {
    struct Other;
    impl Plugin for Other {
        type Settings = NoSettings;
        async fn on_start(_settings: NoSettings) -> Result<Self, Refusal> {
            Ok(Self)
        }
    }

    let before = running::<Tells>().map(|_tells| ());
    let client = Context::new().run(start());

    let error = before.expect_err("nothing is started yet");
    assert_eq!(error.cause(), Some("the plug-in is called before it is started"));
    assert!(std::ptr::eq(running::<Tells>().expect("it is started"), client.plugin()));
    assert!(running::<Other>().is_err());
}

#[test]
fn a_plug_in_need_not_stop() {
    let stopped = Context::new().run(async { start().await.plugin().on_finish().await });

    assert_eq!(stopped, Ok(()));
}

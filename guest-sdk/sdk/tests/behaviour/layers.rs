//! What is around handlers, and what the parts of a router share.

use std::cell::{Cell, RefCell};

use expect_test::{Expect, expect};
use mikros_sdk::http::{Extension, MatchedPath, Method, Next};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;

use crate::{run, show};

#[derive(Default)]
struct Shop {
    /// What ran, in its order.
    trace: RefCell<Vec<String>>,
    stock: Stock,
}

#[derive(Default)]
struct Stock {
    counted: Cell<u32>,
}

#[derive(Clone)]
struct User(String);

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self::default())
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        let stock = Router::new()
            .get("/", Stock::count)
            .get("/missing", async || Err::<(), _>(ServiceError::not_found("nothing")))
            .get("/broken", async || Err::<(), _>(ServiceError::internal("the disk is full")))
            .layer(Stock::tag)
            .with_part(|shop: &'static Self| &shop.stock);
        let admin = Router::new()
            .get("/users/{id}", Self::user.layer(Self::innermost))
            .layer(Self::inner)
            .fallback(async |path: Option<MatchedPath>| {
                format!("no admin page, route {}", path.is_some())
            });
        let motto = Router::new().get("/", Motto::show).with_state(Motto("all at once"));
        let open = Router::new().get("/open", Self::open);
        Router::new()
            .get("/plain", Self::plain)
            .nest("/stock", stock)
            .nest("/shops/{shop}/admin", admin)
            .nest("/motto", motto)
            .get("/guarded", async |Extension(User(name)): Extension<User>| name)
            .route_layer(Self::require_user)
            .layer(Self::outer)
            .layer(outermost)
            .merge(open)
            .get("/later", async |user: Option<Extension<User>>| user.is_some().to_string())
            .get("/forgotten", async |Extension(User(name)): Extension<User>| name)
    }
}

impl Shop {
    fn note(&self, text: &str) {
        self.trace.borrow_mut().push(text.to_owned());
    }

    async fn plain(&self, request: Request) -> String {
        self.note("handler");
        format!("{} plain", request.head().method())
    }

    async fn open(&self) -> &'static str {
        self.note("handler");
        "open"
    }

    async fn user(&self, Path((shop, id)): Path<(String, u32)>, path: MatchedPath) -> String {
        self.note("handler");
        format!("{shop} {id} {path}")
    }

    async fn innermost(&self, request: Request, next: Next) -> Response {
        self.note("innermost");
        next.run(request).await
    }

    async fn inner(&self, request: Request, next: Next) -> Response {
        self.note("inner");
        next.run(request).await
    }

    async fn require_user(&self, mut request: Request, next: Next) -> Result<Response> {
        self.note("require user");
        let name = request.head().header("x-user").or_permission_denied("who are you?")?.to_owned();
        request.extensions_mut().insert(User(name));
        Ok(next.run(request).await)
    }

    async fn outer(
        &self,
        path: Option<MatchedPath>,
        Query(options): Query<Options>,
        request: Request,
        next: Next,
    ) -> Response {
        self.note("outer");
        if options.hurry {
            return (StatusCode::ACCEPTED, "later").into_response();
        }
        let path = path.map_or("none", |path| path.as_str());
        next.run(request).await.with_header("x-route", path)
    }
}

async fn outermost(request: Request, next: Next) -> Response {
    if request.head().method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response().with_header("x-preflight", "yes");
    }
    let response = next.run(request).await;
    let status = response.status();
    response.with_header("x-status", status.as_str())
}

#[derive(serde::Deserialize)]
struct Options {
    #[serde(default)]
    hurry: bool,
}

impl Stock {
    async fn count(&self) -> String {
        self.counted.set(self.counted.get() + 1);
        self.counted.get().to_string()
    }

    async fn tag(&self, request: Request, next: Next) -> Response {
        next.run(request).await.with_header("x-counted", self.counted.get().to_string())
    }
}

struct Motto(&'static str);

impl Motto {
    async fn show(&self) -> &'static str {
        self.0
    }
}

/// What a request of the user Ada is answered, the header fields of layers, and what ran.
#[track_caller]
fn answers(method: &str, target: &str, expected: &Expect) {
    let shown = run(async {
        let shop = testing::http::<Shop>().await?;
        let request = shop.request(method.parse()?, target).header("x-user", "Ada");
        let reply = request.send().await;
        let fields = ["x-route", "x-status", "x-counted", "x-preflight", "allow"];
        let fields: String = fields
            .into_iter()
            .filter_map(|name| reply.header(name).map(|value| format!("\n{name}: {value}")))
            .collect();
        let trace = shop.service().trace.borrow().join(", ");
        Ok(format!("{}{fields}\n{trace}", show(reply).await?))
    });
    expected.assert_eq(&shown);
}

#[test]
fn the_last_layer_is_the_outermost() {
    answers(
        "GET",
        "/shops/north/admin/users/7",
        &expect![[r#"
        200 text/plain; charset=utf-8: north 7 /shops/{shop}/admin/users/{id}
        x-route: /shops/{shop}/admin/users/{id}
        x-status: 200
        outer, require user, inner, innermost, handler"#]],
    );
}

#[test]
fn what_is_added_after_a_layer_is_not_in_it() {
    answers(
        "GET",
        "/open",
        &expect![[r#"
        200 text/plain; charset=utf-8: open
        handler"#]],
    );
    answers(
        "GET",
        "/later",
        &expect![[r#"
        200 text/plain; charset=utf-8: false
    "#]],
    );
}

#[test]
fn a_layer_can_answer_itself() {
    answers(
        "GET",
        "/plain?hurry=true",
        &expect![[r#"
        202 text/plain; charset=utf-8: later
        x-status: 202
        outer"#]],
    );
}

#[test]
fn what_the_extractors_of_a_layer_refuse_is_a_bad_request() {
    answers(
        "GET",
        "/plain?hurry=perhaps",
        &expect![[r#"
        400 application/json: {"kind":"ValidationError","message":"request validation failed","code":0,"service_name":"test","field_violations":[{"field":"query.hurry","description":"expected `true` or `false`, found `perhaps`"}]}
        x-status: 400
    "#]],
    );
}

#[test]
fn a_layer_is_around_refusals_and_fallbacks_and_a_route_layer_is_not() {
    answers(
        "GET",
        "/unknown",
        &expect![[r#"
        404 application/json: {"kind":"NotFoundError","message":"no route for `GET /unknown`","code":0,"service_name":"test"}
        x-route: none
        x-status: 404
        outer"#]],
    );
    answers(
        "PUT",
        "/plain",
        &expect![[r#"
        405 application/json: {"kind":"ValidationError","message":"`/plain` does not answer `PUT`, expected one of GET, HEAD, OPTIONS","code":0,"service_name":"test"}
        x-route: /plain
        x-status: 405
        allow: GET, HEAD, OPTIONS
        outer"#]],
    );
    answers(
        "OPTIONS",
        "/plain",
        &expect![[r#"
        204 no content type: 
        x-preflight: yes
    "#]],
    );
    answers(
        "PUT",
        "/open",
        &expect![[r#"
        405 application/json: {"kind":"ValidationError","message":"`/open` does not answer `PUT`, expected one of GET, HEAD, OPTIONS","code":0,"service_name":"test"}
        allow: GET, HEAD, OPTIONS
    "#]],
    );
}

#[test]
fn the_fallback_of_a_nested_router_answers_below_its_prefix() {
    for path in ["/shops/a/admin", "/shops/a/admin/", "/shops/a/admin/x/y"] {
        answers(
            "GET",
            path,
            &expect![[r#"
            200 text/plain; charset=utf-8: no admin page, route false
            x-route: none
            x-status: 200
            outer"#]],
        );
    }
    answers(
        "GET",
        "/shops/a/administration",
        &expect![[r#"
        404 application/json: {"kind":"NotFoundError","message":"no route for `GET /shops/a/administration`","code":0,"service_name":"test"}
        x-route: none
        x-status: 404
        outer"#]],
    );
}

#[test]
fn head_is_answered_by_get_through_layers() {
    answers(
        "HEAD",
        "/plain",
        &expect![[r#"
        200 text/plain; charset=utf-8: 
        x-route: /plain
        x-status: 200
        outer, require user, handler"#]],
    );
}

#[test]
fn a_nested_router_may_have_a_part_of_the_service_or_a_value_as_its_state() {
    answers(
        "GET",
        "/stock",
        &expect![[r#"
        200 text/plain; charset=utf-8: 1
        x-route: /stock
        x-status: 200
        x-counted: 1
        outer, require user"#]],
    );
    answers(
        "GET",
        "/motto",
        &expect![[r#"
        200 text/plain; charset=utf-8: all at once
        x-route: /motto
        x-status: 200
        outer, require user"#]],
    );
}

#[test]
fn a_layer_can_add_header_fields_to_an_error() {
    answers(
        "GET",
        "/stock/missing",
        &expect![[r#"
        404 application/json: {"kind":"NotFoundError","message":"nothing","code":0,"service_name":"test"}
        x-route: /stock/missing
        x-status: 404
        x-counted: 0
        outer, require user"#]],
    );
}

#[test]
fn the_cause_of_an_error_that_a_layer_has_changed_is_logged_and_not_sent() {
    let context = testing::Context::new();
    let shown = context.run(async {
        let shop = testing::http::<Shop>().await?;
        show(shop.get("/stock/broken").header("x-user", "Ada").send().await).await
    });

    expect![[r#"500 application/json: {"kind":"InternalError","message":"got an internal error","code":0,"service_name":"test"}"#]].assert_eq(&shown.expect("it is answered"));
    let lines: Vec<_> = context.logs().iter().map(|line| format!("{line:?}")).collect();
    expect![[r#"LogLine { level: Error, message: "request failed", attributes: {"error": String("got an internal error (the disk is full)")}, request_id: None }"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn extensions_take_values_from_layers_to_handlers() {
    answers(
        "GET",
        "/guarded",
        &expect![[r#"
        200 text/plain; charset=utf-8: Ada
        x-route: /guarded
        x-status: 200
        outer, require user"#]],
    );
    answers(
        "GET",
        "/forgotten",
        &expect![[r#"
        500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"no layer has added a `behaviour::layers::User` to the extensions of the request","code":0,"service_name":"test"}
    "#]],
    );
}

//! Functions that are handlers and middleware, each with the attribute that finds fault with those that are not.

use expect_test::expect;
use mikros_sdk::http::{Form, FromHead, Head, Html, MatchedPath, Next, Rejection};
use mikros_sdk::prelude::*;
use mikros_sdk::testing::{self, json};

use crate::{run, show};

struct Shop;

#[derive(serde::Deserialize, serde::Serialize)]
struct Item {
    name: String,
}

/// An extractor of one service only.
struct Owner(&'static str);

impl FromHead<Shop> for Owner {
    async fn from_head(_head: &Head, _service: &'static Shop) -> Result<Self, Rejection> {
        Ok(Self("Ada"))
    }
}

type Items = Json<Vec<Item>>;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/method/{id}", Self::method)
            .post("/alias", Self::alias)
            .get("/typed", Self::typed)
            .get("/nothing", nothing)
            .post("/form", form)
            .get("/owner", owner)
            .get("/owned", owned)
            .get("/future", future)
            .get("/generic", generic::<Shop, u8>)
            .get("/status", status)
            .layer(Self::tag)
            .layer(pass)
    }
}

impl Shop {
    #[mikros_sdk::handler]
    async fn method(
        &self,
        Path(id): Path<u64>,
        _route: MatchedPath,
        item: Option<Query<Item>>,
        _body: Result<Json<Item>, Rejection>,
    ) -> Result<(StatusCode, [(&'static str, &'static str); 1], Json<u64>)> {
        Ok((
            StatusCode::ACCEPTED,
            [("x-named", if item.is_some() { "yes" } else { "no" })],
            Json(id),
        ))
    }

    #[mikros_sdk::handler]
    async fn alias(&self, items: Items) -> Result<Items, (StatusCode, &'static str)> {
        if items.0.is_empty() { Err((StatusCode::CONFLICT, "no items")) } else { Ok(items) }
    }

    #[mikros_sdk::handler]
    async fn typed(&self, _request: Request) -> Html<String> {
        Html("<p>".to_owned())
    }

    #[mikros_sdk::middleware]
    async fn tag(&self, _route: Option<MatchedPath>, request: Request, next: Next) -> Response {
        next.run(request).await
    }
}

#[mikros_sdk::handler]
async fn nothing() {}

#[mikros_sdk::handler]
async fn form(_shop: &Shop, Form(item): Form<Item>) -> Result<String, StatusCode> {
    Ok(item.name)
}

#[mikros_sdk::handler]
async fn owner(_shop: &Shop, owner: Owner) -> &'static str {
    owner.0
}

#[mikros_sdk::handler(Shop)]
async fn owned(owner: Owner) -> Result<&'static str> {
    Ok(owner.0)
}

#[mikros_sdk::handler]
fn future() -> impl Future<Output = &'static str> {
    async { "later" }
}

#[mikros_sdk::handler]
async fn generic<S: 'static, T: serde::Serialize + Default>(_service: &S) -> Json<T> {
    Json(T::default())
}

#[mikros_sdk::handler]
async fn status() -> Result<(), StatusCode> {
    Err(StatusCode::IM_A_TEAPOT)
}

#[mikros_sdk::middleware]
async fn pass(request: Request, next: Next) -> Result<Response> {
    Ok(next.run(request).await)
}

#[test]
fn whatever_is_a_handler_is_one_with_the_attribute_too() {
    let answers = run(async {
        let shop = testing::http::<Shop>().await?;
        let requests = [
            shop.get("/method/7?name=nut"),
            shop.post("/alias").json(&[Item { name: "nut".to_owned() }]),
            shop.post("/alias").json(&json!([])),
            shop.get("/typed"),
            shop.get("/nothing"),
            shop.post("/form")
                .header("content-type", "application/x-www-form-urlencoded")
                .body("name=nut"),
            shop.get("/owner"),
            shop.get("/owned"),
            shop.get("/future"),
            shop.get("/generic"),
            shop.get("/status"),
        ];
        let mut answers = String::new();
        for request in requests {
            answers = format!("{answers}{}\n", show(request.send().await).await?);
        }
        Ok(answers)
    });
    expect![[r#"
        202 application/json: 7
        200 application/json: [{"name":"nut"}]
        409 text/plain; charset=utf-8: no items
        200 text/html; charset=utf-8: <p>
        204 no content type: 
        200 text/plain; charset=utf-8: nut
        200 text/plain; charset=utf-8: Ada
        200 text/plain; charset=utf-8: Ada
        200 text/plain; charset=utf-8: later
        200 application/json: 0
        418 no content type: 
    "#]]
    .assert_eq(&answers);
}

//! The document of the routes. Whether it is valid OpenAPI is asked of a validator, end to end.

#[cfg(feature = "typed-header")]
mod responses;

use std::collections::BTreeMap;

use expect_test::{Expect, expect, expect_file};
use mikros_sdk::http::openapi::{Description, OpenApi, OperationInput, OperationOutput, operation};
use mikros_sdk::http::{Event, FromHead, Head, IntoEvent, Rejection, Sse, sse};
use mikros_sdk::prelude::*;
use mikros_sdk::schemars::{self, JsonSchema};
use mikros_sdk::stream;
use mikros_sdk::testing::{self, Context};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::run;

struct Shop;

impl Service for Shop {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Shop {
    fn routes() -> Router<Self> {
        let items = Router::new()
            .get("/", operation(Self::list).summary("List the items"))
            .post("/", operation(Self::add).status(StatusCode::CREATED))
            .get("/{id}", operation(Self::show).error(StatusCode::NOT_FOUND))
            .put(
                "/{id}",
                operation(Self::replace)
                    .description("Replaces *all* of it.")
                    .responds::<()>(StatusCode::NO_CONTENT, "it was there")
                    .responds::<Json<Item>>(StatusCode::CREATED, "it is new"),
            )
            .post("/{id}/sale", operation(Self::sell))
            .delete("/{id}", Self::hidden);
        Router::new()
            .nest("/v1", Router::new().nest("/items", items))
            .get("/files/{*path}", operation(download).tag("files").deprecated())
            .get("/café/{{x}}/{part}.json", operation(async || "closure"))
            .nest("/shops/{shop}", Router::new().get("/open/{day}", operation(is_open)))
            .get("/events", operation(events).id("follow"))
            .get("/mine", operation(Self::mine))
            .openapi(OpenApi::at("/openapi.json").description("All of the shop.").server("/shop"))
    }
}

/// What is sold.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Item {
    /// As the label says it.
    name: String,
    #[serde(default)]
    tags: Vec<String>,
    kind: Kind,
    part_of: Option<Box<Item>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Spare,
    WholeThing,
}

#[derive(Serialize, JsonSchema)]
struct Page<T> {
    entries: Vec<T>,
}

#[derive(Deserialize, JsonSchema)]
struct Filter {
    /// At most that many.
    limit: Option<u32>,
    tag: Vec<String>,
    kind: Option<Kind>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Conditions {
    if_match: Option<String>,
    authorization: String,
}

#[derive(Deserialize, JsonSchema)]
struct Day {
    day: u8,
    shop: String,
}

/// Who asks, by a header field.
struct User(String);

impl<S> FromHead<S> for User {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        let name = head.header("x-user").or_permission_denied("say who you are")?;
        Ok(Self(name.to_owned()))
    }
}

impl OperationInput for User {
    fn describe(operation: &mut Description<'_>) {
        operation.header("x-user", true);
    }
}

struct Unsold;

impl IntoResponse for Unsold {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, "sold out").into_response()
    }
}

impl OperationOutput for Unsold {
    fn describe(operation: &mut Description<'_>) {
        operation.raw_response(Some(StatusCode::CONFLICT), Some("text/plain"));
        operation.error(StatusCode::NOT_FOUND);
    }
}

impl Shop {
    async fn list(&self, Query(filter): Query<Filter>) -> Json<Page<Item>> {
        drop((filter.limit, filter.tag, filter.kind));
        Json(Page { entries: Vec::new() })
    }

    async fn add(&self, Json(item): Json<Item>) -> Result<(StatusCode, Json<Item>)> {
        Ok((StatusCode::CREATED, Json(item)))
    }

    async fn show(&self, Path(id): Path<u64>) -> Result<Json<Item>> {
        Err(ServiceError::not_found(format!("there is no item {id}")))
    }

    async fn replace(
        &self,
        Path(_id): Path<u64>,
        Headers(conditions): Headers<Conditions>,
        item: Option<Json<Item>>,
    ) -> Result<StatusCode> {
        drop((conditions.if_match, conditions.authorization, item));
        Ok(StatusCode::NO_CONTENT)
    }

    async fn sell(&self, Path(_id): Path<u64>) -> Result<(), Unsold> {
        Err(Unsold)
    }

    async fn hidden(&self, Path(_id): Path<u64>) {}

    async fn mine(&self, user: User, query: Query<BTreeMap<String, String>>) -> String {
        format!("{} {}", user.0, query.0.len())
    }
}

async fn download(body: Body) -> Body {
    body
}

async fn is_open(Path(Day { day, shop }): Path<Day>) -> Json<bool> {
    Json(day < 6 && !shop.is_empty())
}

async fn events() -> Sse<impl stream::Stream<Item: IntoEvent>> {
    sse(stream::empty::<Event>())
}

/// The document of a service.
fn document<S: Http>() -> Value {
    run(async {
        let reply = testing::http::<S>().await?.get("/openapi.json").send().await;
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        reply.json().await
    })
}

#[test]
fn the_document_says_what_the_types_of_the_handlers_say() {
    let document = serde_json::to_string_pretty(&document::<Shop>()).unwrap();

    expect_file!["openapi/shop.json"].assert_eq(&(document + "\n"));
}

#[test]
fn operations_answer_as_their_handlers_do() {
    let (item, mine) = run(async {
        let shop = testing::http::<Shop>().await?;
        let item = json!({"name": "nut", "kind": "spare"});
        let added = shop.post("/v1/items").json(&item).send().await;
        assert_eq!(added.status(), StatusCode::CREATED);
        let mine = shop.get("/mine?a=1").header("x-user", "ada").send().await;
        Ok((added.json::<Item>().await?.name, mine.text().await?))
    });

    assert_eq!((item.as_str(), mine.as_str()), ("nut", "ada 1"));
}

#[test]
fn the_service_gives_the_document_its_name_and_version() {
    struct Named;

    impl Service for Named {
        async fn on_start() -> Result<Self> {
            Ok(Self)
        }
    }

    impl Http for Named {
        fn routes() -> Router<Self> {
            Router::new().openapi("/openapi.json")
        }
    }

    let version = run(async { Ok(mikros_sdk::identity().version) });
    let document = Context::new().name("shop").run(async {
        let client = testing::http::<Named>().await?;
        client.get("/openapi.json").send().await.json::<Value>().await
    });

    let expected = json!({"title": "shop", "version": version});
    assert_eq!(document.expect("there is one")["info"], expected);
}

/// A type whose response has more than its request, within one that has no difference of its own.
mod two_forms {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Order {
        article: Article,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Article {
        #[serde(default)]
        amount: u32,
        #[serde(skip_deserializing)]
        id: u64,
    }

    struct Orders;

    impl Service for Orders {
        async fn on_start() -> Result<Self> {
            Ok(Self)
        }
    }

    impl Http for Orders {
        fn routes() -> Router<Self> {
            Router::new().post("/", operation(echo)).openapi("/openapi.json").nest(
                "/own",
                Router::new().get("/", operation(async || ()).edit(|own| own["x-own"] = 1.into())),
            )
        }
    }

    async fn echo(Json(order): Json<Order>) -> Json<Order> {
        Json(order)
    }

    #[test]
    fn a_type_has_two_schemas_when_requests_and_responses_differ() {
        let document = document::<Orders>();

        let schemas = document["components"]["schemas"].as_object().expect("it has schemas");
        let names: Vec<_> = schemas.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["Article-Input", "Article-Output", "Order-Input", "Order-Output", "ServiceError"]
        );
        let article = &schemas["Order-Input"]["properties"]["article"]["$ref"];
        assert_eq!(*article, json!("#/components/schemas/Article-Input"));
    }

    #[test]
    fn an_operation_can_be_changed_by_hand() {
        assert_eq!(document::<Orders>()["paths"]["/own"]["get"]["x-own"], json!(1));
    }
}

/// Routers put together in all ways, with layers around them.
mod layers {
    use mikros_sdk::http::{Extension, MatchedPath, Next};

    use super::*;

    struct Parts;

    impl Service for Parts {
        async fn on_start() -> Result<Self> {
            Ok(Self)
        }
    }

    impl Http for Parts {
        fn routes() -> Router<Self> {
            let part = Router::new().get("/", operation(named)).with_state("state");
            let other =
                Router::new().get("/other", operation(with_extension)).openapi("/openapi.json");
            Router::new()
                .get("/own", operation(async || "own").id("own").layer(pass))
                .nest("/part", part)
                .merge(other)
                .layer(pass)
        }
    }

    async fn pass(mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(7_u32);
        next.run(request).await
    }

    async fn named(name: &&'static str) -> &'static str {
        name
    }

    async fn with_extension(_path: MatchedPath, Extension(number): Extension<u32>) -> String {
        number.to_string()
    }

    #[test]
    fn operations_stay_in_the_document_whatever_is_around_them() {
        let paths = document::<Parts>()["paths"].take();

        let operation = |path: &str| paths[path]["get"]["operationId"].clone();
        assert_eq!(operation("/own"), "own");
        assert_eq!(operation("/part"), "named");
        assert_eq!(operation("/other"), "with_extension");
    }
}

/// Every test has a type of its own: routes are a type's.
macro_rules! refused {
    ($name:ident: $router:expr, $expected:expr) => {
        #[test]
        fn $name() {
            struct Wrong;

            impl Service for Wrong {
                async fn on_start() -> Result<Self> {
                    Ok(Self)
                }
            }

            impl Http for Wrong {
                fn routes() -> Router<Self> {
                    $router
                }
            }

            let error = Context::new().run(testing::http::<Wrong>()).expect_err("it is wrong");
            let expected: Expect = $expected;
            expected.assert_eq(error.message());
        }
    };
}

async fn twice() {}

refused! {
    two_operations_with_one_id_are_a_mistake:
    Router::new().get("/a", operation(twice)).put("/b", operation(twice)).openapi("/openapi.json"),
    expect!["cannot build the routes: `GET /a` and `PUT /b` have the same operation id `twice`: give one of them another with `operation(..).id(..)`"]
}

refused! {
    an_operation_needs_a_method_that_openapi_has:
    Router::new().any("/a", operation(twice)).openapi("/openapi.json"),
    expect!["cannot build the routes: `* /a` cannot be an operation: OpenAPI has no such method"]
}

refused! {
    two_documents_are_a_mistake:
    Router::new().nest("/a", Router::new().openapi("/openapi.json")).openapi("/openapi.json"),
    expect!["cannot build the routes: there are two OpenAPI documents"]
}

//! Layers of a router that can never run, or not where they are.

use expect_test::expect;
use mikros_sdk::http::Next;
use mikros_sdk::prelude::*;
use mikros_sdk::testing;

struct Misplaced;

impl Service for Misplaced {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Misplaced {
    fn routes() -> Router<Self> {
        let by_id =
            async |Path(_): Path<u32>, request: Request, next: Next| next.run(request).await;
        let with_fallback = || Router::new().get("/a", async || "a").fallback(async || "inner");
        Router::new()
            .layer(async |request: Request, next: Next| next.run(request).await)
            .route_layer(async |request: Request, next: Next| next.run(request).await)
            .nest("/", Router::new())
            .get("/items/{id}", async || "item")
            .layer(by_id)
            .get("/none", (async || "none").layer(by_id))
            .nest("/twice", with_fallback())
            .nest("/twice", with_fallback())
            .merge(Router::new().fallback(async || "first"))
            .merge(Router::new().fallback(async || "second"))
            .nest("/shops/{shop}", Router::new().fallback(async |Path(_): Path<(u8, u8)>| ()))
    }
}

#[test]
fn layers_that_can_never_run_fail_at_the_start() {
    let error = testing::Context::new().run(testing::http::<Misplaced>()).expect_err("it is wrong");

    expect![[r#"
        cannot build the routes: a layer is around nothing: it wraps the routes that are added before it, so add it after them
        a layer is around nothing: it wraps the routes that are added before it, so add it after them
        `nest` needs a prefix, found `/`
        add routes without one with `merge`
        `GET /none`: the type of a `Path` is one value, but the route has no parameters
        there are two handlers for `GET /twice/a`
        there are two fallbacks
        there are two fallbacks below `/twice`
        the fallback below `/shops/{shop}`: the type of a `Path` has 2 elements, but the route has `shop`"#]].assert_eq(&error.message().replace("; ", "\n"));
}

struct Unroutable;

impl Service for Unroutable {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Unroutable {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/items/{id}", async || "item")
            .layer(async |Path(_): Path<u32>, request: Request, next: Next| next.run(request).await)
    }
}

#[test]
fn a_layer_that_cannot_be_around_unknown_paths_fails_at_the_start() {
    let error =
        testing::Context::new().run(testing::http::<Unroutable>()).expect_err("it is wrong");

    expect!["cannot build the routes: a layer is also around the refusal of unknown paths, use `route_layer` instead: the type of a `Path` is one value, but the route has no parameters"].assert_eq(error.message());
}

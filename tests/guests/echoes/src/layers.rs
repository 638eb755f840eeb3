//! Handlers with layers around them, and routers inside of routers.
//! Every layer adds its name to the field `x-layers` of the response, and is seen by the handler.

use mikros_sdk::http::{Extension, MatchedPath, Next};
use mikros_sdk::prelude::*;

/// Which layers a request has come through.
#[derive(Clone, Default)]
struct Way(Vec<&'static str>);

/// The state of a nested router.
struct Shelf {
    label: &'static str,
}

pub(super) fn routes<S>() -> Router<S> {
    let shelf = Router::new().get("/", Shelf::show).with_state(Shelf { label: "the top one" });
    let merged = Router::new().get("/merged", way).layer(merged);
    Router::new()
        .get("/way", way)
        .get("/plain", async || "plain")
        .get("/café", async || "café")
        .get("/new%20report", async || "report")
        .get("/items/{name}/parts", async |Path(name): Path<String>| name)
        .nest("/shelf/{side}", shelf)
        .merge(merged)
        .get("/fails", async || Err::<(), _>(ServiceError::conflict("it is there already")))
        .get("/guarded", way)
        .route_layer(guard)
        .layer(inner)
        .fallback(async |Extension(Way(way)): Extension<Way>| {
            (StatusCode::NOT_FOUND, format!("no layered page, after {way:?}"))
        })
        .layer(outer)
}

impl Shelf {
    async fn show(&self, Path(side): Path<String>, route: MatchedPath) -> String {
        format!("{} on the {side}, {route}", self.label)
    }
}

async fn way(Extension(Way(way)): Extension<Way>, route: MatchedPath) -> String {
    format!("{way:?} {route}")
}

async fn outer(request: Request, next: Next) -> Response {
    through("outer", request, next).await
}

async fn inner(request: Request, next: Next) -> Response {
    through("inner", request, next).await
}

async fn merged(request: Request, next: Next) -> Response {
    through("merged", request, next).await
}

/// Answers itself when the request says so.
async fn guard(request: Request, next: Next) -> Result<Response> {
    if request.head().query() == Some("stop") {
        return Err(ServiceError::permission_denied("you may not"));
    }
    Ok(through("guard", request, next).await)
}

async fn through(name: &'static str, mut request: Request, next: Next) -> Response {
    let mut way = request.extensions_mut().remove::<Way>().unwrap_or_default();
    way.0.push(name);
    request.extensions_mut().insert(way);
    next.run(request).await.with_appended_header("x-layers", name)
}

//! A service that imports an interface which a plug-in provides, and shows who its caller is.
//! Deliberately does not know which plug-in that is.

mod flags;

use mikros_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// The table `[service]`: flags that are asked for outside of requests.
#[derive(Default, Deserialize)]
#[serde(default)]
struct UsesFlags {
    on_start: Option<String>,
    native: Option<String>,
}

impl Service for UsesFlags {
    async fn on_start() -> Result<Self> {
        let service: Self = mikros_sdk::settings()?;
        tell("on-start", service.on_start.as_ref()).await?;
        Ok(service)
    }
}

impl Native for UsesFlags {
    async fn start(&self) -> Result<()> {
        tell("native", self.native.as_ref()).await?;
        mikros_sdk::shutdown().await;
        tell("the end of native", self.native.as_ref()).await
    }
}

async fn tell(step: &str, name: Option<&String>) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let enabled = flags::is_enabled(name.clone()).await?;
    log::info!("flag asked for", step, enabled);
    Ok(())
}

impl Http for UsesFlags {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/flag/{name}", flag)
            .get("/description/{name}", description)
            .get("/asked", asked)
            .get("/give-back", give_back)
            .get("/caller", caller)
    }
}

/// What the plug-in has returned.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome<T> {
    Ok(T),
    Error(Told),
}

/// An error as the service gets it.
#[derive(Serialize)]
struct Told {
    kind: String,
    message: String,
    code: i32,
    cause: Option<String>,
}

impl<T> From<Result<T>> for Outcome<T> {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::Error(Told {
                kind: format!("{:?}", error.kind()),
                message: error.message().to_owned(),
                code: error.code(),
                cause: error.cause().map(str::to_owned),
            }),
        }
    }
}

/// `GET /flag/new` shows what came of it, also an error.
async fn flag(Path(name): Path<String>) -> Json<Outcome<bool>> {
    Json(flags::is_enabled(name).await.into())
}

/// `GET /description/new` hands an error on.
async fn description(Path(name): Path<String>) -> Result<Json<flags::Description>> {
    Ok(Json(flags::describe(name).await?))
}

/// `GET /asked`: all names that the plug-in was asked for.
async fn asked() -> Result<Json<Vec<String>>> {
    Ok(Json(flags::asked()?))
}

/// `GET /give-back`: what goes to the plug-in, and what comes from it.
async fn give_back() -> Result<Json<[String; 2]>> {
    Ok(Json(flags::give_back().await?))
}

#[derive(Serialize)]
struct WhoIsThere {
    subject: String,
    scheme: String,
    role: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    role: Option<String>,
}

/// `GET /caller`: `null` when nobody has found out.
async fn caller() -> Result<Json<Option<WhoIsThere>>> {
    let Some(caller) = mikros_sdk::caller() else { return Ok(Json(None)) };
    let Claims { role } = caller.claims()?;
    let (subject, scheme) = (caller.subject().to_owned(), caller.scheme().to_owned());
    Ok(Json(Some(WhoIsThere { subject, scheme, role })))
}

mikros_sdk::export!(UsesFlags: http, native);

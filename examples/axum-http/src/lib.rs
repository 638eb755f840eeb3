//! A service written with axum, as it would be for a server of its own: extractors, JSON, uploads, cookies, layers,
//! and an `OpenAPI` document by utoipa. All that is different is where `main` was, and the timer of the layer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use mikros_sdk::tower::TimeoutLayer;
use mikros_sdk::{Result, ServiceError, log};
use serde::{Deserialize, Serialize};
use tower_http::cors::CorsLayer;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[cfg(test)]
mod tests;

/// The table `[service]`.
#[derive(Deserialize)]
struct Settings {
    /// How long a request may take, in seconds.
    patience: u64,
}

/// What all requests share.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
struct Note {
    /// What is to be remembered.
    text: String,
}

/// A file that was sent.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
struct Upload {
    name: String,
    bytes: usize,
}

#[derive(OpenApi)]
#[openapi(info(title = "Notes", description = "Remembers notes until it stops"))]
struct Document;

/// What was `main` up to the point where it opened a socket.
fn app(settings: &Settings) -> Router {
    let patience = TimeoutLayer::with_status_code(
        StatusCode::REQUEST_TIMEOUT,
        Duration::from_secs(settings.patience),
    );
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(list, add))
        .routes(routes!(find))
        .routes(routes!(upload))
        .routes(routes!(visit))
        .routes(routes!(wait))
        .split_for_parts();
    router
        .route("/openapi.json", axum::routing::get(async move || Json(document)))
        .layer(CorsLayer::permissive())
        .layer(patience)
        .with_state(Notes::default())
}

impl Notes {
    /// Calls take turns, so nobody waits for the lock; axum demands that states are `Send`.
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Note>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All notes.
#[utoipa::path(get, path = "/notes", responses((status = OK, body = Vec<Note>)))]
async fn list(State(notes): State<Notes>) -> Json<Vec<Note>> {
    Json(notes.with(|notes| notes.clone()))
}

/// Remembers a note.
#[utoipa::path(post, path = "/notes", responses((status = CREATED, description = "remembered")))]
async fn add(State(notes): State<Notes>, Json(note): Json<Note>) -> impl IntoResponse {
    log::info!("a note was added", length = note.text.len());
    let number = notes.with(|notes| {
        notes.push(note);
        notes.len()
    });
    (StatusCode::CREATED, [("location", format!("/notes/{number}"))])
}

/// One note.
#[utoipa::path(get, path = "/notes/{number}", responses(
    (status = OK, body = Note),
    (status = NOT_FOUND, description = "there is no such note"),
))]
async fn find(State(notes): State<Notes>, Path(number): Path<usize>) -> Result<Json<Note>> {
    let note = notes.with(|notes| notes.get(number.checked_sub(1)?).cloned());
    note.map(Json).ok_or_else(|| ServiceError::not_found(format!("there is no note {number}")))
}

/// Takes files and says how large they are.
#[utoipa::path(post, path = "/files", responses((status = OK, body = Vec<Upload>)))]
async fn upload(mut form: Multipart) -> Result<Json<Vec<Upload>>, axum::response::Response> {
    let mut uploads = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(IntoResponse::into_response)? {
        let name = field.file_name().unwrap_or("unnamed").to_owned();
        let mut bytes = 0;
        while let Some(chunk) = field.chunk().await.map_err(IntoResponse::into_response)? {
            bytes += chunk.len();
        }
        uploads.push(Upload { name, bytes });
    }
    Ok(Json(uploads))
}

/// Counts the visits of a browser in a cookie.
#[utoipa::path(get, path = "/visits", responses((status = OK, body = String)))]
async fn visit(cookies: CookieJar) -> (CookieJar, String) {
    let before: u32 =
        cookies.get("visits").and_then(|cookie| cookie.value().parse().ok()).unwrap_or(0);
    let visits = before.saturating_add(1);
    let cookie = Cookie::build(("visits", visits.to_string())).path("/").http_only(true);
    (cookies.add(cookie), format!("visit {visits}"))
}

/// Answers after a while; too late for the layer if that is too long.
#[utoipa::path(get, path = "/wait/{seconds}", responses(
    (status = OK, description = "it has waited"),
    (status = REQUEST_TIMEOUT, description = "it would take too long"),
))]
async fn wait(Path(seconds): Path<u64>) -> ([(HeaderName, HeaderValue); 1], &'static str) {
    mikros_sdk::sleep(Duration::from_secs(seconds)).await;
    ([(HeaderName::from_static("x-waited"), seconds.into())], "waited")
}

mikros_sdk::export_tower!(app(&mikros_sdk::settings()?));

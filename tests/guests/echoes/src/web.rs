//! Forms, cookies, typed header fields, conditions and files, as browsers use them.
//! A part of the service with a state of its own.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use mikros_sdk::http::cookie::{
    Cookie, CookieJar, HasSecretKey, PrivateCookieJar, SecretKey, SignedCookieJar,
};
use mikros_sdk::http::{
    Conditions, ETag, Form, Multipart, StaticFiles, TypedHeader, Validators, headers,
};
use mikros_sdk::prelude::*;
use serde::Deserialize;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/files");

/// What `cookie_secret` in the settings is when they do not say.
const SECRET: &str = "a secret that everybody may know";

pub(super) struct Web {
    secret: SecretKey,
}

#[derive(Deserialize)]
struct Settings {
    cookie_secret: Option<SecretKey>,
}

impl HasSecretKey for Web {
    fn secret_key(&self) -> &SecretKey {
        &self.secret
    }
}

impl Web {
    pub(super) fn of_settings() -> Result<Self> {
        let Settings { cookie_secret } = mikros_sdk::settings()?;
        let secret = cookie_secret.map_or_else(|| SECRET.parse(), Ok)?;
        Ok(Self { secret })
    }

    pub(super) fn routes() -> Router<Self> {
        Router::new()
            .any("/form", form)
            .post("/upload", upload)
            .post("/first-field", first_field)
            .post("/names", names)
            .get("/cookies", plain)
            .get("/cookies/signed", signed)
            .get("/cookies/private", private)
            .get("/typed", typed)
            .get("/version", version)
            .put("/version", replace)
            .get("/files", StaticFiles::new(&FILES))
            .get("/files/{*path}", StaticFiles::new(&FILES).with_cache_control("max-age=60"))
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "shown by `Debug`")]
struct Filter {
    name: String,
    min: Option<u8>,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    tag: Vec<String>,
}

async fn form(Form(filter): Form<Filter>) -> String {
    format!("{filter:?}")
}

/// Reads every field piece by piece, and keeps nothing of it.
async fn upload(mut form: Multipart) -> Result<String> {
    let mut fields = Vec::new();
    while let Some(mut field) = form.next_field().await? {
        let name = format!("{:?} {:?} {:?}", field.name(), field.file_name(), field.content_type());
        let mut length = 0;
        while let Some(chunk) = field.chunk().await? {
            length += chunk.len();
        }
        fields.push(format!("{name} {length}"));
    }
    Ok(fields.join("\n"))
}

/// Reads no field.
async fn names(mut form: Multipart) -> Result<String> {
    let mut names = Vec::new();
    while let Some(field) = form.next_field().await? {
        names.push(field.name().unwrap_or_default().to_owned());
    }
    Ok(names.join(", "))
}

/// Answers when the first field is there, whatever follows it.
async fn first_field(mut form: Multipart) -> Result<String> {
    let field = form.next_field().await?.or_invalid_arguments("there is no field")?;
    field.text().await
}

async fn plain(jar: CookieJar) -> (CookieJar, String) {
    let seen: Vec<_> = jar.iter().map(|it| format!("{}={}", it.name(), it.value())).collect();
    (jar.add(("theme", "grün;")).remove("old"), seen.join(" "))
}

async fn signed(jar: SignedCookieJar) -> (SignedCookieJar, String) {
    let seen = seen(jar.get("visits"));
    (jar.add(("visits", "7")), seen)
}

async fn private(jar: PrivateCookieJar) -> (PrivateCookieJar, String) {
    let seen = seen(jar.get("account"));
    (jar.add(Cookie::build(("account", "1234")).http_only(true).path("/")), seen)
}

fn seen(cookie: Option<Cookie<'_>>) -> String {
    cookie.map_or_else(|| "nothing".to_owned(), |cookie| cookie.value().to_owned())
}

/// Who asks, as the authorization says; the answer may not be kept.
async fn typed(
    TypedHeader(sent): TypedHeader<headers::Authorization<headers::authorization::Bearer>>,
    agent: Option<TypedHeader<headers::UserAgent>>,
) -> (TypedHeader<headers::CacheControl>, String) {
    let agent = agent.map_or_else(String::new, |TypedHeader(agent)| agent.to_string());
    let no_store = headers::CacheControl::new().with_no_store();
    (TypedHeader(no_store), format!("{} {agent}", sent.token()))
}

static CURRENT: LazyLock<Validators> =
    LazyLock::new(|| Validators::new().with_etag(ETag::strong("v2")));

async fn version(conditions: Conditions) -> Response {
    conditions.respond(&CURRENT, "0123456789")
}

async fn replace(conditions: Conditions) -> Response {
    conditions.answer(&CURRENT).unwrap_or_else(|| Response::new(StatusCode::NO_CONTENT))
}

//! The document: what it says about the service, and its operations.
//! Deliberately built when it is first asked for: a service that starts pays nothing for it.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use ::http::Method;
use serde_json::{Map, Value, json};

use super::operation::Edit;
use super::schemas::Schemas;
use super::{Described, error};
use crate::http::router::{Answers, Route};
use crate::http::{Response, Router, StatusCode, pattern};

/// The version of OpenAPI.
const VERSION: &str = "3.1.1";

/// Where the document is served, and what it says about the service.
///
/// ```
/// use mikros_sdk::http::openapi::OpenApi;
/// use mikros_sdk::prelude::*;
/// # struct Shop;
///
/// let document = OpenApi::at("/openapi.json")
///     .title("Shop")
///     .server("/shop")
///     .edit(|document| {
///         let scheme = serde_json::json!({"type": "http", "scheme": "bearer"});
///         document["components"]["securitySchemes"]["token"] = scheme;
///     });
/// let routes = Router::new().openapi(document);
/// # drop::<Router<Shop>>(routes);
/// ```
#[derive(Clone)]
pub struct OpenApi {
    path: String,
    title: Option<String>,
    version: Option<String>,
    description: Option<String>,
    servers: Vec<String>,
    edit: Option<Edit>,
}

impl OpenApi {
    /// A document that is served at `path`.
    pub fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            title: None,
            version: None,
            description: None,
            servers: Vec::new(),
            edit: None,
        }
    }

    /// Sets the title. Default: the service's name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the version of the API. Default: the service's.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets what the API is for; Markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Adds a URL that the paths are below. Default: the server that the document comes from.
    ///
    /// A service with `[services.http] base_path` names it here, because it does not know it.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(url.into());
        self
    }

    /// Changes the document after all else; for what has no method here.
    #[must_use]
    pub fn edit(mut self, edit: impl Fn(&mut Value) + 'static) -> Self {
        self.edit = Some(Rc::new(edit));
        self
    }
}

impl From<&str> for OpenApi {
    fn from(path: &str) -> Self {
        Self::at(path)
    }
}

impl<S: 'static> Router<S> {
    /// Serves an OpenAPI document of all routes that are an [operation](super::operation):
    /// `.openapi("/openapi.json")`, or with an [`OpenApi`] that says more.
    ///
    /// It may stand in any of the routers that are put together, once.
    #[must_use]
    pub fn openapi(mut self, document: impl Into<OpenApi>) -> Self {
        let settings = document.into();
        let path = settings.path.clone();
        let handle = Handle(Rc::new(Document {
            settings,
            operations: OnceCell::new(),
            text: OnceCell::new(),
        }));
        self.adopt(Some(handle.clone()));
        self.get(&path, move || {
            let handle = handle.clone();
            async move { handle.0.response() }
        })
    }

    /// Takes the document of a router that becomes a part of this one.
    pub(in crate::http) fn adopt(&mut self, document: Option<Handle>) {
        if self.openapi.is_some() && document.is_some() {
            self.mistakes.push("there are two OpenAPI documents".to_owned());
        }
        self.openapi = self.openapi.take().or(document);
    }

    /// Tells the document, if there is one, which operations there are.
    pub(in crate::http) fn planned(mut self) -> Self {
        if let Some(document) = &self.openapi {
            let (operations, mistakes) = planned(&self.routes);
            self.mistakes.extend(mistakes);
            document.0.operations.get_or_init(|| operations);
        }
        self
    }
}

impl<S: 'static> Route<S> {
    /// Notes that it is nested under `prefix`.
    pub(in crate::http) fn described_below(mut self, prefix: &str) -> Self {
        if let Some(described) = &mut self.described {
            described.nest(prefix);
        }
        self
    }
}

/// A document that several parts of a router know.
#[derive(Clone)]
pub(in crate::http) struct Handle(Rc<Document>);

struct Document {
    settings: OpenApi,
    operations: OnceCell<Vec<Planned>>,
    text: OnceCell<Vec<u8>>,
}

/// An operation at its place.
struct Planned {
    /// In lower case, as OpenAPI has it.
    method: String,
    /// The pattern of the route, in the form in which routes are compared.
    pattern: String,
    id: String,
    described: Described,
}

/// The operations of all routes, and what is wrong with them.
fn planned<S>(routes: &[Route<S>]) -> (Vec<Planned>, Vec<String>) {
    let mut operations: Vec<Planned> = Vec::new();
    let mut mistakes = Vec::new();
    for route in routes {
        let Some(described) = route.described.clone() else { continue };
        let method = match &route.answers {
            Answers::Method(method) if is_known(method) => method,
            _ => {
                mistakes.push(format!(
                    "`{route:?}` cannot be an operation: OpenAPI has no such method"
                ));
                continue;
            }
        };
        // What is wrong with the path is found where routes are built.
        let Ok(pattern) = pattern::of_route(&route.path) else { continue };
        let id = described.id(method.as_str(), &pattern);
        if let Some(known) = operations.iter().find(|known| known.id == id) {
            let other = format!("{} {}", known.method.to_uppercase(), known.pattern);
            mistakes.push(format!(
                "`{other}` and `{route:?}` have the same operation id `{id}`: give one of them another with `operation(..).id(..)`"
            ));
        }
        let method = method.as_str().to_lowercase();
        operations.push(Planned { method, pattern, id, described });
    }
    (operations, mistakes)
}

/// Whether OpenAPI has a field for operations of this method.
fn is_known(method: &Method) -> bool {
    let known = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];
    known.contains(&method.as_str())
}

impl Document {
    fn response(&self) -> Response {
        let text = self.text.get_or_init(|| self.build().to_string().into_bytes());
        Response::new(StatusCode::OK)
            .with_header("content-type", "application/json")
            .with_body(text.clone())
    }

    fn build(&self) -> Value {
        let mut schemas = Schemas::new();
        let mut paths = json!({});
        let mut statuses = Vec::new();
        for operation in self.operations.get().into_iter().flatten() {
            let names = pattern::parameters(&operation.pattern);
            let (object, shared) = operation.described.object(&operation.id, &names, &mut schemas);
            paths[template(&operation.pattern)][&operation.method] = object;
            statuses.extend(shared);
        }
        statuses.sort_unstable();
        statuses.dedup();
        let mut document = Map::new();
        document.insert("openapi".to_owned(), VERSION.into());
        document.insert("info".to_owned(), self.info());
        if !self.settings.servers.is_empty() {
            let servers = self.settings.servers.iter().map(|url| json!({"url": url}));
            document.insert("servers".to_owned(), servers.collect());
        }
        document.insert("paths".to_owned(), paths);
        let responses = error::responses(statuses, &mut schemas);
        document.insert("components".to_owned(), json!({"responses": responses}));
        let mut document = Value::Object(document);
        schemas.finish(&mut document);
        if let Some(edit) = &self.settings.edit {
            edit(&mut document);
        }
        document
    }

    fn info(&self) -> Value {
        let OpenApi { title, version, description, .. } = &self.settings;
        let identity = crate::identity();
        let title = title.clone().unwrap_or(identity.name);
        let version = version.clone().unwrap_or(identity.version);
        let mut info = json!({"title": title, "version": version});
        if let Some(description) = description {
            info["description"] = json!(description);
        }
        info
    }
}

/// A pattern as OpenAPI writes it: `{*path}` is a parameter like all others, and what stands for itself is
/// encoded, because clients put the text into a URL.
fn template(pattern: &str) -> String {
    let mut template = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' if letters.next_if_eq(&letter).is_some() => {
                template += if letter == '{' { "%7B" } else { "%7D" };
            }
            '{' => {
                letters.next_if_eq(&'*');
                template.push('{');
                template.extend(letters.by_ref().take_while(|letter| *letter != '}'));
                template.push('}');
            }
            letter if letter.is_ascii_graphic() && !"\"<>`^|\\".contains(letter) => {
                template.push(letter);
            }
            letter => {
                let mut bytes = [0; 4];
                let bytes = letter.encode_utf8(&mut bytes).bytes();
                template.extend(bytes.map(percent_encoding::percent_encode_byte));
            }
        }
    }
    template
}

impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi").field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(f)
    }
}

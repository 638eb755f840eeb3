//! A handler that is in the document, with what its types cannot say.
//! Deliberately the same handler: it answers as it does without.

use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::rc::Rc;

use ::http::StatusCode;
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use super::{Description, Documented, OperationOutput};
use crate::http::{Handler, Request, Response};

/// Puts `handler` into the document that [`Router::openapi`](crate::http::Router::openapi) serves.
///
/// The result is a handler for [`Router::get`](crate::http::Router::get) and all the others.
pub fn operation<H>(handler: H) -> Operation<H> {
    Operation { handler, texts: Texts::default() }
}

/// A handler that is in the document, see [`operation`].
#[derive(Clone)]
pub struct Operation<H> {
    handler: H,
    texts: Texts,
}

/// What an author says about an operation.
#[derive(Clone, Default)]
struct Texts {
    id: Option<String>,
    tags: Vec<String>,
    summary: Option<String>,
    description: Option<String>,
    is_deprecated: bool,
    status: Option<StatusCode>,
    responses: Vec<(StatusCode, String, Describe)>,
    errors: Vec<StatusCode>,
    edit: Option<Edit>,
}

pub(super) type Edit = Rc<dyn Fn(&mut Value)>;

/// What a type says of itself.
type Describe = fn(&mut Description<'_>);

impl<H> Operation<H> {
    /// Sets what it does, in a few words.
    #[must_use]
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.texts.summary = Some(text.into());
        self
    }

    /// Sets what it does in all detail; Markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.texts.description = Some(text.into());
        self
    }

    /// Sets the id, which generated clients use as a name. Default: the name of the handler.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.texts.id = Some(id.into());
        self
    }

    /// Adds a tag. Default: the last part of the prefix that the route is nested under.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.texts.tags.push(tag.into());
        self
    }

    /// Says that it should not be used any more.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.texts.is_deprecated = true;
        self
    }

    /// Sets the status of a success, which a type such as `(StatusCode, Json<T>)` does not say.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.texts.status = Some(status);
        self
    }

    /// Adds a response that the type of the handler does not say, with a body as `T` has it: `()` is none,
    /// `Json<Conflict>` is JSON.
    ///
    /// A success replaces those of unknown status.
    #[must_use]
    pub fn responds<T: OperationOutput>(
        mut self,
        status: StatusCode,
        description: impl Into<String>,
    ) -> Self {
        self.texts.responses.push((status, description.into(), T::describe));
        self
    }

    /// Adds the status of a [`ServiceError`](struct@crate::ServiceError) that the handler returns.
    #[must_use]
    pub fn error(mut self, status: StatusCode) -> Self {
        self.texts.errors.push(status);
        self
    }

    /// Changes the operation object after all else; for what has no method here.
    ///
    /// `operation(Self::list).edit(|operation| operation["security"] = json!([{"token": []}]))`
    #[must_use]
    pub fn edit(mut self, edit: impl Fn(&mut Value) + 'static) -> Self {
        self.texts.edit = Some(Rc::new(edit));
        self
    }
}

/// Keeps operations apart from the functions in them.
#[doc(hidden)]
#[derive(Debug)]
pub enum ViaOperation {}

#[diagnostic::do_not_recommend]
impl<S, Arguments, H> Handler<S, (ViaOperation, Arguments)> for Operation<H>
where
    S: 'static,
    H: Handler<S, Arguments> + Documented<S, Arguments>,
{
    fn call(
        &'static self,
        service: &'static S,
        request: Request,
    ) -> impl Future<Output = Response> {
        self.handler.call(service, request)
    }

    fn check_route(parameters: &[&str]) -> Result<(), String> {
        H::check_route(parameters)
    }

    fn described(&self) -> Option<Described> {
        let (texts, describe) = (self.texts.clone(), H::describe as _);
        Some(Described(Rc::new(Inner { texts, name: name_of::<H>(), describe }), None))
    }
}

/// An operation whose handler is forgotten, and the tag that it has if it names none.
#[doc(hidden)]
#[derive(Clone)]
pub struct Described(Rc<Inner>, Option<String>);

struct Inner {
    texts: Texts,
    /// The handler's, if it has one.
    name: Option<&'static str>,
    describe: Describe,
}

impl Described {
    /// Notes that the route is nested under `prefix`. The innermost prefix with a name counts.
    pub(in crate::http) fn nest(&mut self, prefix: &str) {
        let mut segments = prefix.rsplit('/');
        let name = segments.find(|segment| !segment.is_empty() && !segment.contains(['{', '}']));
        if self.1.is_none() {
            self.1 = name.map(str::to_owned);
        }
    }

    /// Its id: that of the author, that of the handler, otherwise one for its route.
    pub(super) fn id(&self, method: &str, path: &str) -> String {
        if let Some(id) = &self.0.texts.id {
            return id.clone();
        }
        if let Some(name) = self.0.name {
            return name.to_owned();
        }
        let mut id = method.to_ascii_lowercase();
        for word in path.split(|letter: char| !letter.is_alphanumeric()) {
            if !word.is_empty() {
                id.push('_');
                id.push_str(word);
            }
        }
        id
    }

    /// The operation object, and the statuses that have a shared response.
    pub(super) fn object(
        &self,
        id: &str,
        path: &[&str],
        schemas: &mut Schemas,
    ) -> (Value, Vec<StatusCode>) {
        let Self(inner, tag) = self;
        let texts = &inner.texts;
        let mut object = Map::new();
        let mut set = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
        if !texts.tags.is_empty() {
            set("tags", json!(texts.tags));
        } else if let Some(tag) = tag {
            set("tags", json!([tag]));
        }
        if let Some(summary) = &texts.summary {
            set("summary", json!(summary));
        }
        if let Some(description) = &texts.description {
            set("description", json!(description));
        }
        set("operationId", json!(id));
        if texts.is_deprecated {
            set("deprecated", json!(true));
        }
        let mut description = Description::new(schemas, path);
        match texts.status {
            Some(status) => description.with_status(Some(status), None, inner.describe),
            None => (inner.describe)(&mut description),
        }
        if texts.responses.iter().any(|(status, ..)| status.as_u16() < 400) {
            description.drop_unknown_responses();
        }
        for (status, text, describe) in &texts.responses {
            description.with_status(Some(*status), Some(text), describe);
        }
        texts.errors.iter().for_each(|status| description.error(*status));
        let shared = description.write(&mut object);
        let mut object = Value::Object(object);
        if let Some(edit) = &texts.edit {
            edit(&mut object);
        }
        (object, shared)
    }
}

/// The name of a function; `None` for closures.
fn name_of<H>() -> Option<&'static str> {
    let path = type_name::<H>();
    // Parameters of a generic function may be paths as well.
    let path = if path.ends_with('>') { &path[..opening(path)?] } else { path };
    let name = path.rsplit("::").next()?;
    name.starts_with(|letter: char| letter == '_' || letter.is_alphabetic()).then_some(name)
}

/// Where the angle bracket is that the last one closes.
fn opening(path: &str) -> Option<usize> {
    let mut depth = 0;
    path.char_indices().rev().find_map(|(index, letter)| {
        match letter {
            '>' => depth += 1,
            '<' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(index)
    })
}

impl<H> fmt::Debug for Operation<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("handler", &type_name::<H>()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Described").field("name", &self.0.name).finish_non_exhaustive()
    }
}

//! What is known of one operation: parameters, body, responses.
//! Deliberately without the texts that an author adds; `operation` has those.

use std::fmt;

use ::http::StatusCode;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::schemas::{self, Schemas};
use crate::http::Location;

/// Takes down what the types of a handler say about an operation.
///
/// ```
/// use mikros_sdk::http::openapi::{Description, OperationInput};
///
/// /// Taken from the header field `x-tenant`.
/// struct Tenant(String);
///
/// impl OperationInput for Tenant {
///     fn describe(operation: &mut Description<'_>) {
///         operation.header("x-tenant", true);
///     }
/// }
/// ```
pub struct Description<'a> {
    schemas: &'a mut Schemas,
    /// The names of the route's parameters in their order.
    path: &'a [&'a str],
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    responses: Vec<Response>,
    /// Statuses of errors in their usual form.
    errors: Vec<StatusCode>,
}

struct Parameter {
    location: Location,
    name: String,
    is_required: bool,
    /// The rest of the parameter's object.
    rest: Map<String, Value>,
}

struct RequestBody {
    is_required: bool,
    content: Map<String, Value>,
}

struct Response {
    /// `None`: some success, the types do not say which.
    status: Option<StatusCode>,
    description: Option<String>,
    content: Map<String, Value>,
}

impl<'a> Description<'a> {
    pub(super) fn new(schemas: &'a mut Schemas, path: &'a [&'a str]) -> Self {
        let (parameters, responses, errors) = (Vec::new(), Vec::new(), Vec::new());
        Self { schemas, path, parameters, body: None, responses, errors }
    }

    /// The parameters of the route, as [`Path<T>`](crate::http::Path) takes them.
    pub fn path<T: JsonSchema>(&mut self) {
        self.error(StatusCode::BAD_REQUEST);
        let whole = self.schemas.fields::<T>();
        let single = self.schemas.input::<T>();
        for (index, name) in self.path.iter().enumerate() {
            let of_object = || whole.get("properties")?.get(name);
            let of_tuple = || whole.get("prefixItems")?.get(index);
            let of_map = || whole.get("additionalProperties").filter(|schema| schema.is_object());
            let found = of_object().or_else(of_tuple).or_else(|| whole.get("items"));
            let found = found.or_else(of_map);
            // A type that is one value, not several.
            let is_single = self.path.len() == 1 && whole.get("properties").is_none();
            let schema = found.or(is_single.then_some(&single)).cloned();
            let schema = schema.unwrap_or_else(|| json!({"type": "string"}));
            self.parameters.push(Parameter::new(Location::Path, name, true, schema));
        }
    }

    /// The query, as [`Query<T>`](crate::http::Query) takes it.
    pub fn query<T: JsonSchema>(&mut self) {
        self.fields::<T>(Location::Query);
    }

    /// Header fields, as [`Headers<T>`](crate::http::Headers) takes them.
    pub fn headers<T: JsonSchema>(&mut self) {
        self.fields::<T>(Location::Header);
    }

    /// One header field, whose value is text.
    pub fn header(&mut self, name: &str, is_required: bool) {
        let text = json!({"type": "string"});
        self.parameters.push(Parameter::new(Location::Header, name, is_required, text));
    }

    /// A request body that `T` describes, with a content type such as `application/json`.
    pub fn body<T: JsonSchema>(&mut self, content_type: &str) {
        self.error(StatusCode::BAD_REQUEST);
        let schema = self.schemas.input::<T>();
        self.add_body(content_type, json!({"schema": schema}), true);
    }

    /// A request body of any form; `*/*` is any content type.
    pub fn raw_body(&mut self, content_type: &str, is_required: bool) {
        self.add_body(content_type, json!({}), is_required);
    }

    /// An error with this status, in the JSON form that all errors have.
    pub fn error(&mut self, status: StatusCode) {
        if !self.errors.contains(&status) {
            self.errors.push(status);
        }
    }

    /// A response whose body `T` describes; `None` is a success whose status is not known.
    pub fn response<T: JsonSchema>(&mut self, status: Option<StatusCode>, content_type: &str) {
        let schema = self.schemas.output::<T>();
        self.add_response(status, Some((content_type, json!({"schema": schema}))));
    }

    /// A response with a body of any form, or without one if there is no content type.
    pub fn raw_response(&mut self, status: Option<StatusCode>, content_type: Option<&str>) {
        self.add_response(status, content_type.map(|content_type| (content_type, json!({}))));
    }

    /// Runs `describe`; what it adds need not be in a request.
    pub(super) fn optionally(&mut self, describe: impl FnOnce(&mut Self)) {
        let (before, body) = (self.parameters.len(), self.body.take());
        describe(self);
        for parameter in &mut self.parameters[before..] {
            parameter.is_required = parameter.location == Location::Path;
        }
        if let Some(body) = &mut self.body {
            body.is_required = false;
        }
        self.body = self.body.take().or(body);
    }

    /// Runs `describe`; all successes that it adds have `status` and `description`, if given.
    pub(super) fn with_status(
        &mut self,
        status: Option<StatusCode>,
        description: Option<&str>,
        describe: impl FnOnce(&mut Self),
    ) {
        let before = self.responses.len();
        describe(self);
        for response in &mut self.responses[before..] {
            if response.status.is_none_or(|status| status.as_u16() < 400) {
                response.status = status;
                response.description = description.map(str::to_owned);
            }
        }
    }

    /// Runs `describe` of an error: a response whose status is not known is no success then, and every operation
    /// has one for errors.
    pub(super) fn as_error(&mut self, describe: impl FnOnce(&mut Self)) {
        let before = self.responses.len();
        describe(self);
        let added = self.responses.split_off(before);
        self.responses.extend(added.into_iter().filter(|response| response.status.is_some()));
    }

    /// Drops the successes whose status is not known, for the author has named those there are.
    pub(super) fn drop_unknown_responses(&mut self) {
        self.responses.retain(|response| response.status.is_some());
    }

    fn fields<T: JsonSchema>(&mut self, location: Location) {
        self.error(StatusCode::BAD_REQUEST);
        let schema = self.schemas.fields::<T>();
        let alternatives = ["allOf", "anyOf", "oneOf"];
        let has_alternatives = alternatives.iter().any(|keyword| schema.get(keyword).is_some());
        let properties = schema.get("properties").and_then(Value::as_object);
        let Some(properties) = properties.filter(|_| !has_alternatives) else {
            if location == Location::Query && (has_alternatives || is_map(&schema)) {
                // Its fields are the query's, whatever they are.
                let mut whole = Parameter::new(location, "query", false, schema);
                whole.rest.insert("style".to_owned(), json!("form"));
                whole.rest.insert("explode".to_owned(), json!(true));
                self.parameters.push(whole);
            }
            return;
        };
        let required = schema.get("required").and_then(Value::as_array);
        for (name, schema) in properties {
            let is_required = required.is_some_and(|names| names.contains(&json!(name)));
            let parameter = Parameter::new(location, name, is_required, schema.clone());
            self.parameters.push(parameter);
        }
    }

    fn add_body(&mut self, content_type: &str, media: Value, is_required: bool) {
        let body = RequestBody { is_required, content: Map::new() };
        let body = self.body.get_or_insert(body);
        body.content.insert(content_type.to_owned(), media);
    }

    fn add_response(&mut self, status: Option<StatusCode>, content: Option<(&str, Value)>) {
        let content = content.map(|(content_type, media)| (content_type.to_owned(), media));
        let content = content.into_iter().collect();
        self.responses.push(Response { status, description: None, content });
    }

    /// Adds all to the operation object of OpenAPI, and tells the statuses that have a shared response.
    pub(super) fn write(self, operation: &mut Map<String, Value>) -> Vec<StatusCode> {
        let mut parameters: Vec<Value> = Vec::new();
        let mut known: Vec<(Location, String)> = Vec::new();
        let path = self.path.iter().map(|name| {
            // Those that no extractor takes.
            Parameter::new(Location::Path, name, true, json!({"type": "string"}))
        });
        for parameter in self.parameters.into_iter().chain(path) {
            let key = (parameter.location, parameter.name.clone());
            if !parameter.is_reserved() && !known.contains(&key) {
                known.push(key);
                parameters.push(parameter.into_object());
            }
        }
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(body) = self.body {
            let body = json!({"required": body.is_required, "content": body.content});
            operation.insert("requestBody".to_owned(), body);
        }
        let mut responses = Map::new();
        for response in self.responses {
            response.write(&mut responses);
        }
        let mut shared = self.errors;
        shared.retain(|status| !responses.contains_key(status.as_str()));
        for status in &shared {
            responses.insert(status.as_str().to_owned(), super::error::reference(Some(*status)));
        }
        responses.insert("default".to_owned(), super::error::reference(None));
        operation.insert("responses".to_owned(), responses.into());
        shared
    }
}

impl Parameter {
    fn new(location: Location, name: &str, is_required: bool, schema: Value) -> Self {
        let mut schema = schemas::without_null(schema);
        let mut rest = Map::new();
        if let Some(object) = schema.as_object_mut()
            && let Some(description) = object.remove("description")
        {
            rest.insert("description".to_owned(), description);
        }
        rest.insert("schema".to_owned(), schema);
        Self { location, name: name.to_owned(), is_required, rest }
    }

    /// Whether OpenAPI has another place for this header field, and ignores it here.
    fn is_reserved(&self) -> bool {
        let reserved = ["accept", "content-type", "authorization"];
        self.location == Location::Header
            && reserved.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }

    fn into_object(self) -> Value {
        let mut object = Map::new();
        object.insert("name".to_owned(), self.name.into());
        object.insert("in".to_owned(), json!(self.location));
        if self.is_required {
            object.insert("required".to_owned(), true.into());
        }
        object.extend(self.rest);
        object.into()
    }
}

impl Response {
    fn write(self, responses: &mut Map<String, Value>) {
        let key = self.status.as_ref().map_or("2XX", StatusCode::as_str).to_owned();
        let reason = self.status.and_then(|status| status.canonical_reason());
        let reason = reason.unwrap_or("Success");
        let response = responses.entry(key).or_insert_with(|| json!({"description": reason}));
        if let Some(description) = self.description {
            response["description"] = description.into();
        }
        for (content_type, media) in self.content {
            response["content"][content_type] = media;
        }
    }
}

fn is_map(schema: &Value) -> bool {
    schema.get("additionalProperties").is_some_and(|values| *values != false)
}

impl fmt::Debug for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description").field("path", &self.path).finish_non_exhaustive()
    }
}

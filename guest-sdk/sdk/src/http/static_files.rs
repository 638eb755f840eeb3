//! Files that are part of the component. Needs the feature `static-files`.
//! Deliberately reads no file system: a component has none.

use std::collections::BTreeMap;

use ::http::{Method, StatusCode};
use include_dir::{Dir, File};
use percent_encoding::percent_decode_str;

use super::{
    Conditions, ETag, Handler, Head, IntoResponse, Redirect, Request, Response, Validators,
};
use crate::error::ServiceError;

const INDEX: &str = "index.html";

/// A directory whose files are part of the component: a handler.
///
/// The directory is embedded when the service is built, by the macro of the crate `include_dir`, which the service has
/// as a dependency of its own:
///
/// ```ignore
/// use include_dir::{Dir, include_dir};
/// use mikros_sdk::http::StaticFiles;
///
/// static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/static");
///
/// Router::new()
///     .get("/", StaticFiles::new(&FILES))
///     .get("/{*path}", StaticFiles::new(&FILES))
/// ```
///
/// The last parameter of the route is the path of the file. If the route has none, the path of the request is, and in
/// a [nested](super::Router::nest) router what follows the prefix; the page `/` of such a router has no `/` at its end, so
/// that its links must name the prefix. A directory is answered with its `index.html`, and without `/` at its end with
/// a redirect there. Content types follow the names of
/// the files. Answers have an `etag`; conditional requests and ranges work.
///
/// The host keeps a copy of the component for each of its workers, so this is for the pages of a service rather than
/// for gigabytes.
#[derive(Debug, Clone)]
pub struct StaticFiles {
    directory: &'static Dir<'static>,
    cache_control: Option<String>,
    etags: BTreeMap<&'static str, ETag>,
}

impl StaticFiles {
    /// Serves the files of a directory.
    pub fn new(directory: &'static Dir<'static>) -> Self {
        let mut etags = BTreeMap::new();
        collect_etags(directory, &mut etags);
        Self { directory, cache_control: None, etags }
    }

    /// Sets `cache-control` of every file, for example `public, max-age=31536000, immutable` where names change with
    /// the content. Default: none, so clients ask again with what they have, and get 304.
    #[must_use]
    pub fn with_cache_control(mut self, value: impl Into<String>) -> Self {
        self.cache_control = Some(value.into());
        self
    }

    fn respond(&self, head: &Head) -> Response {
        let found = match head.parameters().last() {
            Some((_, path)) => self.find(path),
            None if head.route().is_some() => {
                below_prefixes(head.path()).find_map(|it| self.find(it))
            }
            None => self.find(head.path()),
        };
        match found {
            Some(Found::File(file)) => self.send(file, head),
            Some(Found::Directory) => {
                // Relative, because the service does not know under which base path it is.
                let name = head.path().rsplit('/').next().unwrap_or_default();
                let query = head.query().map(|query| format!("?{query}")).unwrap_or_default();
                Redirect::temporary(format!("./{name}/{query}")).into_response()
            }
            None => not_found(head),
        }
    }

    fn find(&self, path: &str) -> Option<Found> {
        let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8().ok()?;
        if let Some(file) = self.directory.get_file(&*path) {
            return Some(Found::File(file));
        }
        let directory = path.trim_end_matches('/');
        let index = self.index(directory)?;
        let is_root = directory.is_empty();
        Some(if is_root || path.ends_with('/') { Found::File(index) } else { Found::Directory })
    }

    fn index(&self, directory: &str) -> Option<&'static File<'static>> {
        if directory.is_empty() {
            return self.directory.get_file(INDEX);
        }
        self.directory.get_file(format!("{directory}/{INDEX}"))
    }

    fn send(&self, file: &'static File<'static>, head: &Head) -> Response {
        let mut response = Response::new(StatusCode::OK).with_body(file.contents());
        response.set_header("content-type", content_type(file).as_bytes());
        if let Some(value) = &self.cache_control {
            response.set_header("cache-control", value.as_bytes());
        }
        let etag = file.path().to_str().and_then(|path| self.etags.get(path)).cloned();
        let validators = etag.map(|etag| Validators::new().with_etag(etag)).unwrap_or_default();
        Conditions::of(head).respond(&validators, response)
    }
}

/// What a path is in the directory.
enum Found {
    File(&'static File<'static>),
    /// With an index, and to be asked for with `/` at its end.
    Directory,
}

/// The whole path, then what is left of it below each of its segments: a router does not know below which of them it
/// is nested.
fn below_prefixes(path: &str) -> impl Iterator<Item = &str> {
    let rests = path.match_indices('/').map(|(index, _)| &path[index + 1..]);
    rests.chain([""])
}

/// Marks handlers that are directories.
#[doc(hidden)]
#[derive(Debug)]
pub enum ViaFiles {}

#[diagnostic::do_not_recommend]
impl<S: 'static> Handler<S, (ViaFiles,)> for StaticFiles {
    async fn call(&'static self, _service: &'static S, request: Request) -> Response {
        let head = request.head();
        if matches!(*head.method(), Method::GET | Method::HEAD) {
            self.respond(head)
        } else {
            not_found(head)
        }
    }
}

fn collect_etags(directory: &'static Dir<'static>, etags: &mut BTreeMap<&'static str, ETag>) {
    for file in directory.files() {
        if let Some(path) = file.path().to_str() {
            etags.insert(path, ETag::of(file.contents()));
        }
    }
    for directory in directory.dirs() {
        collect_etags(directory, etags);
    }
}

/// Text is UTF-8, because source files are.
fn content_type(file: &File<'_>) -> String {
    let guess = mime_guess::from_path(file.path()).first_or_octet_stream();
    let is_text = guess.type_() == mime_guess::mime::TEXT;
    if is_text { format!("{guess}; charset=utf-8") } else { guess.to_string() }
}

fn not_found(head: &Head) -> Response {
    ServiceError::not_found(format!("no file for `{} {}`", head.method(), head.path()))
        .into_response()
}

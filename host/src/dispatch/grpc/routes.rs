//! Which method of which service a path names.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::engine::{Method, Services};

/// The methods that a component declares.
#[derive(Debug)]
pub(crate) struct Routes {
    methods: HashMap<Arc<str>, Shape, FxBuildHasher>,
    services: BTreeSet<String>,
}

/// Which sides of an RPC are streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Unary,
    /// The client's.
    ClientStreaming,
    /// The guest's.
    ServerStreaming,
    /// Both.
    Bidirectional,
}

#[derive(Debug)]
pub(super) struct Found {
    pub(super) method: Arc<str>,
    pub(super) shape: Shape,
}

/// What a path does not name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Service(String),
    Method { service: String, method: String },
    Path,
}

impl Routes {
    pub(crate) fn new(services: &Services) -> Self {
        let methods = services.services.iter().flat_map(|service| {
            let path = |method: &Method| format!("/{}/{}", service.name, method.name).into();
            service.methods.iter().map(move |method| (path(method), Shape::of(method)))
        });
        let names = services.services.iter().map(|service| service.name.clone());
        Self { methods: methods.collect(), services: names.collect() }
    }

    /// The paths of all methods.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        self.methods.keys().map(ToString::to_string)
    }

    pub(super) fn find(&self, path: &str) -> Result<Found, Unknown> {
        if let Some((method, shape)) = self.methods.get_key_value(path) {
            return Ok(Found { method: method.clone(), shape: *shape });
        }
        let named = path.strip_prefix('/').and_then(|path| path.rsplit_once('/'));
        let Some((service, method)) = named else { return Err(Unknown::Path) };
        let (service, method) = (service.to_owned(), method.to_owned());
        if self.services.contains(&service) {
            Err(Unknown::Method { service, method })
        } else {
            Err(Unknown::Service(service))
        }
    }
}

impl Shape {
    fn of(method: &Method) -> Self {
        match (method.client_streaming, method.server_streaming) {
            (false, false) => Self::Unary,
            (true, false) => Self::ClientStreaming,
            (false, true) => Self::ServerStreaming,
            (true, true) => Self::Bidirectional,
        }
    }
}

/// For the client.
impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "there is no service `{service}`"),
            Self::Method { service, method } => {
                write!(f, "the service `{service}` has no method `{method}`")
            }
            Self::Path => write!(f, "the path is not `/service/method`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Service;

    #[test]
    fn a_path_names_a_method_or_what_is_missing_is_said() {
        let method =
            Method { name: "SayHello".to_owned(), client_streaming: false, server_streaming: true };
        let service = Service { name: "helloworld.Greeter".to_owned(), methods: vec![method] };
        let routes = Routes::new(&Services { services: vec![service], descriptors: Vec::new() });
        let unknown = |path| routes.find(path).unwrap_err().to_string();

        assert_eq!(
            routes.find("/helloworld.Greeter/SayHello").unwrap().shape,
            Shape::ServerStreaming
        );
        assert_eq!(
            unknown("/helloworld.Greeter/SayHi"),
            "the service `helloworld.Greeter` has no method `SayHi`"
        );
        assert_eq!(unknown("/a.B/C"), "there is no service `a.B`");
        assert_eq!(unknown("/"), "the path is not `/service/method`");
    }
}

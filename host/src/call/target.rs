//! What a request is for.

use std::sync::Arc;

use http::Method;
use http::uri::PathAndQuery;
use serde_json::Value;

use crate::telemetry::Attributes;

/// What a request is for, as log lines name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestTarget {
    Http {
        method: Method,
        /// As the client has sent it.
        path: PathAndQuery,
    },
    Rpc {
        /// `/helloworld.Greeter/SayHello`.
        method: Arc<str>,
    },
}

impl RequestTarget {
    /// Adds the fields that name it. A query may hold secrets and stays out of the log.
    pub(crate) fn describe(&self, attributes: &mut Attributes) {
        match self {
            Self::Http { method, path } => {
                attributes.insert("http.method".to_owned(), Value::from(method.as_str()));
                attributes.insert("http.path".to_owned(), Value::from(path.path()));
            }
            Self::Rpc { method } => {
                attributes.insert("grpc.method".to_owned(), Value::from(&**method));
            }
        }
    }
}

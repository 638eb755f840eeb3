//! OpenAPI 3.1: a description of the routes, made of the types that their handlers have.
//! Deliberately knows nothing about requests: it describes what the extractors and responses do.
//!
//! Needs the feature `openapi`. [`Router::openapi`](crate::http::Router::openapi) serves the document, [`operation`] puts a handler into it:
//!
//! ```
//! use mikros_sdk::http::openapi::operation;
//! use mikros_sdk::prelude::*;
//! use mikros_sdk::schemars::{self, JsonSchema};
//!
//! #[derive(serde::Deserialize, serde::Serialize, JsonSchema)]
//! struct Item {
//!     /// As the label says it.
//!     name: String,
//!     price: Option<u32>,
//! }
//!
//! # struct Shop;
//! # impl Service for Shop {
//! #     async fn on_start() -> Result<Self> {
//! #         Ok(Self)
//! #     }
//! # }
//! impl Http for Shop {
//!     fn routes() -> Router<Self> {
//!         let items = Router::new()
//!             .get("/{id}", operation(Self::show).error(StatusCode::NOT_FOUND))
//!             .post("/", operation(Self::add).status(StatusCode::CREATED))
//!             .get("/internal", Self::internal);
//!         Router::new().nest("/items", items).openapi("/openapi.json")
//!     }
//! }
//!
//! impl Shop {
//!     async fn show(&self, Path(id): Path<u64>) -> Result<Json<Item>> {
//!         Err(ServiceError::not_found(format!("there is no item {id}")))
//!     }
//!
//!     async fn add(&self, Json(item): Json<Item>) -> (StatusCode, Json<Item>) {
//!         (StatusCode::CREATED, Json(item))
//!     }
//!
//!     async fn internal(&self) -> &'static str {
//!         "not in the document"
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # What is in the document
//!
//! - Only handlers that are an [`operation`]. All others answer as ever and are left out.
//! - Parameters of path, query and header fields, request bodies, and responses with status and content type,
//!   from the handler's types. Schemas are those of `schemars`, which reads serde's attributes; doc comments
//!   become descriptions. A type whose JSON differs between request and response has two schemas,
//!   `Item-Input` and `Item-Output`.
//! - Errors in the JSON form of the host: 400 where an extractor can refuse a request, 415 for
//!   [`Json`](super::Json), and `default` for all others.
//! - The name of the handler as the operation's id, and the last part of the prefix that it is nested under as
//!   its tag. Two operations with the same id are reported when the service starts.
//! - Name and version of the service as title and version of the document. [`OpenApi`] changes them and adds
//!   what no type can say, such as servers and security.
//!
//! The document is built when it is first asked for. A unit test gets it as any client does:
//! `client.get("/openapi.json")`.
//!
//! # Extractors and responses of your own
//!
//! An [`operation`] needs [`OperationInput`] for every extractor and [`OperationOutput`] for the response and
//! its error. `impl OperationInput for User {}` is enough when there is nothing to say.

mod arguments;
mod description;
mod document;
mod error;
mod input;
mod operation;
mod output;
mod schemas;

pub use arguments::Documented;
pub use description::Description;
pub use document::OpenApi;
pub use input::OperationInput;
pub use operation::{Operation, operation};
pub use output::OperationOutput;

pub(super) use document::Handle;
pub(super) use operation::Described;

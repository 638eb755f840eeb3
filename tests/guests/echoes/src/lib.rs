//! Sends back what it gets: bodies, streams, header fields, variables.
//! Deliberately knows nothing about limits: those are the host's.

#![expect(clippy::unused_async, reason = "handlers are async, also those that never wait")]

mod bodies;
mod errors;
mod layers;
mod sandbox;
mod web;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use mikros_sdk::http::{FromHead, Head, Rejection};
use mikros_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use self::web::Web;

struct Echoes {
    /// How many requests have reached a handler.
    seen: Cell<u64>,
    /// How often somebody asked for the next piece of a stream.
    permits: Rc<Cell<u64>>,
    /// How many bytes were written into a body, or read from one.
    moved: Rc<Cell<u64>>,
    /// How many waiting calls were dropped.
    dropped: Rc<Cell<u64>>,
    web: Web,
}

impl Service for Echoes {
    async fn on_start() -> Result<Self> {
        Ok(Self {
            seen: Cell::default(),
            permits: Rc::default(),
            moved: Rc::default(),
            dropped: Rc::default(),
            web: Web::of_settings()?,
        })
    }
}

impl Http for Echoes {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/seen", Self::seen)
            .get("/permit", Self::permit)
            .get("/moved", Self::moved)
            .get("/dropped", Self::dropped)
            .any("/head", head)
            .any("/reply", bodies::reply)
            .get("/id", id)
            .get("/caller", caller)
            .get("/task", task)
            .post("/typed/{id}", typed)
            .post("/echo", bodies::echo)
            .post("/flow", bodies::flow)
            .post("/measure", bodies::measure)
            .post("/keep", bodies::keep)
            .post("/hold", bodies::hold)
            .post("/ignore", bodies::ignore)
            .get("/produce/{pieces}", bodies::produce)
            .get("/whole/{pieces}", bodies::whole)
            .get("/events", bodies::events)
            .get("/breaks", bodies::breaks)
            .any("/wait", bodies::wait)
            .get("/error", errors::full)
            .get("/error/of/{kind}", errors::of_kind)
            .get("/error/refined", errors::refined)
            .get("/secret-error", errors::secret)
            .get("/variables", sandbox::variables)
            .nest("/web", Web::routes().with_part(|echoes: &'static Self| &echoes.web))
            .nest("/layers", layers::routes())
            .fallback(missing)
    }
}

impl Echoes {
    async fn seen(&self) -> String {
        self.seen.get().to_string()
    }

    /// Lets every stream that waits send one more piece.
    async fn permit(&self) {
        self.permits.set(self.permits.get() + 1);
    }

    async fn moved(&self) -> String {
        self.moved.get().to_string()
    }

    async fn dropped(&self) -> String {
        self.dropped.get().to_string()
    }
}

/// An argument of handlers whose calls are counted.
struct Counted;

impl FromHead<Echoes> for Counted {
    async fn from_head(_head: &Head, service: &'static Echoes) -> Result<Self, Rejection> {
        service.seen.set(service.seen.get() + 1);
        Ok(Self)
    }
}

#[derive(Serialize)]
struct Seen {
    method: String,
    path: String,
    query: Option<String>,
    /// In the order in which the host handed them over.
    fields: Vec<(String, String)>,
}

/// The head of the request as the guest sees it.
async fn head(_counted: Counted, request: Request) -> Json<Seen> {
    let head = request.head();
    let fields = head.headers().iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Json(Seen {
        method: head.method().to_string(),
        path: head.path().to_owned(),
        query: head.query().map(str::to_owned),
        fields: fields.collect(),
    })
}

async fn id(_counted: Counted) -> String {
    log::info!("a request has an id");
    mikros_sdk::request_id().unwrap_or_default()
}

#[derive(Serialize)]
struct Known {
    subject: String,
    scheme: String,
    claims: Claims,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    role: Option<String>,
}

/// Who asks; `null` when nobody has found out.
async fn caller(_counted: Counted) -> Result<Json<Option<Known>>> {
    log::info!("somebody asks who it is");
    let Some(caller) = mikros_sdk::caller() else { return Ok(Json(None)) };
    let (subject, scheme) = (caller.subject().to_owned(), caller.scheme().to_owned());
    Ok(Json(Some(Known { subject, scheme, claims: caller.claims()? })))
}

/// Leaves something to do behind.
async fn task(_counted: Counted) {
    mikros_sdk::spawn(async {
        mikros_sdk::sleep(Duration::from_millis(20)).await;
        log::info!("a task is done", id = mikros_sdk::request_id());
    });
}

#[derive(Deserialize)]
struct Page {
    limit: u32,
}

#[derive(Deserialize)]
struct Tenant {
    #[serde(rename = "x-tenant")]
    tenant: u8,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    amount: u8,
}

/// Takes something from every part of a request.
async fn typed(
    Path(id): Path<u64>,
    Query(page): Query<Page>,
    Headers(tenant): Headers<Tenant>,
    Json(item): Json<Item>,
) -> String {
    format!("{id} {} {} {} {}", page.limit, tenant.tenant, item.name, item.amount)
}

async fn missing(_counted: Counted) -> StatusCode {
    StatusCode::NOT_FOUND
}

mikros_sdk::export!(Echoes: http);

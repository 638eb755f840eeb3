//! Errors that a service defines.

use std::error::Error;

use expect_test::expect;
use mikros_sdk::prelude::*;
use mikros_sdk::{ErrorKind, testing};

use crate::{run, show};

struct Links;

impl Service for Links {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

#[derive(Debug, mikros_sdk::ServiceError)]
enum LinkError {
    #[service_error(kind = not_found, message = "there is no link `{id}` {{}}")]
    Missing { id: String },
    #[service_error(kind = precondition_failed, message = "`{0}` is taken, {1:?} times", code = 7)]
    Taken(String, Option<u8>),
    #[service_error(kind = invalid_arguments, message = "the port must be a number")]
    Port(#[from] std::num::ParseIntError),
    #[service_error(kind = internal, message = "cannot store {id}")]
    Storage {
        id: u8,
        #[source]
        error: std::io::Error,
    },
    #[service_error(kind = internal)]
    Io(#[from] std::io::Error),
    #[service_error(transparent)]
    Other(#[from] ServiceError),
    #[service_error(transparent)]
    Name(#[from] NameError),
}

#[derive(Debug, mikros_sdk::ServiceError)]
#[service_error(kind = permission_denied, message = "{0} is not a name for you")]
struct NameError(&'static str);

fn fails(how: &str) -> Result<(), LinkError> {
    match how {
        "missing" => Err(LinkError::Missing { id: "a".to_owned() }),
        "taken" => Err(LinkError::Taken("b".to_owned(), None)),
        "port" => {
            "x".parse::<u16>()?;
            Ok(())
        }
        "storage" => Err(LinkError::Storage { id: 3, error: std::io::Error::other("no disk") }),
        "io" => Err(std::io::Error::other("no disk"))?,
        "other" => Err(ServiceError::custom("odd"))?,
        _ => Err(NameError("root"))?,
    }
}

/// In a function that returns the SDK's `Result`.
fn converted(how: &str) -> Result<()> {
    Ok(fails(how)?)
}

impl Http for Links {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/own/{how}", async |Path(how): Path<String>| fails(&how))
            .get("/converted/{how}", async |Path(how): Path<String>| converted(&how))
    }
}

#[test]
fn each_variant_is_the_kind_that_it_says() {
    let shown = run(async {
        let links = testing::http::<Links>().await?;
        let mut answers = Vec::new();
        for how in ["missing", "taken", "port", "storage", "io", "other", "name"] {
            let own = show(links.get(&format!("/own/{how}")).send().await).await?;
            let converted = show(links.get(&format!("/converted/{how}")).send().await).await?;
            assert_eq!(own, converted);
            answers.push(own.replace(",\"service_name\":\"test\"", ""));
        }
        Ok(answers.join("\n"))
    });

    expect![[r#"
        404 application/json: {"kind":"NotFoundError","message":"there is no link `a` {}","code":0}
        412 application/json: {"kind":"ConditionError","message":"`b` is taken, None times","code":7}
        400 application/json: {"kind":"ValidationError","message":"the port must be a number","cause":"invalid digit found in string","code":0}
        500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"cannot store 3: no disk","code":0}
        500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"no disk","code":0}
        500 application/json: {"kind":"CustomError","message":"odd","code":0}
        403 application/json: {"kind":"PermissionError","message":"root is not a name for you","code":0}"#]].assert_eq(&shown);
}

/// An error as libraries define them.
#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("cannot ask the store")]
    Refused(#[from] ServiceError),
    #[error("the store is broken")]
    Broken,
}

#[test]
fn a_service_error_is_the_source_of_standard_errors_and_keeps_its_kind() {
    let refused = || -> Result<(), StoreError> { Err(ServiceError::not_found("no such shelf"))? };
    let outer = || -> Result<()> { Ok(refused()?) };
    let broken = || -> Result<()> { Err(StoreError::Broken)? };

    let error = refused().expect_err("it is refused");
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no such shelf"));
    let error = outer().expect_err("it is refused");
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "no such shelf"));
    assert_eq!(broken().expect_err("it is broken").kind(), ErrorKind::Internal);
}

#[test]
fn a_service_error_fits_where_any_error_does() {
    let boxed: Box<dyn Error + Send + Sync> = ServiceError::custom("odd").with_cause("why").into();

    assert_eq!(boxed.to_string(), "odd (why)");
}

#[cfg(feature = "openapi")]
mod documented {
    //! What the document of the routes says about such errors.

    use mikros_sdk::http::openapi::operation;
    use serde_json::{Value, json};

    use super::*;

    /// Of which the SDK knows a conversion only.
    struct Foreign;

    impl From<Foreign> for ServiceError {
        fn from(_foreign: Foreign) -> Self {
            Self::cancelled("it is over")
        }
    }

    #[derive(mikros_sdk::ServiceError)]
    enum OrderError<T>
    where
        ServiceError: From<T>,
    {
        #[service_error(kind = resource_exhausted, message = "too many")]
        TooMany,
        #[service_error(kind = invalid_arguments, message = "they do not fit", status = 422)]
        Unfit,
        #[service_error(kind = data_loss, message = "gone")]
        Gone,
        #[service_error(transparent)]
        Name(NameError),
        #[service_error(transparent)]
        Foreign(Foreign),
        #[service_error(transparent)]
        Any(T),
    }

    async fn order(Path(how): Path<String>) -> Result<Json<u8>, OrderError<ServiceError>> {
        Err(match &*how {
            "many" => OrderError::TooMany,
            "unfit" => OrderError::Unfit,
            "gone" => OrderError::Gone,
            "foreign" => OrderError::Foreign(Foreign),
            "any" => OrderError::Any(ServiceError::custom("odd")),
            _ => OrderError::Name(NameError("root")),
        })
    }

    struct Orders;

    impl Service for Orders {
        async fn on_start() -> Result<Self> {
            Ok(Self)
        }
    }

    impl Http for Orders {
        fn routes() -> Router<Self> {
            Router::new().get("/{how}", operation(order)).openapi("/openapi.json")
        }
    }

    #[test]
    fn the_document_has_the_statuses_of_all_variants() {
        let (document, statuses) = run(async {
            let orders = testing::http::<Orders>().await?;
            let mut statuses = Vec::new();
            for how in ["many", "unfit", "gone", "name"] {
                statuses.push(orders.get(&format!("/{how}")).send().await.status());
            }
            Ok((orders.get("/openapi.json").send().await.json::<Value>().await?, statuses))
        });

        let responses = &document["paths"]["/{how}"]["get"]["responses"];
        let known: Vec<_> = responses.as_object().expect("an object").keys().collect();
        assert_eq!(known, ["200", "400", "429", "422", "500", "403", "default"]);
        for status in statuses {
            let response = responses[status.as_str()]["$ref"].as_str().expect("it is shared");
            let response = &document.pointer(&response[1..]).expect("it is there");
            let schema = &response["content"]["application/json"]["schema"];
            assert_eq!(schema, &json!({"$ref": "#/components/schemas/ServiceError"}));
        }
        let error = &document["components"]["schemas"]["ServiceError"]["properties"];
        let violation = &error["field_violations"]["items"]["properties"];
        assert_eq!(
            violation,
            &json!({"field": {"type": "string"}, "description": {"type": "string"}})
        );
    }
}

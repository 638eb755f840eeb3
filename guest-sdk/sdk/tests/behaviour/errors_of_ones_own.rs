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

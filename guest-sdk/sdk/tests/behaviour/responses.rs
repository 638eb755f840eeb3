//! What handlers may return.

use expect_test::expect;
use mikros_sdk::http::{HeaderMap, HeaderValue, header};
use mikros_sdk::prelude::*;
use mikros_sdk::testing;

use crate::{run, show};

struct Probe;

/// An error of the service that is a response of its own.
#[derive(Debug)]
enum LinkError {
    Taken(u8),
    Storage(ServiceError),
}

impl IntoResponse for LinkError {
    fn into_response(self) -> Response {
        match self {
            Self::Taken(id) => (StatusCode::CONFLICT, format!("{id} is taken")).into_response(),
            Self::Storage(error) => error.into_response(),
        }
    }
}

async fn own_error(Path(id): Path<u8>) -> Result<(), LinkError> {
    Err(if id == 0 {
        LinkError::Storage(ServiceError::internal("disk"))
    } else {
        LinkError::Taken(id)
    })
}

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        Router::new()
            .get("/str", async || "text")
            .get("/string", async || "text".to_owned())
            .get("/bytes", async || b"bytes".to_vec())
            .get("/unit", async || ())
            .get("/status", async || StatusCode::IM_A_TEAPOT)
            .get("/pair", async || (StatusCode::CREATED, "made"))
            .get("/json", async || Json(vec![1, 2]))
            .get("/not-json", async || Json(std::collections::BTreeMap::from([((1, 2), 3)])))
            .get("/error", async || -> Result<String> { Ok("x".parse::<u8>()?.to_string()) })
            .get("/created-error", async || {
                (
                    StatusCode::CREATED,
                    [("location", "/x")],
                    Err::<(), _>(ServiceError::not_found("x")),
                )
            })
            .get("/own-error/{id}", own_error)
            .get("/triple", async || {
                let fields =
                    [("Content-Type", "text/html"), ("set-cookie", "a=1"), ("set-cookie", "b=2")];
                (StatusCode::OK, fields, "<p>")
            })
            .get("/map", async || {
                let mut map = HeaderMap::new();
                map.insert(header::LOCATION, HeaderValue::from_static("/x"));
                (StatusCode::FOUND, map, ())
            })
            .get("/injected", async || {
                Response::new(StatusCode::OK).with_header("x-name", "a\r\nset-cookie: b")
            })
            .get("/bad-name", async || Response::new(StatusCode::OK).with_header("x y", "a"))
    }
}

#[track_caller]
fn answers(target: &str, expected: &expect_test::Expect) {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        show(probe.get(target).send().await).await
    });
    expected.assert_eq(&shown);
}

#[test]
fn every_type_has_its_content_type_and_status() {
    answers("/str", &expect!["200 text/plain; charset=utf-8: text"]);
    answers("/string", &expect!["200 text/plain; charset=utf-8: text"]);
    answers("/bytes", &expect!["200 application/octet-stream: bytes"]);
    answers("/unit", &expect!["204 no content type: "]);
    answers("/status", &expect!["418 no content type: "]);
    answers("/pair", &expect!["201 text/plain; charset=utf-8: made"]);
    answers("/json", &expect!["200 application/json: [1,2]"]);
}

#[test]
fn errors_are_json() {
    answers(
        "/error",
        &expect![[
            r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"invalid digit found in string","code":0,"service_name":"test"}"#
        ]],
    );
    answers(
        "/not-json",
        &expect![[
            r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"key must be a string","code":0,"service_name":"test"}"#
        ]],
    );
}

#[test]
fn a_status_is_not_that_of_what_failed() {
    let expected = expect![[
        r#"404 application/json: {"kind":"NotFoundError","message":"x","code":0,"service_name":"test"}"#
    ]];
    answers("/created-error", &expected);
}

#[test]
fn an_error_of_ones_own_is_a_response_of_ones_own() {
    answers("/own-error/3", &expect!["409 text/plain; charset=utf-8: 3 is taken"]);
    answers(
        "/own-error/0",
        &expect![[
            r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"disk","code":0,"service_name":"test"}"#
        ]],
    );
}

#[test]
fn header_fields_replace_those_of_the_body_and_may_be_repeated() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let reply = probe.get("/triple").send().await;

        let cookies: Vec<_> = reply.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        let types: Vec<_> = reply.headers().get_all("content-type").iter().collect();
        assert_eq!(types, ["text/html"]);
        Ok(())
    });
}

#[test]
fn a_header_map_is_a_set_of_header_fields() {
    run(async {
        let probe = testing::http::<Probe>().await?;

        let reply = probe.get("/map").send().await;

        assert_eq!((reply.status(), reply.header("location")), (StatusCode::FOUND, Some("/x")));
        Ok(())
    });
}

#[test]
fn a_header_field_cannot_smuggle_another() {
    answers(
        "/injected",
        &expect![[
            r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"the response's header field `x-name` has a name or a value that HTTP does not allow","code":0,"service_name":"test"}"#
        ]],
    );
    answers(
        "/bad-name",
        &expect![[
            r#"500 application/json: {"kind":"InternalError","message":"got an internal error","cause":"the response's header field `x y` has a name or a value that HTTP does not allow","code":0,"service_name":"test"}"#
        ]],
    );
}

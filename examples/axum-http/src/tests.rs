//! Tests as they are written for axum, inside of a context that stands in for the host.

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use http_body_util::BodyExt as _;
use mikros_sdk::testing::{Context, json};
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;

/// Sends requests, one after another, and returns the last response.
fn send(requests: Vec<Request<Body>>) -> Response {
    let context = Context::new().settings(json!({"patience": 2}));
    context.run(async {
        let app = app(&mikros_sdk::settings().unwrap());
        let mut last = None;
        for request in requests {
            last = Some(app.clone().oneshot(request).await.unwrap());
        }
        last.unwrap()
    })
}

fn text(response: Response) -> String {
    let body = Context::new().run(response.into_body().collect()).unwrap();
    String::from_utf8(body.to_bytes().into()).unwrap()
}

fn get(target: &str) -> Request<Body> {
    Request::get(target).body(Body::empty()).unwrap()
}

fn post(target: &str, kind: &str, body: &str) -> Request<Body> {
    let request = Request::post(target).header("content-type", kind);
    request.body(Body::from(body.to_owned())).unwrap()
}

#[test]
fn notes_are_added_and_found() {
    let note = post("/notes", "application/json", r#"{"text": "milk"}"#);
    let found = send(vec![note, get("/notes/1")]);

    assert_eq!(text(found), r#"{"text":"milk"}"#);
}

#[test]
fn a_note_that_is_not_there_is_told_as_json() {
    let missing = send(vec![get("/notes/1")]);

    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let error: Value = serde_json::from_str(&text(missing)).unwrap();
    assert_eq!(error["message"], "there is no note 1");
}

#[test]
fn files_are_measured() {
    let form = "--x\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n12345\r\n--x--\r\n";
    let sizes = send(vec![post("/files", "multipart/form-data; boundary=x", form)]);

    assert_eq!(text(sizes), r#"[{"name":"a.txt","bytes":5}]"#);
}

#[test]
fn visits_are_counted_in_a_cookie() {
    let mut request = get("/visits");
    request.headers_mut().insert("cookie", HeaderValue::from_static("visits=6"));
    let response = send(vec![request]);

    assert_eq!(response.headers()["set-cookie"], "visits=7; HttpOnly; Path=/");
    assert_eq!(text(response), "visit 7");
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    assert_eq!(send(vec![get("/wait/1")]).status(), StatusCode::OK);
    assert_eq!(send(vec![get("/wait/3")]).status(), StatusCode::REQUEST_TIMEOUT);
}

#[test]
fn the_document_has_every_path() {
    let document: Value = serde_json::from_str(&text(send(vec![get("/openapi.json")]))).unwrap();

    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/files", "/notes", "/notes/{number}", "/visits", "/wait/{seconds}"]);
}

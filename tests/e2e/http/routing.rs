//! Which request reaches which handler, and what the handler sees of it.
//! Does not know bodies.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::http::{self, Client};
use crate::support::{Host, Service, guests, http2};

fn echoes() -> Service {
    Service::new(guests::ECHOES, "http:0")
}

#[test]
fn an_unknown_path_and_a_wrong_method_are_told_apart() {
    let service =
        Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hello'");
    let host = Host::start(&service);

    let unknown = http::get(host.port(), "/nowhere");
    let wrong = http::request(host.port(), "DELETE", "/sum", "", b"");

    assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("application/json")));
    expect![[r#"{"kind":"NotFoundError","message":"no route for `GET /nowhere`","code":0,"service_name":"probe"}"#]]
        .assert_eq(unknown.text());
    assert_eq!((wrong.status, wrong.header("content-type")), (405, Some("application/json")));
    assert_eq!(wrong.header("allow"), Some("POST, OPTIONS"));
    expect![[r#"{"kind":"ValidationError","message":"`/sum` does not answer `DELETE`, expected one of POST, OPTIONS","code":0,"service_name":"probe"}"#]]
        .assert_eq(wrong.text());
    host.stop();
}

#[test]
fn head_is_get_without_the_body() {
    let host = Host::start(&echoes());
    let mut client = Client::connect(host.port());

    client.request("HEAD", "/seen", "", b"");
    let whole = client.head();
    client.request("HEAD", "/produce/3", "", b"");
    let streamed = client.head();
    client.get("/seen");

    assert_eq!((whole.status, whole.header("content-length")), (200, Some("1")));
    assert_eq!(streamed.status, 200);
    assert_eq!(client.response().text(), "0");
    host.stop();
}

#[test]
fn options_lists_the_methods() {
    let host = Host::start(&echoes());

    let answer = http::request(host.port(), "OPTIONS", "/echo", "", b"");

    assert_eq!((answer.status, answer.header("allow")), (204, Some("POST, OPTIONS")));
    host.stop();
}

#[test]
fn the_base_path_is_in_front_of_every_route() {
    let host = Host::start(&echoes().tables("[services.http]\nbase_path = '/api/v1'"));
    let see = |path: &str| {
        let answer = http::get(host.port(), path);
        let seen: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status, seen["path"].as_str().unwrap_or_default().to_owned())
    };

    let inside = see("/api/v1/head");
    let encoded = see("/%61pi/v1/head");
    let outside = ["/head", "/api/v1x/head", "/api", "/api/v1"].map(|path| see(path).0);

    assert_eq!(inside, (200, "/head".to_owned()));
    assert_eq!(encoded, inside);
    assert_eq!(outside, [404; 4]);
    // Of those only the last one is the service's.
    assert_eq!(http::get(host.port(), "/api/v1/seen").text(), "3");
    let answer = http::get(host.port(), "/head");
    expect![[r#"{"kind":"NotFoundError","message":"not found","code":0,"service_name":"probe"}"#]]
        .assert_eq(answer.text());
    host.stop();
}

#[test]
fn a_handler_sees_the_request_as_it_was_sent() {
    let host = Host::start(&echoes());
    let mut client = Client::connect(host.port());

    client.send(
        "PATCH /head?q=%20a&q=b HTTP/1.1\r\nHost: example.org:81\r\nX-One: 1\r\nx-one:  2 \r\n\
         Connection: keep-alive, x-private\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n\
         Upgrade: h2c\r\nProxy-Connection: keep-alive\r\nX-Empty:\r\nX-Bytes: \u{e4}\r\n\r\n",
    );

    expect![[r#"
        {
          "method": "PATCH",
          "path": "/head",
          "query": "q=%20a&q=b",
          "fields": [
            [
              "host",
              "example.org:81"
            ],
            [
              "x-one",
              "1"
            ],
            [
              "x-one",
              "2"
            ],
            [
              "x-empty",
              ""
            ],
            [
              "x-bytes",
              "ä"
            ]
          ]
        }"#]]
    .assert_eq(&pretty(&client.response().body));
    host.stop();
}

#[test]
fn the_authority_of_http_2_is_the_host_field() {
    let host = Host::start(&echoes());

    let answer = http2::Client::connect(host.port()).get("/head");

    let seen: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    assert_eq!(seen["fields"], json!([["host", "localhost"]]));
    host.stop();
}

#[test]
fn cookies_that_were_split_are_one_field() {
    let host = Host::start(&echoes());
    let cookies = |answer: &http::Response| {
        let seen: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
        let fields = seen["fields"].as_array().expect("fields are a list").clone();
        fields.into_iter().filter(|field| field[0] == "cookie").collect::<Vec<_>>()
    };

    let old = "cookie: theme=dark\r\naccept: a\r\ncookie: session=abc123\r\n";
    let old = http::request(host.port(), "GET", "/head", old, b"");
    let new = ::http::Request::get("http://localhost/head")
        .header("cookie", "theme=dark")
        .header("cookie", "session=abc123");
    let new = new.body(http_body_util::Full::default()).expect("the request is valid");
    let new = http2::Client::connect(host.port()).ask(new);

    for answer in [&old, &new] {
        assert_eq!(cookies(answer), [json!(["cookie", "theme=dark; session=abc123"])]);
    }
    host.stop();
}

fn pretty(json: &[u8]) -> String {
    let value: Value = serde_json::from_slice(json).expect("the answer is JSON");
    serde_json::to_string_pretty(&value).expect("a value can be written")
}

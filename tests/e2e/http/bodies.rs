//! Request bodies that arrive whole, and what handlers take from requests.
//! Does not know bodies that flow.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::http;
use crate::support::{Host, Service, guests};

fn echoes() -> Host {
    Host::start(&Service::new(guests::ECHOES, "http:0"))
}

#[test]
fn json_goes_in_and_out() {
    let service =
        Service::new(guests::HELLO_HTTP, "http:0").tables("[service]\ngreeting = 'hello'");
    let host = Host::start(&service);

    let headers = "content-type: application/json\r\n";
    let answer = http::request(host.port(), "POST", "/sum", headers, br#"{"numbers":[1,2,3.5]}"#);

    assert_eq!((answer.status, answer.text()), (200, r#"{"sum":6.5}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    host.stop();
}

#[test]
fn bytes_come_back_as_they_were() {
    let host = echoes();
    let every_byte: Vec<u8> = (0..=255).collect();

    for length in [0, 1, 256, 64 * 1024, 64 * 1024 + 1, 1024 * 1024] {
        let body: Vec<u8> = every_byte.iter().copied().cycle().take(length).collect();
        let answer = http::request(host.port(), "POST", "/echo", "", &body);
        assert_eq!(answer.status, 200);
        assert!(answer.body == body, "{length} bytes became {}", answer.body.len());
    }
    host.stop();
}

#[test]
fn a_good_request_is_taken_apart() {
    let host = echoes();

    let headers = "content-type: application/json\r\nx-tenant: 9\r\n";
    let body = br#"{"name":"tea","amount":3}"#;
    let answer = http::request(host.port(), "POST", "/typed/7?limit=10", headers, body);

    assert_eq!((answer.status, answer.text()), (200, "7 10 9 tea 3"));
    host.stop();
}

#[test]
fn everything_that_is_wrong_with_a_request_is_told_at_once() {
    let host = echoes();

    let headers = "content-type: application/json\r\nx-tenant: 300\r\n";
    let body = br#"{"name":5,"amount":-1}"#;
    let answer = http::request(host.port(), "POST", "/typed/seven?limit=few", headers, body);

    assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/json")));
    let json: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
    assert_eq!(json["kind"], json!("ValidationError"));
    let fields = json["field_violations"].as_array().expect("the fields are listed");
    let fields = fields.iter().map(|field| format!("{field}\n"));
    expect![[r#"
        {"field":"path.id","description":"expected a whole number from 0 to 18446744073709551615, found `seven`"}
        {"field":"query.limit","description":"expected a whole number from 0 to 4294967295, found `few`"}
        {"field":"header.x-tenant","description":"expected a whole number from 0 to 255, found `300`"}
        {"field":"name","description":"expected a string, found `5`"}
        {"field":"amount","description":"expected a whole number from 0 to 255, found `-1`"}
    "#]]
    .assert_eq(&fields.collect::<String>());
    host.stop();
}

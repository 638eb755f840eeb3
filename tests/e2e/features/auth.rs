//! `http_auth`: who gets through to a service, over HTTP and gRPC.
//! Does not know every way to forge a token: that is tested beside the code.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::grpc::{self, Request};
use crate::support::http::{self, Response};
use crate::support::probe::{CONTEXT, ContextReply, ECHO, EchoReply, Empty, echo};
use crate::support::{Command, Host, Line, Service, guests, http2};

const SECRET: &str = "a secret that only tests would ever use";

/// All three ways to be known.
const SETTINGS: &str = "
[log]
level = 'debug'
[features.http_auth]
enabled = true
public = ['GET /seen', '/probe.Probe/Echo']
[features.http_auth.jwt]
issuer = 'https://id.example'
audience = ['probe']
[[features.http_auth.jwt.keys]]
algorithm = 'HS256'
secret = 'TOKEN_SECRET@env'
[[features.http_auth.api_keys]]
name = 'billing'
key = 'the key of billing'
[[features.http_auth.basic]]
name = 'bob'
password = 'correct horse'
";

fn host(service: &Service) -> Host {
    let command = Host::command(service).env("TOKEN_SECRET", SECRET);
    Host::running(service, command)
}

fn echoes() -> Host {
    host(&Service::new(guests::ECHOES, "http:0").tables(SETTINGS))
}

/// Now and some seconds.
fn now(offset: i64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    now.as_secs().checked_add_signed(offset).expect("tests move little")
}

/// A token of `ann` that expires after some seconds.
fn token(expires: i64, secret: &str) -> String {
    let claims = json!({
        "sub": "ann", "role": "editor", "iss": "https://id.example", "aud": "probe",
        "exp": now(expires),
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).expect("the key fits the algorithm")
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

fn get(host: &Host, path: &str, headers: &str) -> Response {
    http::request(host.port(), "GET", path, headers, b"")
}

/// What the service says who has called.
fn caller(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{response:?}");
    serde_json::from_slice(&response.body).expect("the service answers JSON")
}

#[track_caller]
fn is_refused(response: &Response, message: &str) {
    assert_eq!(response.status, 401, "{response:?}");
    let problem: Value = serde_json::from_slice(&response.body).expect("problems are JSON");
    assert_eq!(problem["kind"], "UnauthenticatedError");
    assert_eq!(problem["message"], message);
}

#[test]
fn the_service_knows_its_caller() {
    let host = echoes();
    for (headers, expected) in [
        (
            bearer(&token(60, SECRET)),
            json!({ "subject": "ann", "scheme": "jwt", "claims": { "role": "editor" } }),
        ),
        (
            "x-api-key: the key of billing\r\n".to_owned(),
            json!({ "subject": "billing", "scheme": "api_key", "claims": { "role": null } }),
        ),
        (
            // `bob:correct horse`
            "authorization: Basic Ym9iOmNvcnJlY3QgaG9yc2U=\r\n".to_owned(),
            json!({ "subject": "bob", "scheme": "basic", "claims": { "role": null } }),
        ),
    ] {
        assert_eq!(caller(&get(&host, "/caller", &headers)), expected);
    }
    // Lines of the service and of the host say it too.
    assert_eq!(host.wait_for("somebody asks who it is").text("auth.subject"), "ann");
    assert_eq!(host.wait_for("request-answered").text("auth.subject"), "ann");
    host.stop();
}

#[test]
fn whom_nobody_knows_does_not_reach_the_service() {
    let host = echoes();
    let expired = bearer(&token(-120, SECRET));
    let forged = bearer(&token(60, "a secret that somebody has guessed wrong"));
    let unsigned = "authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.\r\n";
    for (headers, message) in [
        ("", "authentication is required"),
        (&*expired, "the token has expired"),
        (&*forged, "the token is not valid"),
        (unsigned, "the token is not valid"),
        ("authorization: Bearer x\r\n", "the token is not valid"),
        ("authorization: Bearer\r\n", "the credentials are malformed"),
        ("authorization: Basic Ym9iOndyb25n\r\n", "the credentials are not valid"),
        ("x-api-key: the key of nobody\r\n", "the credentials are not valid"),
    ] {
        for path in ["/caller", "/id", "/nowhere", "/"] {
            is_refused(&get(&host, path, headers), message);
        }
    }
    let response = get(&host, "/caller", &expired);
    let challenges: Vec<_> = response
        .headers
        .iter()
        .filter_map(|(name, value)| (name == "www-authenticate").then_some(&**value))
        .collect();
    let bearer = "Bearer realm=\"probe\", error=\"invalid_token\", \
                  error_description=\"the token has expired\"";
    let basic = "Basic realm=\"probe\", charset=\"UTF-8\"";
    assert_eq!(challenges, [bearer, basic, "ApiKey realm=\"probe\""]);
    // Public, and no handler before it was reached.
    assert_eq!(get(&host, "/seen", "").text(), "0");
    assert_eq!(host.wait_for("request-answered").text("auth.failure"), "missing");
    host.stop();
}

#[test]
fn only_what_is_listed_is_public() {
    let host = echoes();
    for path in [
        "/seen/",
        "//seen",
        "/./seen",
        "/x/../seen",
        "/Seen",
        "/s%65en",
        "/seen%2f",
        "/seen;x",
        "/seen%00",
    ] {
        let response = get(&host, path, "");
        assert!([400, 401].contains(&response.status), "{path}: {response:?}");
    }
    is_refused(&http::request(host.port(), "POST", "/seen", "", b""), "authentication is required");
    is_refused(&http2::Client::connect(host.port()).get("/id"), "authentication is required");
    assert_eq!(get(&host, "/seen?page=1", "").status, 200);
    assert_eq!(http2::Client::connect(host.port()).get("/seen").status, 200);
    // A credential is looked at where none is needed, and the host's own answers need none.
    is_refused(&get(&host, "/seen", "x-api-key: wrong\r\n"), "the credentials are not valid");
    assert_eq!(get(&host, "/health", "").status, 200);
    host.stop();
}

/// The port of kind `grpc`.
fn grpc_port(host: &Host) -> u16 {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

#[test]
fn rpcs_need_a_caller_too() {
    const UNAUTHENTICATED: u32 = 16;
    let host = host(&Service::new(guests::STREAMS, "grpc:0").tables(SETTINGS));
    let mut client = grpc::Client::connect(grpc_port(&host));
    let context =
        |name: &str, value: &str| Request::new(CONTEXT).metadata(name, value).message(&Empty {});

    let good = client.call(context("authorization", &format!("Bearer {}", token(60, SECRET))));
    let key = client.call(context("x-api-key", "the key of billing"));
    let missing = client.unary(CONTEXT, &Empty {});
    let expired = client.call(context("authorization", &format!("Bearer {}", token(-120, SECRET))));
    let public = client.unary(ECHO, &echo(b"public"));
    let unknown = client.unary("/probe.Probe/Nothing", &Empty {});

    assert_eq!(good.reply::<ContextReply>().method, CONTEXT);
    assert_eq!(key.code(), 0);
    assert_eq!(missing.code(), UNAUTHENTICATED);
    assert!(missing.message().contains("authentication is required"), "{missing:?}");
    assert_eq!(expired.code(), UNAUTHENTICATED);
    assert!(expired.message().contains("the token has expired"), "{expired:?}");
    let challenge = expired.trailer("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer realm=\"probe\", error=\"invalid_token\""),
        "{expired:?}"
    );
    assert_eq!(public.reply::<EchoReply>().data, b"public");
    assert_eq!(unknown.code(), UNAUTHENTICATED);
    let line = host.wait_for("rpc-answered");
    assert_eq!((line.msg(), line.text("auth.subject")), ("RPC answered", "ann"));
    host.stop();
}

/// A set with the public half of one of the keys of Ed25519.
fn key_set(number: u8) -> String {
    let key = Jwk::from_encoding_key(&edwards(number), Algorithm::EdDSA).expect("it is a key");
    json!({ "keys": [key] }).to_string()
}

fn edwards(number: u8) -> EncodingKey {
    let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    EncodingKey::from_ed_der(&[prefix.as_slice(), &[number; 32]].concat())
}

#[test]
fn keys_are_exchanged_while_the_service_runs() {
    let service = Service::new(guests::ECHOES, "http:0").tables(
        "[features.http_auth]\nenabled = true\n[features.http_auth.jwt]\n\
         jwks_file = 'keys.json'\njwks_refresh = '1s'",
    );
    service.write("keys.json", key_set(1));
    let host = host(&service);
    let ask = |number| {
        let claims = json!({ "sub": "ann", "exp": now(60) });
        let header = Header::new(Algorithm::EdDSA);
        let token = encode(&header, &claims, &edwards(number)).expect("it is a key");
        get(&host, "/id", &bearer(&token)).status
    };
    assert_eq!([ask(1), ask(2)], [200, 401]);

    service.replace("keys.json", "{ no keys }");
    let warning = host.wait_for("keys-reload-failed");
    let message = "keys for tokens cannot be read again, keeping those from before";
    assert_eq!(warning.msg(), message);
    assert!(warning.text("error.message").contains("JSON Web Key Set"), "{warning:?}");
    assert_eq!([ask(1), ask(2)], [200, 401]);

    service.replace("keys.json", key_set(2));
    host.wait_for("keys-reloaded");
    assert_eq!([ask(1), ask(2)], [401, 200]);
    host.stop();
}

#[test]
fn settings_that_protect_nothing_are_problems_with_a_place() {
    let service = Service::new(guests::ECHOES, "http:0").tables(
        "[features.http_auth]\nenabled = true\npublic = ['docs']\n[features.http_auth.jwt]\n\
         jwks_file = 'no.json'\nalgorithms = ['none']",
    );
    let wrong_type = Command::new(["check".as_ref(), service.path().as_os_str()]).run();
    service.edit("['none']", "['RS256']");
    service.edit("['docs']", "['/docs']");
    let wrong_value = Command::new(["check".as_ref(), service.path().as_os_str()]).run();

    let outline = wrong_type.outline();
    assert!(outline.contains("features.http_auth.jwt.algorithms[0]"), "{outline}");
    assert!(outline.contains("`features.http_auth.public[0]` must be a path"), "{outline}");
    let outline = wrong_value.outline();
    let part = "`features.http_auth.jwt.jwks_file` cannot be read: No such file or directory";
    assert!(outline.contains(part), "{outline}");
    let text = std::fs::read_to_string(service.path()).expect("it was written");
    let line =
        text.lines().position(|line| line.starts_with("jwks_file")).expect("it is there") + 1;
    assert!(outline.contains(&format!("service.toml:{line}:")), "{outline}");
}

#[test]
fn a_key_that_cannot_be_used_is_a_warning_with_a_place_and_the_others_count() {
    let service = Service::new(guests::ECHOES, "http:0").tables(
        "[features.http_auth]\nenabled = true\n[features.http_auth.jwt]\n\
         jwks_file = 'keys.json'\njwks_refresh = '1h'",
    );
    let mut set: Value = serde_json::from_str(&key_set(1)).expect("it is JSON");
    let keys = set["keys"].as_array_mut().expect("it has keys");
    keys.insert(0, json!({ "kty": "RSA", "kid": "old", "n": "AQAB", "e": "AQAB" }));
    service.replace("keys.json", format!("\u{feff}{set}"));
    let said = "`features.http_auth.jwt.jwks_file` holds a key that cannot be used, number 1 \
                (`kid` `old`): its modulus `n` has 17 bits, not 2048 to 4096";

    let checked = Command::new(["check".as_ref(), service.path().as_os_str()]).run();
    let host = host(&service);

    let outline = checked.outline();
    assert_eq!(checked.status, 0, "{outline}");
    assert!(outline.contains(&format!("warning: {said}")), "{outline}");
    let token = encode(
        &Header::new(Algorithm::EdDSA),
        &json!({ "sub": "ann", "exp": now(60) }),
        &edwards(1),
    );
    let token = token.expect("it is a key");
    assert_eq!(get(&host, "/id", &bearer(&token)).status, 200);
    let stopped = host.stop();
    let warned = stopped.log.iter().filter(|line| line.msg().contains(said)).count();
    assert_eq!(warned, 1, "{}", stopped.outline());
}

#[test]
fn a_disabled_feature_protects_nothing_and_says_so_nowhere() {
    let service = Service::new(guests::ECHOES, "http:0")
        .tables(&SETTINGS.replace("enabled = true", "enabled = false"));
    let host = host(&service);

    let response = get(&host, "/caller", "x-api-key: the key of nobody\r\n");

    assert_eq!(caller(&response), Value::Null);
    host.stop();
}

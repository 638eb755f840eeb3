//! Tokens of those who have no key. None may pass, none may end the host.
//! Knows how tokens are put together better than an issuer should.

use jsonwebtoken::{Algorithm, Header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::guard::Guard;
use super::support::{
    SECRET, WITH_SECRET, ask_bearing, claims, elliptic, encoded, guard, hmac, now, rsa, signed,
    token, with_id,
};

const WITH_RSA: &str = "[[jwt.keys]]\nalgorithm = 'RS256'\npublic_key_file = 'rsa-public.pem'\n";

/// A token with any header, signed with [`SECRET`] when `signs`.
fn put_together(header: &Value, signs: bool) -> String {
    let head = encoded(header.to_string());
    let body = encoded(claims(json!({})).to_string());
    let message = format!("{head}.{body}");
    let signature = if signs {
        jsonwebtoken::crypto::sign(message.as_bytes(), &hmac(SECRET), Algorithm::HS256).unwrap()
    } else {
        String::new()
    };
    format!("{message}.{signature}")
}

#[test]
fn a_token_must_be_signed() {
    let guard = guard(WITH_SECRET);
    assert_eq!(
        ask_bearing(&guard, &put_together(&json!({ "alg": "HS256" }), true)).who(),
        Ok("ann")
    );
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "HS1"] {
        for signs in [true, false] {
            let token = put_together(&json!({ "alg": algorithm, "typ": "JWT" }), signs);

            assert_eq!(ask_bearing(&guard, &token).who(), Err("token_malformed"), "{algorithm}");
        }
    }
    let unsigned = put_together(&json!({ "alg": "HS256" }), false);
    assert_eq!(ask_bearing(&guard, &unsigned).who(), Err("token_signature"));
    for header in [json!({}), json!([]), json!(null), json!({ "alg": null }), json!({ "alg": 1 })] {
        let token = put_together(&header, true);
        assert_eq!(ask_bearing(&guard, &token).who(), Err("token_malformed"), "{header}");
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let guard = guard(WITH_RSA);
    let pem = include_str!("rsa-public.pem");
    let good = signed(&Header::new(Algorithm::RS256), &claims(json!({})), &rsa());
    assert_eq!(ask_bearing(&guard, &good).who(), Ok("ann"));
    for secret in [pem, pem.trim_end(), &pem.replace('\n', "")] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let forged = signed(&Header::new(algorithm), &claims(json!({})), &hmac(secret));

            assert_eq!(ask_bearing(&guard, &forged).who(), Err("token_algorithm"));
        }
    }
}

#[test]
fn a_key_is_only_for_its_own_algorithms() {
    let with_rsa = guard(WITH_RSA);
    for algorithm in [Algorithm::RS384, Algorithm::PS256, Algorithm::PS512] {
        let token = signed(&Header::new(algorithm), &claims(json!({})), &rsa());
        assert_eq!(ask_bearing(&with_rsa, &token).who(), Err("token_algorithm"));
    }
    let token = signed(&Header::new(Algorithm::ES256), &claims(json!({})), &elliptic(1));
    assert_eq!(ask_bearing(&with_rsa, &token).who(), Err("token_algorithm"));
    // With both sorts of keys, an algorithm still never gets the key of another.
    let both = guard(&format!("{WITH_RSA}{WITH_SECRET}"));
    let pem = include_str!("rsa-public.pem");
    let forged = signed(&Header::new(Algorithm::HS256), &claims(json!({})), &hmac(pem));
    assert_eq!(ask_bearing(&both, &forged).who(), Err("token_signature"));
}

#[test]
fn another_secret_signs_nothing() {
    let guard = guard(WITH_SECRET);
    let forged = |secret: &str| {
        let token = signed(&Header::new(Algorithm::HS256), &claims(json!({})), &hmac(secret));
        ask_bearing(&guard, &token).who().map(str::to_owned).map_err(str::to_owned)
    };

    assert_eq!(forged(&SECRET.to_uppercase()), Err("token_signature".to_owned()));
    assert_eq!(forged(""), Err("token_signature".to_owned()));
    assert_eq!(forged(SECRET), Ok("ann".to_owned()));
}

#[test]
fn nothing_can_be_changed_in_a_signed_token() {
    let guard = guard(WITH_SECRET);
    let token = token(json!({ "roles": "user" }));
    let parts: Vec<_> = token.split('.').collect();
    let other = encoded(claims(json!({ "sub": "root" })).to_string());
    let [head, body, signature] = parts[..] else { panic!("{token}") };
    // The good one is remembered before the others come.
    assert_eq!(ask_bearing(&guard, &token).who(), Ok("ann"));
    for forged in [
        format!("{head}.{other}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{head}..{signature}"),
        format!(".{body}.{signature}"),
        format!("{head}.{body}.{signature}."),
        format!("{head}.{body}.{signature}.{signature}"),
        format!("{head}.{body}.{signature}="),
        format!("{head}.{body} .{signature}"),
        format!("..{token}"),
        "..".to_owned(),
        ".".to_owned(),
    ] {
        assert!(ask_bearing(&guard, &forged).who().is_err(), "{forged}");
    }
}

#[test]
fn keys_in_a_token_are_not_believed() {
    let guard = guard(WITH_RSA);
    let key = super::support::public(&elliptic(9), Algorithm::ES256, json!({}));
    let header = Header {
        jwk: Some(serde_json::from_value(key).unwrap()),
        jku: Some("http://127.0.0.1:9/keys".to_owned()),
        x5u: Some("http://127.0.0.1:9/keys".to_owned()),
        ..Header::new(Algorithm::ES256)
    };

    let token = signed(&header, &claims(json!({})), &elliptic(9));

    assert_eq!(ask_bearing(&guard, &token).who(), Err("token_algorithm"));
}

#[test]
fn what_must_be_understood_is_not() {
    let guard = guard(WITH_SECRET);
    for critical in [json!(["b64"]), json!(["exp"]), json!([])] {
        let token = put_together(&json!({ "alg": "HS256", "crit": critical, "b64": true }), true);

        assert_eq!(ask_bearing(&guard, &token).who(), Err("token_malformed"));
    }
}

#[test]
fn a_claim_that_comes_twice_is_not_taken_at_all() {
    let guard = guard(WITH_SECRET);
    let head = encoded(json!({ "alg": "HS256" }).to_string());
    let body = encoded(format!(r#"{{"sub":"ann","exp":1,"exp":{}}}"#, now(60)));
    let message = format!("{head}.{body}");
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &hmac(SECRET), Algorithm::HS256).unwrap();

    let asked = ask_bearing(&guard, &format!("{message}.{signature}"));

    assert_eq!(asked.who(), Err("token_malformed"));
}

#[test]
fn an_endless_token_is_refused_before_anything_else() {
    let guard = guard(WITH_SECRET);
    // Four characters for three bytes.
    let long = token(json!({ "padding": "x".repeat(11 * 1024) }));
    let endless = token(json!({ "padding": "x".repeat(12 * 1024) }));
    assert!(long.len() < 16 * 1024 && endless.len() > 16 * 1024);

    assert_eq!(ask_bearing(&guard, &long).who(), Ok("ann"));
    assert_eq!(ask_bearing(&guard, &endless).who(), Err("token_too_long"));
}

#[test]
fn deep_nesting_is_no_way_to_the_end_of_the_stack() {
    let guard = guard(WITH_SECRET);
    let deep = encoded("[".repeat(5_000));

    assert_eq!(ask_bearing(&guard, &format!("{deep}.{deep}.x")).who(), Err("token_malformed"));
    let head = encoded(json!({ "alg": "HS256" }).to_string());
    assert!(ask_bearing(&guard, &format!("{head}.{deep}.x")).who().is_err());
}

#[test]
fn an_id_leads_to_one_key_and_no_other() {
    let key = |id: &str, secret: &str| {
        format!("[[jwt.keys]]\nid = '{id}'\nalgorithm = 'HS256'\nsecret = '{secret}'\n")
    };
    let (one, two) = ("1".repeat(32), "2".repeat(32));
    let guard = guard(&format!("{}{}", key("one", &one), key("two", &two)));
    let token = |header: &Header, secret: &str| {
        ask_bearing(&guard, &signed(header, &claims(json!({})), &hmac(secret)))
            .who()
            .map(str::to_owned)
            .map_err(str::to_owned)
    };
    let (header, ok) = (|id| with_id(Algorithm::HS256, id), Ok("ann".to_owned()));

    assert_eq!(token(&header("one"), &one), ok);
    assert_eq!(token(&header("two"), &two), ok);
    assert_eq!(token(&header("one"), &two), Err("token_signature".to_owned()));
    assert_eq!(token(&header("ONE"), &one), Err("token_key".to_owned()));
    assert_eq!(token(&header(""), &one), Err("token_key".to_owned()));
    assert_eq!(token(&header("../../dev/null"), &one), Err("token_key".to_owned()));
    // Without an id all of the few keys are tried.
    assert_eq!(token(&Header::new(Algorithm::HS256), &two), ok);
    assert_eq!(token(&Header::new(Algorithm::HS256), "3"), Err("token_signature".to_owned()));
}

#[test]
fn a_token_without_an_id_is_not_tried_with_ever_so_many_keys() {
    let key = |number: u8| {
        let secret = number.to_string().repeat(32);
        format!("[[jwt.keys]]\nid = '{number}'\nalgorithm = 'HS256'\nsecret = '{secret}'\n")
    };
    let guard = guard(&(1..=9).map(key).collect::<String>());
    let secret = "9".repeat(32);

    let nameless = signed(&Header::new(Algorithm::HS256), &claims(json!({})), &hmac(&secret));
    let named = signed(&with_id(Algorithm::HS256, "9"), &claims(json!({})), &hmac(&secret));

    assert_eq!(ask_bearing(&guard, &nameless).who(), Err("token_key"));
    assert_eq!(ask_bearing(&guard, &named).who(), Ok("ann"));
}

/// Everything that takes credentials.
fn all() -> Guard {
    guard(&format!(
        "[jwt]\ncookie = 'session'\n[[basic]]\nname = 'ann'\npassword = 'long enough'\n\
         [[api_keys]]\nname = 'program'\nkey = 'sixteen letters!'\n{WITH_RSA}{WITH_SECRET}"
    ))
}

proptest! {
    #[test]
    fn no_garbage_passes(text in "[ -~]{0,200}") {
        let guard = all();
        for scheme in ["Bearer", "Basic"] {
            let asked = super::support::ask(&guard, &[("authorization", &format!("{scheme} {text}"))]);
            prop_assert!(asked.who().is_err());
        }
        prop_assert!(super::support::ask(&guard, &[("x-api-key", &text)]).who().is_err());
        let cookie = format!("session={text}");
        prop_assert!(super::support::ask(&guard, &[("cookie", &cookie)]).who().is_err());
    }

    #[test]
    fn no_damaged_token_passes(place in 0_usize..200, character in "[A-Za-z0-9_.-]") {
        let guard = all();
        let token = token(json!({}));
        let place = place % token.len();
        let mut damaged = token.clone();
        damaged.replace_range(place..=place, &character);

        prop_assert_eq!(ask_bearing(&guard, &damaged).who().is_ok(), damaged == token);
        prop_assert!(ask_bearing(&guard, &token[..place]).who().is_err());
    }

    #[test]
    fn no_parts_of_random_bytes_pass(
        head in proptest::collection::vec(any::<u8>(), 0..100),
        body in proptest::collection::vec(any::<u8>(), 0..100),
        signature in proptest::collection::vec(any::<u8>(), 0..300),
        takes_header in any::<bool>(),
    ) {
        let head = if takes_header { br#"{"alg":"RS256"}"#.to_vec() } else { head };
        let token = [encoded(head), encoded(body), encoded(signature)].join(".");

        prop_assert!(ask_bearing(&all(), &token).who().is_err());
    }
}

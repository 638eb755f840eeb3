//! Tokens of honest callers, and those that are out of date or for somebody else.
//! Does not know keys beyond one secret.

use serde_json::json;

use super::support::{SECRET, WITH_SECRET, ask, ask_bearing, guard, now, token};

#[test]
fn a_good_token_says_who_calls() {
    let guard = guard(WITH_SECRET);

    let asked = ask_bearing(&guard, &token(json!({ "roles": ["admin"], "n": 1 })));

    let identity = asked.identity.as_ref().unwrap();
    assert_eq!(asked.who(), Ok("ann"));
    assert_eq!(identity.scheme, "jwt");
    assert_eq!(identity.claims["roles"], json!(["admin"]));
    assert_eq!(identity.claims["sub"], json!("ann"));
    assert!(asked.headers.contains_key("authorization"));
}

#[test]
fn times_have_some_leeway() {
    let default = guard(WITH_SECRET);
    let strict = guard(&format!("[jwt]\nleeway = '0s'\n{WITH_SECRET}"));
    let fraction: f64 = format!("{}.5", now(30)).parse().unwrap();
    // The seconds beside the edges are for slow machines.
    for (claims, with_leeway, without) in [
        (json!({ "exp": now(30) }), Ok("ann"), Ok("ann")),
        (json!({ "exp": now(-20) }), Ok("ann"), Err("token_expired")),
        (json!({ "exp": now(-62) }), Err("token_expired"), Err("token_expired")),
        (json!({ "exp": 0 }), Err("token_expired"), Err("token_expired")),
        (json!({ "exp": u64::MAX }), Ok("ann"), Ok("ann")),
        (json!({ "exp": fraction }), Ok("ann"), Ok("ann")),
        (json!({ "nbf": now(0) }), Ok("ann"), Ok("ann")),
        (json!({ "nbf": now(30) }), Ok("ann"), Err("token_not_yet_valid")),
        (json!({ "nbf": now(90) }), Err("token_not_yet_valid"), Err("token_not_yet_valid")),
    ] {
        let token = token(claims.clone());
        // The second time it may be remembered.
        for _ in 0..2 {
            assert_eq!(ask_bearing(&default, &token).who(), with_leeway, "{claims}");
            assert_eq!(ask_bearing(&strict, &token).who(), without, "{claims}");
        }
    }
}

#[test]
fn a_token_without_an_end_is_refused() {
    let guard = guard(WITH_SECRET);
    for exp in [json!(null), json!("tomorrow"), json!(-1), json!(1e300)] {
        let asked = ask_bearing(&guard, &token(json!({ "exp": exp })));

        assert_eq!(asked.who(), Err("token_claims"), "{exp}");
    }
    let asked = ask_bearing(&guard, &token(json!({ "exp": [1] })));
    assert_eq!(asked.who(), Err("token_malformed"));
    let asked = ask_bearing(&guard, &token(json!({ "nbf": "now" })));
    assert_eq!(asked.who(), Err("token_claims"));
}

#[test]
fn a_token_is_from_the_issuer() {
    let guard = guard(&format!("[jwt]\nissuer = 'https://id.example'\n{WITH_SECRET}"));
    for (issuer, who) in [
        (json!("https://id.example"), Ok("ann")),
        (json!("https://id.example/"), Err("token_issuer")),
        (json!("HTTPS://id.example"), Err("token_issuer")),
        (json!(["https://evil.example"]), Err("token_issuer")),
        (json!(""), Err("token_issuer")),
        (json!(null), Err("token_issuer")),
        (json!(7), Err("token_issuer")),
        (json!({}), Err("token_issuer")),
    ] {
        let asked = ask_bearing(&guard, &token(json!({ "iss": issuer })));

        assert_eq!(asked.who(), who, "{issuer}");
    }
}

#[test]
fn a_token_is_for_the_service() {
    let named = guard(&format!("[jwt]\naudience = ['greeter', 'all']\n{WITH_SECRET}"));
    let nameless = guard(WITH_SECRET);
    let refused = Err("token_audience");
    for (audience, for_named, for_nameless) in [
        (json!("greeter"), Ok("ann"), refused),
        (json!(["other", "all"]), Ok("ann"), refused),
        (json!("other"), refused, refused),
        (json!(["greeter2", "Greeter"]), refused, refused),
        (json!([]), refused, refused),
        (json!(5), refused, refused),
        (json!([["greeter"]]), refused, refused),
        (json!(null), refused, refused),
    ] {
        let token = token(json!({ "aud": audience }));

        assert_eq!(ask_bearing(&named, &token).who(), for_named, "{audience}");
        assert_eq!(ask_bearing(&nameless, &token).who(), for_nameless, "{audience}");
    }
    assert_eq!(ask_bearing(&named, &token(json!({}))).who(), refused);
}

#[test]
fn claims_can_be_required() {
    let guard = guard(&format!("[jwt]\nrequired_claims = ['tenant']\n{WITH_SECRET}"));
    for (claims, who) in [
        (json!({ "tenant": "t1" }), Ok("ann")),
        (json!({ "tenant": false }), Ok("ann")),
        (json!({ "tenant": null }), Err("token_claims")),
        (json!({ "Tenant": "t1" }), Err("token_claims")),
    ] {
        assert_eq!(ask_bearing(&guard, &token(claims.clone())).who(), who, "{claims}");
    }
}

#[test]
fn the_subject_is_a_claim_of_ones_choice() {
    let default = guard(WITH_SECRET);
    let mail = guard(&format!("[jwt]\nsubject_claim = 'email'\n{WITH_SECRET}"));

    let token_of = |email| token(json!({ "email": email }));

    assert_eq!(ask_bearing(&mail, &token_of(json!("a@b"))).who(), Ok("a@b"));
    for nothing in [json!(""), json!("ann\r\nx-admin: 1"), json!("a\u{7f}"), json!(1), json!(null)]
    {
        assert_eq!(ask_bearing(&mail, &token_of(nothing.clone())).who(), Err("token_subject"));
        let token = token(json!({ "sub": nothing }));
        assert_eq!(ask_bearing(&default, &token).who(), Err("token_subject"));
    }
}

#[test]
fn the_header_says_bearer_in_any_case() {
    let guard = guard(WITH_SECRET);
    let token = token(json!({}));
    for (value, who) in [
        (format!("Bearer {token}"), Ok("ann")),
        (format!("bearer   {token}"), Ok("ann")),
        (format!("BEARER {token} "), Ok("ann")),
        (format!("Bearer {token} {token}"), Err("token_malformed")),
        (format!("Bearer{token}"), Err("missing")),
        (token.clone(), Err("missing")),
        ("Bearer".to_owned(), Err("malformed")),
        ("Bearer  ".to_owned(), Err("malformed")),
        ("Bearer \u{e9}".to_owned(), Err("malformed")),
        ("Digest username=\"ann\"".to_owned(), Err("missing")),
        (String::new(), Err("missing")),
    ] {
        assert_eq!(ask(&guard, &[("authorization", &value)]).who(), who, "{value}");
    }
    let bearer = format!("Bearer {token}");
    let twice = [("authorization", &*bearer), ("authorization", &*bearer)];
    assert_eq!(ask(&guard, &twice).who(), Err("malformed"));
}

#[test]
fn a_token_can_come_in_another_header() {
    let guard = guard(&format!("[jwt]\nheader = 'X-Token'\n{WITH_SECRET}"));
    let token = token(json!({}));

    assert_eq!(ask(&guard, &[("x-token", &token)]).who(), Ok("ann"));
    assert_eq!(ask_bearing(&guard, &token).who(), Err("missing"));
    assert_eq!(ask(&guard, &[("x-token", "")]).who(), Err("token_malformed"));
}

#[test]
fn a_token_can_come_in_a_cookie() {
    let guard = guard(&format!("[jwt]\ncookie = 'session'\n{WITH_SECRET}"));
    let good = token(json!({}));
    let other = token(json!({ "sub": "eve" }));
    for (cookies, who) in [
        (vec![format!("session={good}")], Ok("ann")),
        (vec![format!("a=b; session=\"{good}\" ;c=d")], Ok("ann")),
        (vec!["a=b".to_owned(), format!("session={good}")], Ok("ann")),
        (vec![format!("session={good}; session={other}")], Err("malformed")),
        (vec![format!("session={good}"), format!("session={good}")], Err("malformed")),
        (vec!["session=".to_owned()], Err("missing")),
        (vec![format!("Session={good}; xsession={good}; session{good}")], Err("missing")),
        (vec!["session=\u{e9}".to_owned()], Err("token_malformed")),
    ] {
        let headers: Vec<_> = cookies.iter().map(|line| ("cookie", &**line)).collect();

        assert_eq!(ask(&guard, &headers).who(), who, "{cookies:?}");
    }
    // What a program says explicitly counts more than what a browser sends along.
    let cookie = format!("session={good}");
    let bearer = format!("Bearer {other}");
    let both = ask(&guard, &[("cookie", &cookie), ("authorization", &bearer)]);
    assert_eq!(both.who(), Ok("eve"));
    let forged = ask(&guard, &[("cookie", &cookie), ("authorization", "Bearer x")]);
    assert_eq!(forged.who(), Err("token_malformed"));
}

#[test]
fn refusals_tell_an_honest_caller_what_to_do_and_others_nothing() {
    let guard = guard(WITH_SECRET);

    let missing = ask(&guard, &[]);
    let expired = ask_bearing(&guard, &token(json!({ "exp": 1 })));
    let forged = ask_bearing(&guard, &format!("{}x", token(json!({}))));

    assert_eq!(missing.challenges(), ["Bearer realm=\"greeter\""]);
    let expected = "Bearer realm=\"greeter\", error=\"invalid_token\", \
                    error_description=\"the token has expired\"";
    assert_eq!(expired.challenges(), [expected]);
    let expected = "Bearer realm=\"greeter\", error=\"invalid_token\", \
                    error_description=\"the token is not valid\"";
    assert_eq!(forged.challenges(), [expected]);
    for asked in [&missing, &expired, &forged] {
        assert_eq!(asked.answer.as_ref().unwrap().code(), tonic::Code::Unauthenticated);
        assert!(!format!("{asked:?}").contains(SECRET));
    }
}

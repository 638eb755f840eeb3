//! Rules, as requests meet them.

use futures_util::FutureExt;
use http::request::Builder;
use serde_json::json;

use super::*;
use crate::extension::{Content, Identity, Transport};
use crate::features::testing;

fn limits(settings: serde_json::Value) -> Limits {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    assert_eq!(testing::errors(&settings), [""; 0]);
    Limits::new(&settings, Counter::default())
}

fn get(path: &str) -> Builder {
    http::Request::get(path)
}

/// One request after the other: a peer, who it is identified as, and the request.
struct Caller<'a> {
    limits: &'a Limits,
    peer: &'a str,
    subject: Option<&'a str>,
}

impl<'a> Caller<'a> {
    fn new(limits: &'a Limits, peer: &'a str) -> Self {
        Self { limits, peer, subject: None }
    }

    fn named(limits: &'a Limits, peer: &'a str, subject: &'a str) -> Self {
        Self { limits, peer, subject: Some(subject) }
    }

    fn ask(&self, request: Builder) -> Option<Box<Answer>> {
        let mut parts = testing::parts(request);
        let mut request = testing::request(Transport::Http, &mut parts, self.peer);
        if let Some(subject) = self.subject {
            let (scheme, claims) = ("jwt".to_owned(), serde_json::Map::new());
            request.set_identity(Identity { subject: subject.to_owned(), scheme, claims });
        }
        match self.limits.on_request(&mut request).now_or_never().unwrap() {
            Decision::Pass => None,
            Decision::Answer(answer) => {
                assert!(request.found.attributes.contains_key("rate_limit.by"));
                Some(answer)
            }
        }
    }

    fn passes(&self, request: Builder) -> bool {
        self.ask(request).is_none()
    }
}

#[test]
fn who_asks_too_often_is_told_when_to_come_back() {
    let limits = limits(json!({ "requests": 2, "per": "1m" }));
    let caller = Caller::new(&limits, "203.0.113.9");

    assert!(caller.passes(get("/")) && caller.passes(get("/other")));
    let answer = caller.ask(get("/")).unwrap();

    assert_eq!((answer.status.as_u16(), answer.code()), (429, tonic::Code::ResourceExhausted));
    let Content::Error(error) = &answer.content else { panic!("{answer:?}") };
    let seconds = error.retry_after.unwrap().div_ceil(1_000_000_000);
    assert_eq!(seconds, 30);
    assert!(Caller::new(&limits, "203.0.113.10").passes(get("/")));
}

#[test]
fn clients_behind_a_trusted_proxy_are_told_apart() {
    let trusting = json!({ "requests": 1, "per": "1h", "trusted_proxies": ["10.0.0.0/8"] });
    let limits = limits(trusting);
    let via = |peer, client: &str| {
        let request = get("/").header("x-forwarded-for", format!("1.2.3.4, {client}"));
        Caller::new(&limits, peer).passes(request)
    };

    assert!(via("10.0.0.1", "203.0.113.9"));
    assert!(!via("10.0.0.2", "203.0.113.9"));
    assert!(via("10.0.0.2", "203.0.113.10"));
    // The same header counts for nothing when somebody else sends it.
    assert!(via("198.51.100.1", "203.0.113.11"));
    assert!(!via("198.51.100.1", "203.0.113.12"));
}

#[test]
fn an_identity_has_a_limit_wherever_it_comes_from() {
    let limits = limits(json!({ "requests": 1, "per": "1h", "by": "identity" }));

    assert!(Caller::named(&limits, "203.0.113.1", "ann").passes(get("/")));
    assert!(!Caller::named(&limits, "203.0.113.2", "ann").passes(get("/")));
    assert!(Caller::named(&limits, "203.0.113.2", "bob").passes(get("/")));
    // Nobody in particular is counted by address.
    assert!(Caller::new(&limits, "203.0.113.1").passes(get("/")));
    assert!(!Caller::new(&limits, "203.0.113.1").passes(get("/")));
    assert!(Caller::new(&limits, "203.0.113.2").passes(get("/")));
}

#[test]
fn the_value_of_a_header_has_a_limit() {
    let limits = limits(json!({ "requests": 1, "per": "1h", "by": "header:X-Tenant" }));
    let caller = Caller::new(&limits, "203.0.113.1");
    let with = |tenant| get("/").header("x-tenant", tenant);

    assert!(caller.passes(with("a")) && !caller.passes(with("a")) && caller.passes(with("b")));
    assert!(caller.passes(get("/")) && !caller.passes(get("/")));
}

#[test]
fn a_route_has_a_limit_for_all_callers_together() {
    let rule = json!({ "by": "route", "requests": 2, "per": "1h", "routes": ["POST /login"] });
    let limits = limits(json!({ "rules": [rule] }));
    let login = |peer, path| Caller::new(&limits, peer).passes(http::Request::post(path));

    assert!(login("203.0.113.1", "/login") && login("203.0.113.2", "/login"));
    assert!(!login("203.0.113.3", "/login"));
    // Other spellings of it are no way around, and other requests are none of its business.
    for path in ["/login/", "//login", "/%6cogin", "/x/../login", "/login;x=1"] {
        assert!(!login("203.0.113.3", path), "{path}");
    }
    assert!(login("203.0.113.3", "/logins"));
    assert!(Caller::new(&limits, "203.0.113.3").passes(get("/login")));
}

#[test]
fn every_rule_that_a_request_meets_has_to_allow_it() {
    let limits = limits(json!({
        "requests": 3, "per": "1h",
        "rules": [
            { "requests": 1, "per": "1h", "routes": ["/expensive"] },
            { "requests": 1, "per": "1h", "routes": ["/pkg.Service/*"] },
        ],
    }));
    let caller = Caller::new(&limits, "203.0.113.1");

    assert!(caller.passes(get("/expensive")) && !caller.passes(get("/expensive")));
    assert!(caller.passes(get("/pkg.Service/Method")));
    assert!(!caller.passes(get("/cheap")), "the refused one counted for the rule before");
}

#[test]
fn a_burst_can_be_smaller_or_larger_than_the_rate() {
    for burst in [1, 5] {
        let limits = limits(json!({ "requests": 2, "per": "1h", "burst": burst }));
        let caller = Caller::new(&limits, "203.0.113.1");

        assert_eq!((0..9).filter(|_| caller.passes(get("/"))).count(), burst);
    }
}

#[test]
fn rules_are_told_in_the_log() {
    let settings = json!({
        "requests": 100, "per": "1m",
        "rules": [{ "requests": 5, "per": "1h", "by": "header:x-tenant" }],
    });

    let described = limits(settings).describe();

    assert_eq!(
        serde_json::Value::from(described),
        json!({ "rules": ["100 per 1m by client", "5 per 1h by header:x-tenant"] })
    );
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (settings, keys) in [
        (json!({}), &[""][..]),
        (json!({ "trusted_proxies": ["10.0.0.1"] }), &[""]),
        (json!({ "requests": 1 }), &["per"]),
        (json!({ "per": "1s" }), &["requests"]),
        (json!({ "burst": 1, "by": "client", "routes": ["/a"] }), &["burst", "by", "routes", ""]),
        (json!({ "requests": 1, "per": "0s" }), &["per"]),
        (json!({ "requests": 1, "per": "25h" }), &["per"]),
        (json!({ "requests": 1_000_001, "per": "1ms" }), &["requests"]),
        (json!({ "requests": 1, "per": "24h", "burst": 367 }), &["burst"]),
        (json!({ "rules": [{ "requests": 1, "per": "0s" }] }), &["rules[0].per"]),
        (json!({ "requests": 1, "per": "1s", "proxy_header": "forwarded" }), &["proxy_header"]),
        (json!({ "requests": 1, "per": "1s", "max_keys": 10_000_001 }), &["max_keys"]),
    ] {
        let typed: Settings = serde_json::from_value(settings.clone()).unwrap();
        assert_eq!(testing::errors(&typed), keys, "{settings}");
    }
}

#[test]
fn settings_of_the_wrong_type_are_refused() {
    for settings in [
        json!({ "requests": 0, "per": "1s" }),
        json!({ "requests": -1, "per": "1s" }),
        json!({ "requests": 1, "per": 1 }),
        json!({ "requests": 1, "per": "1s", "burst": 0 }),
        json!({ "requests": 1, "per": "1s", "by": "ip" }),
        json!({ "requests": 1, "per": "1s", "by": "header:" }),
        json!({ "requests": 1, "per": "1s", "by": "header:a b" }),
        json!({ "requests": 1, "per": "1s", "routes": ["login"] }),
        json!({ "requests": 1, "per": "1s", "trusted_proxies": ["proxy.local"] }),
        json!({ "requests": 1, "per": "1s", "proxy_header": "x-real-ip" }),
        json!({ "requests": 1, "per": "1s", "max_keys": 0 }),
        json!({ "requests": 1, "per": "1s", "rule": [] }),
        json!({ "rules": [{ "requests": 1 }] }),
    ] {
        assert!(serde_json::from_value::<Settings>(settings.clone()).is_err(), "{settings}");
    }
}

#[test]
fn defaults_are_as_told() {
    testing::defaults_are_as_told::<Settings>(
        &json!({ "requests": 1, "per": "1s", "by": "client" }),
    );
}

#[test]
fn defaults_of_rules_are_as_told() {
    for told in [json!({ "by": "client" }), json!({ "routes": [] })] {
        let mut rule = json!({ "requests": 1, "per": "1s" });
        let implied: RuleSettings = serde_json::from_value(rule.clone()).unwrap();
        let (key, value) = told.as_object().unwrap().iter().next().unwrap();
        rule[key] = value.clone();
        let said: RuleSettings = serde_json::from_value(rule).unwrap();
        assert_eq!(format!("{implied:?}"), format!("{said:?}"));
    }
}

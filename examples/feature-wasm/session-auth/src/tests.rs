//! Unit tests without a host: whom the plug-in lets in, and as whom.

use mikros_sdk::testing::{self, Context, Visitor, json};

use super::token::{Token, check, sign};
use super::*;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The year 2100, which these tests will not see.
const LATER: u64 = 4_102_444_800;

/// What the plug-in decides about a request for `path` that `prepare` puts together.
fn ask(
    path: &str,
    prepare: impl FnOnce(Visitor<SessionAuth>) -> Visitor<SessionAuth>,
) -> Result<Pass, Answer> {
    Context::new().run(async {
        let settings = json!({"key": KEY, "public": ["/about"]});
        let plugin = testing::plugin::<SessionAuth>(settings).await.expect("the plug-in starts");
        prepare(plugin.get(path)).send().await
    })
}

fn subject(decision: &Result<Pass, Answer>) -> Option<&str> {
    Some(decision.as_ref().ok()?.caller()?.subject())
}

#[test]
fn a_session_tells_who_the_caller_is() {
    let session = sign("ada", LATER, KEY.as_bytes());

    let pass = ask("/", |request| request.header("x-session", &session)).expect("it passes");

    let caller = pass.caller().expect("the plug-in knows the caller");
    assert_eq!((caller.subject(), caller.scheme()), ("ada", "session"));
    let claims: serde_json::Value = caller.claims().expect("claims are JSON");
    assert_eq!(claims, json!({"expires": LATER}));
    assert!(pass.changes().removes_header("x-session"));
}

#[test]
fn a_cookie_will_do() {
    let cookie = format!("theme=dark; session={}; lang=en", sign("bob", LATER, KEY.as_bytes()));

    let decision = ask("/", |request| request.header("cookie", &cookie));

    assert_eq!(subject(&decision), Some("bob"));
}

#[test]
fn without_a_session_only_public_paths_pass() {
    let about = ask("/about", |request| request);
    let others = ["/", "/about/", "/About", "/about?x=/about/../"].map(|path| {
        (path, ask(path, |request| request).map_err(|answer| answer.status().as_u16()))
    });

    assert_eq!(about.expect("it is public").caller(), None);
    for (path, decision) in others {
        let expected = if path.starts_with("/about?") { None } else { Some(401) };
        assert_eq!(decision.err(), expected, "{path}");
    }
}

#[test]
fn a_forged_session_is_told_nothing() {
    let good = sign("ada", LATER, KEY.as_bytes());
    let forged = [
        good.replace("ada", "bob"),
        sign("ada", LATER, b"another key of thirty-two bytes."),
        sign("ada", 1, KEY.as_bytes()),
        sign("", LATER, KEY.as_bytes()),
        good[..good.len() - 1].to_owned(),
        format!("ada.{LATER}."),
        "ada".to_owned(),
        "..".to_owned(),
    ];

    for session in forged {
        let decision = ask("/", |request| request.header("x-session", &session));
        let answer = decision.expect_err("it is not valid");
        let message = answer.as_error().map(mikros_sdk::ServiceError::message);
        assert_eq!(message, Some("the session is not valid"), "{session}");
        assert_eq!(answer.header("www-authenticate"), Some("Session"), "{session}");
    }
}

#[test]
fn a_session_ends_when_it_says_so() {
    let session = sign("ada", 100, KEY.as_bytes());

    assert_eq!(check(&session, KEY.as_bytes(), 99), Ok(Token { user: "ada", expires: 100 }));
    assert_eq!(check(&session, KEY.as_bytes(), 100), Err("it has expired"));
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let settings = json!({"key": "short", "public": ["/about", "login"]});

    let refusal = Context::new().run(testing::plugin::<SessionAuth>(settings));

    let refusal = refusal.expect_err("the settings are wrong");
    let problems: Vec<_> = refusal.problems().collect();
    assert_eq!(
        problems,
        [("key", "must have at least 32 bytes"), ("public[1]", "must start with `/`")]
    );
}

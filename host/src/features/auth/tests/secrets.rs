//! API keys and passwords.
//! Does not know tokens.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::super::guard::Guard;
use super::support::{ask, guard};

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn keys() -> Guard {
    let digest = sha256("a key that is hashed").to_uppercase();
    guard(&format!(
        "[[api_keys]]\nname = 'billing'\nkey = 'the key of billing'\n\
         [[api_keys]]\nname = 'billing'\nkey = 'the next key of billing'\n\
         [[api_keys]]\nname = 'crawler'\nkey_sha256 = '{digest}'\n\
         [[api_keys]]\nname = 'partner'\nkey = 'the key of a partner'\nheader = 'X-Partner'\n"
    ))
}

#[test]
fn a_key_says_who_calls() {
    let guard = keys();
    for (header, key, who) in [
        ("x-api-key", "the key of billing", Ok("billing")),
        ("x-api-key", "the next key of billing", Ok("billing")),
        ("x-api-key", "a key that is hashed", Ok("crawler")),
        ("x-partner", "the key of a partner", Ok("partner")),
        ("x-api-key", "the key of a partner", Err("api_key")),
        ("x-partner", "the key of billing", Err("api_key")),
        ("x-api-key", "the key of billin", Err("api_key")),
        ("x-api-key", "the key of billingg", Err("api_key")),
        ("x-api-key", "The key of billing", Err("api_key")),
        ("x-api-key", "", Err("api_key")),
        ("x-api-key", "\u{e9}", Err("api_key")),
        ("authorization", "the key of billing", Err("missing")),
        ("authorization", "Bearer the key of billing", Err("missing")),
    ] {
        assert_eq!(ask(&guard, &[(header, key)]).who(), who, "{header}: {key}");
    }
    assert_eq!(
        ask(&guard, &[("x-api-key", &sha256("a key that is hashed"))]).who(),
        Err("api_key")
    );
    let identity = ask(&guard, &[("x-api-key", "the key of billing")]).identity.unwrap();
    assert_eq!((&*identity.scheme, identity.claims.len()), ("api_key", 0));
}

#[test]
fn a_key_comes_once_and_the_first_place_decides() {
    let guard = keys();
    let (billing, partner) = ("the key of billing", "the key of a partner");

    let twice = ask(&guard, &[("x-api-key", billing), ("x-api-key", billing)]);
    let both = ask(&guard, &[("x-partner", partner), ("x-api-key", billing)]);
    let wrong = ask(&guard, &[("x-partner", partner), ("x-api-key", "wrong")]);

    assert_eq!(twice.who(), Err("malformed"));
    assert_eq!(both.who(), Ok("billing"));
    assert_eq!(wrong.who(), Err("api_key"));
    assert_eq!(wrong.challenges(), ["ApiKey realm=\"greeter\""]);
}

fn users() -> Guard {
    let digest = sha256("hashed password");
    guard(&format!(
        "[[basic]]\nname = 'ann'\npassword = 'pass:word'\n\
         [[basic]]\nname = 'zoë'\npassword = 'pässwörd'\n\
         [[basic]]\nname = 'bob'\npassword_sha256 = '{digest}'\n"
    ))
}

fn basic(guard: &Guard, credentials: impl AsRef<[u8]>) -> Result<String, String> {
    let value = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    ask(guard, &[("authorization", &value)]).who().map(str::to_owned).map_err(str::to_owned)
}

#[test]
fn a_password_says_who_calls() {
    let guard = users();
    let refused = Err("password".to_owned());

    assert_eq!(basic(&guard, "ann:pass:word"), Ok("ann".to_owned()));
    assert_eq!(basic(&guard, "zoë:pässwörd"), Ok("zoë".to_owned()));
    assert_eq!(basic(&guard, "bob:hashed password"), Ok("bob".to_owned()));
    for wrong in [
        "ann:pass:wor",
        "ann:pass",
        "ann:",
        "Ann:pass:word",
        ":pass:word",
        ":",
        "ann:hashed password",
        "bob:pass:word",
        "nobody:pass:word",
        "zoe\u{308}:pässwörd",
        " ann:pass:word",
        "ann:pass:word\n",
        "ann\0:pass:word",
    ] {
        assert_eq!(basic(&guard, wrong), refused, "{wrong:?}");
    }
    assert_eq!(basic(&guard, b"ann:\xff\xfe"), refused);
    assert_eq!(basic(&guard, format!("bob:{}", sha256("hashed password"))), refused);
}

#[test]
fn malformed_passwords_are_refused() {
    let guard = users();
    assert_eq!(basic(&guard, "ann"), Err("malformed".to_owned()));
    let good = BASE64_STANDARD.encode("ann:pass:word!");
    assert!(good.ends_with('='));
    for (value, who) in [
        ("Basic", Err("malformed")),
        ("Basic ", Err("malformed")),
        ("Basic !!!", Err("malformed")),
        ("Basic YW5u OnBhc3M=", Err("malformed")),
        ("Basic =", Err("malformed")),
        ("Basic ann:pass:word", Err("malformed")),
        ("Bearer YW5uOnBhc3M6d29yZA==", Err("missing")),
        ("basic YW5uOnBhc3M6d29yZA==", Ok("ann")),
        ("BASIC  YW5uOnBhc3M6d29yZA", Ok("ann")),
    ] {
        assert_eq!(ask(&guard, &[("authorization", value)]).who(), who, "{value}");
    }
    let challenges = ask(&guard, &[]);
    assert_eq!(challenges.challenges(), ["Basic realm=\"greeter\", charset=\"UTF-8\""]);
}

#[test]
fn all_ways_are_offered_together() {
    let guard = guard(&format!(
        "[[basic]]\nname = 'ann'\npassword = 'pass:word'\n\
         [[api_keys]]\nname = 'billing'\nkey = 'the key of billing'\n{}",
        super::support::WITH_SECRET
    ));
    let token = super::support::token(serde_json::json!({ "exp": 1 }));

    let asked = super::support::ask_bearing(&guard, &token);

    let expected = [
        "Bearer realm=\"greeter\", error=\"invalid_token\", \
         error_description=\"the token has expired\"",
        "Basic realm=\"greeter\", charset=\"UTF-8\"",
        "ApiKey realm=\"greeter\"",
    ];
    assert_eq!(asked.challenges(), expected);
    // Whoever shows something wrong is not asked for something else.
    let key = ("x-api-key", "the key of billing");
    let both = ask(&guard, &[("authorization", &format!("Bearer {token}")), key]);
    assert_eq!(both.who(), Err("token_expired"));
    assert_eq!(ask(&guard, &[("authorization", "Digest x"), key]).who(), Ok("billing"));
}

#[test]
fn a_secret_that_no_request_can_have_is_refused() {
    let said = |settings: &str| -> Vec<String> {
        let flaws = super::support::policy(settings).err().unwrap_or_default();
        flaws.into_iter().map(|flaw| format!("{} {}", flaw.path, flaw.message)).collect()
    };
    let line_end = "must not end in a line end, which no request can have there";
    let control = "must not have line ends and control characters, which no request can have";
    let blank = "must not begin or end with a blank, which no header can have there";
    let mark = "must not begin with a byte order mark";
    let key = "0123456789abcdef0123";
    for (before, after, of_key, of_password) in [
        ("", "\\n", line_end, line_end),
        ("", "\\r\\n", line_end, line_end),
        ("x\\n", "", control, control),
        ("x\\u0001", "", control, control),
        ("x\\u007f", "", control, control),
        ("x\\t", "", "", control),
        (" ", "", blank, ""),
        ("", "\\t", blank, control),
        ("\\ufeff", "", mark, mark),
        ("ä", "", "", ""),
    ] {
        let expected = |path: &str, message: &str| -> Vec<String> {
            (!message.is_empty()).then(|| format!("{path} {message}")).into_iter().collect()
        };
        let text = format!("\"{before}{key}{after}\"");
        let api_key = said(&format!("[[api_keys]]\nname = 'a'\nkey = {text}\n"));
        assert_eq!(api_key, expected("api_keys[0].key", of_key), "{text}");
        let password = said(&format!("[[basic]]\nname = 'a'\npassword = {text}\n"));
        assert_eq!(password, expected("basic[0].password", of_password), "{text}");
        let name = said(&format!("[[basic]]\nname = {text}\npassword = 'long enough'\n"));
        assert_eq!(name, expected("basic[0].name", of_password), "{text}");
    }
}

#[test]
fn where_a_line_end_comes_from_is_told() {
    let key = "[[api_keys]]\nname = 'a'\nkey = \"0123456789abcdef0123\\n\"\n";
    let flaws = super::support::policy(key).err().unwrap();
    assert!(flaws[0].help.as_ref().unwrap().contains("`echo`"), "{flaws:?}");

    // Both sides may have it.
    let secret = "[[jwt.keys]]\nalgorithm = 'HS256'\n\
                  secret = \"a secret of thirty-two characters\\n\"\n";
    let warnings = super::support::policy(secret).unwrap().warnings;
    assert_eq!((warnings.len(), &*warnings[0].path), (1, "jwt.keys[0].secret"));
}

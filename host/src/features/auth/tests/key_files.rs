//! Keys in files: what is taken, and what is said about what is not.
//! Does not know what becomes of keys when their file changes.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use expect_test::{Expect, expect};
use jsonwebtoken::{Algorithm, Header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::guard::Guard;
use super::super::policy::Policy;
use super::support::{Files, edwards, elliptic, guard, public, rsa, set, who, with_id};

#[test]
fn a_public_key_can_be_a_file() {
    let guard = guard("[[jwt.keys]]\nalgorithm = 'PS512'\npublic_key_file = 'rsa-public.pem'\n");

    assert_eq!(who(&guard, &Header::new(Algorithm::PS512), &rsa()), "ann");
    assert_eq!(who(&guard, &with_id(Algorithm::PS512, "any"), &rsa()), "ann");
}

#[test]
fn public_key_files_are_for_all_sorts() {
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let bytes = |text: String| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let point = public(&elliptic(1), Algorithm::ES256, json!({}));
    let point = [[4].as_slice(), &bytes(text(&point, "x")), &bytes(text(&point, "y"))].concat();
    let prefix = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\
                   \x3d\x03\x01\x07\x03\x42\x00";
    let elliptic_file = [prefix.as_slice(), &point].concat();
    let edward = public(&edwards(1), Algorithm::EdDSA, json!({}));
    let prefix = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    let edwards_file = [prefix.as_slice(), &bytes(text(&edward, "x"))].concat();
    let short = [b"\x30\x0d\x30\x05\x06\x03\x2b\x65\x70\x03\x04\x00".as_slice(), b"abc"].concat();
    let files = Files::new("sorts-of-files", &json!(null));
    let guard = |der: Vec<u8>, algorithm: &str| {
        let pem = BASE64_STANDARD.encode(der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n");
        files.write(&pem);
        let settings =
            format!("[[jwt.keys]]\nalgorithm = '{algorithm}'\npublic_key_file = 'keys.json'\n");
        let policy = Policy::of(&toml::from_str(&settings).unwrap(), files.directory());
        policy.ok().map(|policy| Guard::new(policy, "greeter"))
    };

    let elliptic_guard = guard(elliptic_file.clone(), "ES256").unwrap();
    let edwards_guard = guard(edwards_file.clone(), "EdDSA").unwrap();

    assert_eq!(who(&elliptic_guard, &Header::new(Algorithm::ES256), &elliptic(1)), "ann");
    assert_eq!(who(&edwards_guard, &Header::new(Algorithm::EdDSA), &edwards(1)), "ann");
    for (der, algorithm) in [
        (elliptic_file.clone(), "ES384"),
        (elliptic_file, "EdDSA"),
        (edwards_file, "ES256"),
        (short, "EdDSA"),
        (Vec::new(), "EdDSA"),
        (vec![0x30], "RS256"),
    ] {
        assert!(guard(der, algorithm).is_none(), "{algorithm}");
    }
}

#[test]
fn a_set_has_keys_of_all_sorts() {
    let files = Files::new(
        "sorts",
        &set(&[
            public(&rsa(), Algorithm::RS256, json!({ "kid": "r", "use": "sig" })),
            public(&elliptic(1), Algorithm::ES256, json!({ "kid": "e", "key_ops": ["verify"] })),
            public(&edwards(1), Algorithm::EdDSA, json!({ "kid": "d", "alg": null })),
            // None of ours, and nobody's fault.
            json!({ "kty": "EC", "crv": "P-521", "x": "", "y": "", "kid": "x" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": "", "kid": "y" }),
            json!({ "kty": "new", "kid": "z" }),
            json!({ "kty": "RSA", "alg": "RSA-OAEP", "kid": "o" }),
            public(&elliptic(2), Algorithm::ES256, json!({ "kid": "u", "use": "enc" })),
            public(&elliptic(2), Algorithm::ES256, json!({ "kid": "v", "key_ops": ["sign"] })),
        ]),
    );
    let guard = files.guard();

    assert_eq!(who(&guard, &with_id(Algorithm::RS256, "r"), &rsa()), "ann");
    assert_eq!(who(&guard, &with_id(Algorithm::ES256, "e"), &elliptic(1)), "ann");
    assert_eq!(who(&guard, &with_id(Algorithm::EdDSA, "d"), &edwards(1)), "ann");
    assert_eq!(who(&guard, &Header::new(Algorithm::EdDSA), &edwards(1)), "ann");
    // `alg` says for what alone a key is.
    let other = who(&guard, &with_id(Algorithm::RS512, "r"), &rsa());
    assert_eq!(other, "refused: token_algorithm");
    let other = who(&guard, &with_id(Algorithm::ES256, "e"), &elliptic(2));
    assert_eq!(other, "refused: token_signature");
    for id in ["u", "v", "x"] {
        let unused = who(&guard, &with_id(Algorithm::ES256, id), &elliptic(2));
        assert_eq!(unused, "refused: token_key");
    }
}

#[test]
fn a_key_without_algorithm_is_for_its_family() {
    let key = public(&rsa(), Algorithm::RS256, json!({ "alg": null }));
    let files = Files::new("family", &set(&[key]));
    let some = files.policy("algorithms = ['RS256', 'PS256']\n").unwrap();
    let (all, some) = (files.guard(), Guard::new(some, "greeter"));
    for (algorithm, is_listed) in [
        (Algorithm::RS256, true),
        (Algorithm::PS256, true),
        (Algorithm::RS512, false),
        (Algorithm::PS384, false),
    ] {
        let expected = if is_listed { "ann" } else { "refused: token_algorithm" };
        assert_eq!(who(&all, &Header::new(algorithm), &rsa()), "ann");
        assert_eq!(who(&some, &Header::new(algorithm), &rsa()), expected);
    }
}

/// What is said about a key beside a good one, whose tokens are taken in any case.
fn said_of(key: Value) -> String {
    let files = Files::new("one-of-two", &set(&[key, good()]));
    let policy = files.policy("").unwrap();
    let said: Vec<_> = policy.warnings.iter().map(|flaw| flaw.message.clone()).collect();
    let guard = Guard::new(policy, "greeter");
    assert_eq!(who(&guard, &with_id(Algorithm::EdDSA, "good"), &edwards(1)), "ann");
    said.join(" | ")
}

fn good() -> Value {
    public(&edwards(1), Algorithm::EdDSA, json!({ "kid": "good" }))
}

#[test]
fn a_key_that_cannot_be_used_costs_nothing_but_itself() {
    let rsa_with = |changes| public(&rsa(), Algorithm::RS256, changes);
    let padded = rsa_with(json!({}))["n"].as_str().unwrap().to_owned() + "==";
    let short = BASE64_URL_SAFE_NO_PAD.encode([0xff; 128]);
    let point = |changes| public(&elliptic(1), Algorithm::ES256, changes);
    let other = point(json!({}))["x"].clone();
    let said = [
        json!("key"),
        json!({ "kid": "odd", "use": "sig" }),
        json!({ "kty": "oct", "kid": "mac", "k": "c2VjcmV0" }),
        rsa_with(json!({ "kid": "padded", "n": padded })),
        rsa_with(json!({ "kid": "old", "n": short })),
        rsa_with(json!({ "kid": "one", "e": "AQ" })),
        rsa_with(json!({ "kid": 7 })),
        rsa_with(json!({ "kid": "enc", "alg": "ES256" })),
        rsa_with(json!({ "alg": 1 })),
        point(json!({ "kid": "half", "y": null })),
        point(json!({ "kid": "letters", "y": "!!" })),
        point(json!({ "kid": "short", "y": "AAAA" })),
        point(json!({ "kid": "off the curve", "y": other })),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "line\nend" }),
        json!({ "kty": "new", "kid": "of no sort that there is" }),
    ];
    let said: Vec<_> = said.into_iter().map(said_of).collect();
    let expected: Expect = expect![[r#"
        holds a key that cannot be used, number 1: it is no object
        holds a key that cannot be used, number 1 (`kid` `odd`): `kty` is missing
        holds a key that cannot be used, number 1 (`kid` `mac`): it is a secret: list it under `keys`, not in a file of public keys
        holds a key that cannot be used, number 1 (`kid` `padded`): `n` ends in `=`: base64url has no padding here
        holds a key that cannot be used, number 1 (`kid` `old`): its modulus `n` has 1024 bits, not 2048 to 4096
        holds a key that cannot be used, number 1 (`kid` `one`): its exponent `e` is not an odd number above 1 of at most 4 bytes
        holds a key that cannot be used, number 1: `kid` is not a string
        holds a key that cannot be used, number 1 (`kid` `enc`): `alg` is an algorithm for another sort of key
        holds a key that cannot be used, number 1: `alg` is not a string
        holds a key that cannot be used, number 1 (`kid` `half`): `y` is missing
        holds a key that cannot be used, number 1 (`kid` `letters`): `y` is not base64url
        holds a key that cannot be used, number 1 (`kid` `short`): `x` and `y` do not have 32 bytes each
        holds a key that cannot be used, number 1 (`kid` `off the curve`): `x` and `y` are no point of its curve
        holds a key that cannot be used, number 1 (`kid` `line\nend`): `x` is no key of Ed25519
    "#]];
    expected.assert_eq(&said.join("\n"));
}

#[test]
fn only_so_many_keys_can_be_without_id_and_be_told_about() {
    let key = |number| public(&edwards(number), Algorithm::EdDSA, json!({}));
    let keys: Vec<_> = (1..=14).map(key).collect();
    let files = Files::new("without-id", &set(&keys));
    let policy = files.policy("").unwrap();
    let said: Vec<_> = policy.warnings.iter().map(|flaw| flaw.message.clone()).collect();
    let guard = Guard::new(policy, "greeter");

    assert_eq!(said.len(), 9);
    let told = [&*said[0], &*said[8]].join("\n");
    let expected: Expect = expect![[r#"
        holds a key that cannot be used, number 5: it has no `kid`, and 4 keys before it have none either
        holds 2 more keys that cannot be used"#]];
    expected.assert_eq(&told);
    assert_eq!(who(&guard, &Header::new(Algorithm::EdDSA), &edwards(4)), "ann");
    assert_eq!(
        who(&guard, &Header::new(Algorithm::EdDSA), &edwards(5)),
        "refused: token_signature"
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file_of_keys() {
    let files = Files::new("mark", &json!(null));
    files.write(&format!("\u{feff}{}", set(&[good()])));
    let guard = files.guard();
    assert_eq!(who(&guard, &with_id(Algorithm::EdDSA, "good"), &edwards(1)), "ann");

    files.write(&format!("\u{feff}\n{}", include_str!("rsa-public.pem")));
    let settings = "[[jwt.keys]]\nalgorithm = 'RS256'\npublic_key_file = 'keys.json'\n";
    let policy = Policy::of(&toml::from_str(settings).unwrap(), files.directory()).unwrap();
    let guard = Guard::new(policy, "greeter");
    assert_eq!(who(&guard, &Header::new(Algorithm::RS256), &rsa()), "ann");
}

/// Files that are no set, or one with something wrong in it.
fn broken_sets() -> Vec<String> {
    let edward = |x: &str| json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let rsa_with = |changes| set(&[public(&rsa(), Algorithm::RS256, changes)]).to_string();
    let one = |key: Value| set(&[key]).to_string();
    let changed = |changes| one(public(&elliptic(1), Algorithm::ES256, changes));
    vec![
        String::new(),
        "{\"keys\": [".to_owned(),
        "[]".to_owned(),
        "{\"keys\": {}}".to_owned(),
        set(&[]).to_string(),
        one(json!("key")),
        one(json!({ "kty": 1 })),
        one(json!({ "kty": "oct", "k": "c2VjcmV0" })),
        changed(json!({ "use": "enc" })),
        changed(json!({ "alg": "RS256" })),
        changed(json!({ "alg": 1 })),
        changed(json!({ "kid": 1 })),
        changed(json!({ "x": null })),
        changed(json!({ "x": "!!" })),
        changed(json!({ "x": "AAAA" })),
        changed(json!({ "x": public(&elliptic(2), Algorithm::ES256, json!({}))["x"] })),
        changed(json!({ "crv": "P-384" })),
        one(edward("")),
        one(edward("AAAA")),
        one(edward(&"_".repeat(43))),
        rsa_with(json!({ "n": "AQAB" })),
        rsa_with(json!({ "n": "" })),
        rsa_with(json!({ "e": "AQ" })),
        rsa_with(json!({ "e": "" })),
        rsa_with(json!({ "e": "Ag" })),
        rsa_with(json!({ "e": "AQAAAAE" })),
        " ".repeat(300_000),
        "[".repeat(100_000),
    ]
}

#[test]
fn what_is_no_set_is_refused() {
    let files = Files::new("no-set", &json!(null));
    let messages = broken_sets().into_iter().map(|text| {
        files.write(&text);
        files.policy("").err().unwrap_or_else(|| format!("ACCEPTED: {text}"))
    });
    let expected: Expect = expect![[r#"
        jwt.jwks_file must hold a JSON Web Key Set: EOF while parsing a value at line 1 column 0
        jwt.jwks_file must hold a JSON Web Key Set: EOF while parsing a list at line 1 column 10
        jwt.jwks_file must hold a JSON Web Key Set: an object with an array `keys`
        jwt.jwks_file must hold a JSON Web Key Set: an object with an array `keys`
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: it is no object
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `kty` is not a string
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: it is a secret: list it under `keys`, not in a file of public keys
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `alg` is an algorithm for another sort of key
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `alg` is not a string
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `kid` is not a string
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` is missing
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` is not base64url
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` and `y` do not have 32 bytes each
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` and `y` are no point of its curve
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `alg` is an algorithm for another sort of key
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` is no key of Ed25519
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` is no key of Ed25519
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: `x` is not base64url
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its modulus `n` has 17 bits, not 2048 to 4096
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its modulus `n` has 0 bits, not 2048 to 4096
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its exponent `e` is not an odd number above 1 of at most 4 bytes
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its exponent `e` is not an odd number above 1 of at most 4 bytes
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its exponent `e` is not an odd number above 1 of at most 4 bytes
        jwt.jwks_file must hold a key for signatures with an algorithm that is allowed, number 1: its exponent `e` is not an odd number above 1 of at most 4 bytes
        jwt.jwks_file cannot be read: it is larger than 262144 bytes
        jwt.jwks_file must hold a JSON Web Key Set: recursion limit exceeded at line 1 column 128"#]];
    expected.assert_eq(&messages.collect::<Vec<_>>().join("\n"));
}

proptest! {
    #[test]
    fn no_damaged_file_ends_the_host(
        place in any::<usize>(),
        length in 0..40_usize,
        text in "[ -~]{0,5}",
        is_set in any::<bool>(),
    ) {
        let keys = [
            public(&rsa(), Algorithm::RS256, json!({ "kid": "r" })),
            public(&elliptic(1), Algorithm::ES256, json!({})),
            public(&edwards(1), Algorithm::EdDSA, json!({})),
        ];
        let files = Files::new(&format!("damaged-{place}-{length}"), &json!(null));
        let mut damaged = if is_set {
            set(&keys).to_string()
        } else {
            include_str!("rsa-public.pem").to_owned()
        };
        let start = place % damaged.len();
        let end = (start + length).min(damaged.len());
        damaged.replace_range(start..end, &text);
        files.write(&damaged);
        let file = "[[jwt.keys]]\nalgorithm = 'RS256'\npublic_key_file = 'keys.json'\n";
        let policy = if is_set {
            files.policy("").ok()
        } else {
            Policy::of(&toml::from_str(file).unwrap(), files.directory()).ok()
        };
        // What is accepted can be used, whatever it is good for.
        if let Some(policy) = policy {
            let guard = Guard::new(policy, "greeter");
            let outcomes = [
                who(&guard, &with_id(Algorithm::RS256, "r"), &rsa()),
                who(&guard, &Header::new(Algorithm::ES256), &elliptic(1)),
                who(&guard, &Header::new(Algorithm::EdDSA), &edwards(1)),
            ];
            prop_assert!(outcomes.iter().all(|who| who == "ann" || who.starts_with("refused")));
        }
    }
}

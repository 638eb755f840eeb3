//! Settings that make no sense, and what is told about them.
//! Does not know requests.

use expect_test::{Expect, expect};

use super::support::{WITH_SECRET, policy};

fn rejects(settings: &str, expected: &Expect) {
    let flaws = policy(settings).err().unwrap_or_default();
    let lines = flaws.iter().map(|flaw| match &flaw.help {
        Some(help) => format!("{} | {} | {help}", flaw.path, flaw.message),
        None => format!("{} | {}", flaw.path, flaw.message),
    });
    expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

fn misread(settings: &str) -> String {
    let read = toml::from_str::<super::super::settings::Settings>(settings);
    read.err().expect("it is not accepted").message().to_owned()
}

#[test]
fn there_is_some_way_to_be_known() {
    rejects(
        "",
        &expect![
            " | must have at least one of `jwt`, `api_keys`, `basic` | add `[features.http_auth.jwt]`, `[[features.http_auth.api_keys]]` or `[[features.http_auth.basic]]`"
        ],
    );
    rejects(
        "public = ['/x']",
        &expect![
            " | must have at least one of `jwt`, `api_keys`, `basic` | add `[features.http_auth.jwt]`, `[[features.http_auth.api_keys]]` or `[[features.http_auth.basic]]`"
        ],
    );
    rejects("api_keys = []", &expect!["api_keys | must not be empty"]);
    rejects("basic = []", &expect!["basic | must not be empty"]);
    rejects("[jwt]", &expect!["jwt | must have `keys`, `jwks_file` or both"]);
    rejects(
        "[jwt]\njwks_refresh = '1m'",
        &expect![[r#"
        jwt.jwks_refresh | must not be there without `jwks_file`
        jwt | must have `keys`, `jwks_file` or both"#]],
    );
    rejects("[jwt]\nkeys = []", &expect!["jwt.keys | must not be empty"]);
}

#[test]
fn secrets_are_strong() {
    let short = "x".repeat(31);
    rejects(
        &format!(
            "[[jwt.keys]]\nalgorithm = 'HS256'\nsecret = '{short}'\n\
             [[jwt.keys]]\nalgorithm = 'HS384'\nsecret = '{short}x'\n\
             [[jwt.keys]]\nalgorithm = 'HS512'\nsecret = '{short}x'\n\
             [[api_keys]]\nname = 'a'\nkey = 'fifteen letters'\n\
             [[basic]]\nname = 'a'\npassword = 'seven l'\n"
        ),
        &expect![[r#"
            jwt.keys[0].secret | must have at least 32 bytes for this algorithm
            jwt.keys[1].secret | must have at least 48 bytes for this algorithm
            jwt.keys[2].secret | must have at least 64 bytes for this algorithm
            api_keys[0].key | must have at least 16 bytes
            basic[0].password | must have at least 8 bytes"#]],
    );
    rejects(
        "[[api_keys]]\nname = ''\nkey_sha256 = 'abc'\n\
         [[api_keys]]\nname = 'b'\n\
         [[api_keys]]\nname = 'c'\nkey = 'sixteen letters!'\nkey_sha256 = ''\n\
         [[api_keys]]\nname = 'd'\nkey = 'sixteen letters!'\n\
         [[api_keys]]\nname = 'e'\nkey = 'sixteen letters!'\n\
         [[basic]]\nname = 'a:b'\npassword_sha256 = '\
         zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'\n\
         [[basic]]\nname = ''\npassword = 'long enough'\n\
         [[basic]]\nname = 'a:b'\n",
        &expect![[r#"
            api_keys[0].key_sha256 | must be a SHA-256: 64 hexadecimal digits
            api_keys[0].name | must not be empty
            api_keys[1] | must have either `key` or `key_sha256`
            api_keys[2] | must have either `key` or `key_sha256`
            api_keys[4] | has the same key as one before
            basic[2].name | is the same as that of a user before
            basic[0].password_sha256 | must be a SHA-256: 64 hexadecimal digits
            basic[0].name | must not have a colon: it ends the name in a request
            basic[1].name | must not be empty
            basic[2] | must have either `password` or `password_sha256`
            basic[2].name | must not have a colon: it ends the name in a request"#]],
    );
}

#[test]
fn keys_are_for_their_algorithm() {
    let pem = include_str!("rsa-public.pem");
    rejects(
        &format!(
            "[jwt]\nalgorithms = ['HS256', 'RS256', 'ES256', 'EdDSA']\n\
             [[jwt.keys]]\nid = 'a'\nalgorithm = 'HS256'\nsecret = '''{pem}'''\n\
             [[jwt.keys]]\nid = 'a'\nalgorithm = 'RS256'\nsecret = '''{pem}'''\n\
             [[jwt.keys]]\nid = 'b'\nalgorithm = 'HS256'\npublic_key_file = 'rsa-public.pem'\n\
             [[jwt.keys]]\nid = 'c'\nalgorithm = 'ES256'\npublic_key_file = 'rsa-public.pem'\n\
             [[jwt.keys]]\nid = 'd'\nalgorithm = 'EdDSA'\npublic_key_file = 'rsa-public.pem'\n\
             [[jwt.keys]]\nid = 'e'\nalgorithm = 'RS384'\npublic_key_file = 'rsa-public.pem'\n\
             [[jwt.keys]]\nid = 'f'\nalgorithm = 'RS256'\npublic_key_file = 'rsa.pem'\n\
             [[jwt.keys]]\nid = 'g'\nalgorithm = 'RS256'\npublic_key_file = 'settings.rs'\n\
             [[jwt.keys]]\nid = 'h'\nalgorithm = 'RS256'\npublic_key_file = 'no.pem'\n\
             [[jwt.keys]]\nid = 'i'\nalgorithm = 'RS256'\npublic_key_file = '/dev/zero'\n\
             [[jwt.keys]]\nid = 'j'\nalgorithm = 'RS256'\npublic_key_file = '.'\n\
             [[jwt.keys]]\nid = 'k'\nalgorithm = 'RS256'\n\
             [[jwt.keys]]\nid = 'l'\nalgorithm = 'RS256'\nsecret = ''\npublic_key_file = ''\n"
        ),
        &expect![[r#"
            jwt.keys[1].id | is the same as that of a key before
            jwt.keys[0].secret | must be a secret, not a key in PEM format: write that as `public_key_file`
            jwt.keys[1].secret | must not be used with this algorithm, which needs a `public_key_file`
            jwt.keys[2].public_key_file | must not be used with this algorithm, which needs a `secret`
            jwt.keys[3].public_key_file | must hold a public key that fits the algorithm
            jwt.keys[4].public_key_file | must hold a public key that fits the algorithm
            jwt.keys[5].algorithm | must be one of `algorithms`
            jwt.keys[6].public_key_file | must hold a public key in PEM format: `-----BEGIN PUBLIC KEY-----`
            jwt.keys[7].public_key_file | must hold a public key in PEM format: `-----BEGIN PUBLIC KEY-----`
            jwt.keys[8].public_key_file | cannot be read: No such file or directory (os error 2)
            jwt.keys[9].public_key_file | cannot be read: it is a device, not a regular file
            jwt.keys[10].public_key_file | cannot be read: Is a directory (os error 21)
            jwt.keys[11] | must have either `secret` or `public_key_file`
            jwt.keys[12] | must have either `secret` or `public_key_file`"#]],
    );
    rejects(&WITH_SECRET.repeat(5), &expect!["jwt.keys | must each have an `id`, except for 4"]);
}

#[test]
fn what_is_checked_about_tokens_makes_sense() {
    rejects(
        &format!(
            "realm = 'a\"b'\n[jwt]\nalgorithms = []\nissuer = ''\naudience = []\nleeway = '11m'\n\
             required_claims = ['']\nsubject_claim = ''\nheader = 'a b'\ncookie = 'a=b'\n\
             {WITH_SECRET}"
        ),
        &expect![[r#"
            realm | must be a text of visible ASCII characters without `"` and `\`
            jwt.algorithms | must not be empty
            jwt.header | must be the name of a header
            jwt.cookie | must be the name of a cookie
            jwt.leeway | must be whole seconds, and `10m` at most
            jwt.issuer | must not be empty
            jwt.audience | must not be empty
            jwt.required_claims[0] | must not be empty
            jwt.subject_claim | must not be empty"#]],
    );
    rejects(
        &format!(
            "realm = ''\n[jwt]\naudience = ['']\nleeway = '1500ms'\nheader = 'Cookie'\n\
             jwks_file = 'no.json'\njwks_refresh = '500ms'\n{WITH_SECRET}"
        ),
        &expect![[r#"
            realm | must be a text of visible ASCII characters without `"` and `\`
            jwt.leeway | must be whole seconds, and `10m` at most
            jwt.audience[0] | must not be empty
            jwt.jwks_refresh | must be at least `1s`
            jwt.jwks_file | cannot be read: No such file or directory (os error 2)
            jwt.header | must not be `cookie` | name the cookie in `cookie`"#]],
    );
    rejects(
        &format!(
            "[jwt]\nheader = 'X-Key'\n{WITH_SECRET}\
             [[api_keys]]\nname = 'a'\nkey = 'sixteen letters!'\nheader = 'x-key'\n\
             [[api_keys]]\nname = 'b'\nkey = 'sixteen letters?'\nheader = 'authorization'\n\
             [[api_keys]]\nname = 'c'\nkey = 'sixteen letters.'\nheader = 'a:b'\n"
        ),
        &expect![[r#"
            api_keys[1].header | must be a header of its own, such as `x-api-key`
            api_keys[2].header | must be the name of a header
            jwt.header | must not be a header of `api_keys`"#]],
    );
}

#[test]
fn algorithms_that_prove_nothing_do_not_exist() {
    for name in ["none", "NONE", "hs256", "RS1", ""] {
        let message = misread(&format!("[[jwt.keys]]\nalgorithm = '{name}'\nsecret = 'x'\n"));
        assert!(message.starts_with(&format!("unknown variant `{name}`")), "{message}");
    }
    assert!(misread("[jwt]\nalgorithm = ['HS256']\n").starts_with("unknown field `algorithm`"));
    assert!(misread("publick = []").starts_with("unknown field `publick`"));
}

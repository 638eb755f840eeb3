//! Files of keys that change, and tokens that are signed with keys nobody knew a moment ago.
//! Does not know which keys can be used.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::super::guard::Guard;
use super::super::policy::Policy;
use super::super::token::Look;
use super::support::{
    Files, WITH_SECRET, ask_bearing, claims, edwards, parts, public, set, signed, token, who,
    with_id,
};
use crate::extension::{Decision, Hook, Request, Transport};
use crate::telemetry::{Flush, Format, Level, LogSettings, Logger, MAX_LINE};

fn key(number: u8, id: &str) -> Value {
    public(&edwards(number), Algorithm::EdDSA, json!({ "kid": id }))
}

/// A log whose lines can be read.
fn log() -> (Logger, Flush, Receiver<String>) {
    let settings = LogSettings {
        format: Format::Json,
        level: Level::Info,
        fixed: Vec::new(),
        local_timestamp: false,
        max_line: MAX_LINE,
    };
    let (sender, lines) = channel();
    let (logger, flush) = Logger::start(&settings, Lines(sender), |_| ()).unwrap();
    (logger, flush, lines)
}

/// Bounds waits for what happens soon.
const PATIENCE: Duration = Duration::from_secs(30);

/// A look at the file that says nothing, and what it would log.
fn looks(policy: &Policy) -> Look {
    let settings = LogSettings {
        format: Format::Json,
        level: Level::Fatal,
        fixed: Vec::new(),
        local_timestamp: false,
        max_line: MAX_LINE,
    };
    let (logger, flush) = Logger::start(&settings, std::io::sink(), |_| ()).unwrap();
    drop(flush);
    policy.tokens.as_ref().unwrap().look(logger).unwrap()
}

#[test]
fn keys_are_taken_over_from_a_changed_file() {
    let files = Files::new("rotation", &set(&[key(1, "one")]));
    let policy = files.policy(WITH_SECRET).unwrap();
    let mut look = looks(&policy);
    let guard = Guard::new(policy, "greeter");
    let one = || who(&guard, &with_id(Algorithm::EdDSA, "one"), &edwards(1));
    let two = || who(&guard, &with_id(Algorithm::EdDSA, "two"), &edwards(2));
    assert_eq!([one(), two()], ["ann", "refused: token_key"]);

    files.write(&set(&[key(1, "one"), key(2, "two")]).to_string());
    assert_eq!(two(), "refused: token_key");
    look.again();
    assert_eq!([one(), two()], ["ann", "ann"]);

    // A key that is gone is good for nothing, not even for tokens that were seen before.
    files.write(&set(&[key(2, "two")]).to_string());
    look.again();
    assert_eq!([one(), two()], ["refused: token_key", "ann"]);
    assert_eq!(ask_bearing(&guard, &token(json!({}))).who(), Ok("ann"));
}

#[test]
fn keys_stay_when_the_file_is_unusable() {
    let key = public(&edwards(1), Algorithm::EdDSA, json!({}));
    let files = Files::new("unusable", &set(std::slice::from_ref(&key)));
    let policy = files.policy("").unwrap();
    let mut look = looks(&policy);
    let guard = Guard::new(policy, "greeter");
    let one = || who(&guard, &Header::new(Algorithm::EdDSA), &edwards(1));

    for text in ["", "{\"keys\": []}", "{\"keys\": [{\"kty\": \"oct\", \"k\": \"\"}]}"] {
        files.write(text);
        look.again();
        assert_eq!(one(), "ann");
    }
    fs::remove_file(files.path()).unwrap();
    look.again();
    assert_eq!(one(), "ann");
    assert!(look.trouble.as_ref().is_some_and(|trouble| trouble.starts_with("cannot be read")));

    files.write(&set(&[key]).to_string());
    look.again();
    assert_eq!(one(), "ann");
    assert_eq!(look.trouble, None);
}

#[test]
fn a_changed_file_is_noticed() {
    let key = |number: u8| public(&edwards(number), Algorithm::EdDSA, json!({}));
    let files = Files::new("noticed", &set(&[key(1)]));
    let mut policy = files.policy("jwks_refresh = '1s'\n").unwrap();
    let (logger, flush, lines) = log();
    policy.watch(&logger).unwrap();
    let guard = Arc::new(Guard::new(policy, "greeter"));

    files.write(&set(&[key(2)]).to_string());

    let line = lines.recv_timeout(PATIENCE).unwrap();
    assert!(line.contains("\"msg\":\"keys for tokens read again\""), "{line}");
    assert!(line.contains("\"keys\":1") && line.contains("keys.json"), "{line}");
    assert_eq!(who(&guard, &Header::new(Algorithm::EdDSA), &edwards(2)), "ann");
    drop(flush);
}

/// Sends on what is written.
struct Lines(Sender<String>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        drop(self.0.send(String::from_utf8_lossy(bytes).into_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_new_key_counts_beside_one_that_cannot_be_used() {
    let files = Files::new("rotation-beside", &set(&[key(1, "one")]));
    let policy = files.policy("").unwrap();
    let (logger, flush, lines) = log();
    let mut look = policy.tokens.as_ref().unwrap().look(logger).unwrap();
    let guard = Guard::new(policy, "greeter");

    let broken = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "broken" });
    files.write(&set(&[broken, key(2, "two")]).to_string());
    look.again();
    look.again();

    assert_eq!(who(&guard, &with_id(Algorithm::EdDSA, "two"), &edwards(2)), "ann");
    drop(look);
    let _ = flush.finish(PATIENCE);
    let text: String = lines.iter().collect();
    let told: Vec<_> = text.lines().filter(|line| line.contains("cannot be used")).collect();
    let [told] = told[..] else { panic!("{text}") };
    assert!(told.contains("\"level\":\"WARN\""), "{told}");
    assert!(told.contains("number 1 (`kid` `broken`): `x` is no key of Ed25519"), "{told}");
}

/// Asks with a token of this key, and waits for what that leads to.
async fn who_at_last(guard: &Guard, number: u8, id: &str) -> bool {
    let token = signed(&with_id(Algorithm::EdDSA, id), &claims(json!({})), &edwards(number));
    let value = format!("Bearer {token}");
    let mut parts = parts("GET", "/private", &[("authorization", &value)]);
    let mut request =
        Request::new(Transport::Http, &mut parts, ([127, 0, 0, 1], 1).into(), 0, "id".into());
    matches!(guard.on_request(&mut request).await, Decision::Pass)
}

#[tokio::test]
async fn a_token_of_a_key_that_is_new_is_known_at_once() {
    let files = Files::new("at-once", &set(&[key(1, "one")]));
    let mut policy = files.policy("jwks_refresh = '1h'\n").unwrap();
    let (logger, flush, _lines) = log();
    policy.watch(&logger).unwrap();
    let guard = Guard::new(policy, "greeter");
    files.write(&set(&[key(1, "one"), key(2, "two")]).to_string());

    assert!(who_at_last(&guard, 1, "one").await);
    // A disk that takes longer than requests wait for it is not what this is about.
    let deadline = Instant::now() + PATIENCE;
    while !who_at_last(&guard, 2, "two").await {
        assert!(Instant::now() < deadline, "the key is never found");
    }
    drop(flush);
}

#[tokio::test]
async fn made_up_keys_do_not_keep_the_disk_busy() {
    let files = Files::new("made-up", &set(&[key(1, "one")]));
    let mut policy = files.policy("jwks_refresh = '1h'\n").unwrap();
    let (logger, flush, _lines) = log();
    policy.watch(&logger).unwrap();
    let looks = policy.tokens.as_ref().unwrap().looks();
    let guard = Guard::new(policy, "greeter");
    let begun = Instant::now();

    for number in 0..200 {
        assert!(!who_at_last(&guard, 9, &format!("made-up-{number}")).await);
    }

    let looks = *looks.borrow();
    assert!((1..=begun.elapsed().as_secs() + 1).contains(&looks), "{looks}");
    drop(flush);
}

//! Files of keys and tokens, damaged: no panic, and no stranger is taken for somebody.

use jsonwebtoken::{Algorithm, Header};
use serde_json::json;

use super::super::guard::Guard;
use super::support::{
    Files, WITH_SECRET, ask_bearing, edwards, elliptic, guard, public, rsa, set, token, who,
    with_id,
};
use crate::fuzz;

#[test]
fn fuzz_key_sets() {
    let keys = [
        public(&rsa(), Algorithm::RS256, json!({ "kid": "r" })),
        public(&elliptic(1), Algorithm::ES256, json!({ "kid": "e", "use": "sig" })),
        public(&edwards(1), Algorithm::EdDSA, json!({ "kid": "d", "key_ops": ["verify"] })),
    ];
    let (all, one) = (set(&keys).to_string(), set(&keys[2..]).to_string());
    let files = Files::new("fuzz", &json!(null));
    fuzz::damage_text(&[&all, &one], |text| {
        files.write(text);
        let Ok(policy) = files.policy("") else { return };
        let warnings = policy.warnings.iter();
        assert!(warnings.clone().all(|one| !one.message.contains(char::is_control)));
        let guard = Guard::new(policy, "greeter");
        for header in [Header::new(Algorithm::EdDSA), with_id(Algorithm::EdDSA, "d")] {
            assert!(who(&guard, &header, &edwards(9)).starts_with("refused"), "{text}");
        }
    });
}

#[test]
fn fuzz_tokens() {
    let guard = guard(WITH_SECRET);
    let good = token(json!({ "roles": "user" }));
    fuzz::damage_text(&[&good], |token| {
        // What no header can hold does not come so far.
        if token.chars().all(|letter| matches!(letter, ' '..='~')) {
            let asked = ask_bearing(&guard, token);
            assert!(asked.who().is_err() || token.trim() == good, "{token}");
        }
    });
}

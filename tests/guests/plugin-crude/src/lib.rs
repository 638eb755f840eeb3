//! A plug-in that breaks the contract in ways that the SDK does not allow: the request's header `x-crude` says how.
//! Deliberately written without the SDK's traits.

#![cfg(target_family = "wasm")]

mikros_sdk::bindings!(
    mod bindings,
    world: "mikros:crude/crude",
    path: ["../../../wit", "../../../wit/plugin", "wit"],
);

use self::bindings::exports::mikros::plugin::request_hook::{
    Changes, Decision, Error, Guest, Identity, Refusal, Response,
};
use mikros_sdk::ServiceError;

struct Crude;

impl Guest for Crude {
    async fn on_request(head: Vec<u8>) -> Decision {
        let head = String::from_utf8(head).unwrap_or_default();
        let words = head.lines().find_map(|line| line.strip_prefix("x-crude: "));
        decide(words.unwrap_or("pass"))
    }
}

fn decide(word: &str) -> Decision {
    match word {
        "pass" => Decision::Pass,
        "nothing" => change(|_changes| ()),
        "no-colon" => set("x-a 1\r\n"),
        "no-name" => set(": 1\r\n"),
        "no-line-end" => set("x-a: 1"),
        "line-feed" => set("x-a: 1\nx-b: 2\r\n"),
        "carriage-return" => set("x-a: 1\rx-b: 2\r\n"),
        "zero" => set("x-a: \0\r\n"),
        "space-in-name" => set("x a: 1\r\n"),
        "space-before-colon" => set("x-a : 1\r\n"),
        "empty-line" => set("\r\n"),
        "folded" => set("x-a: 1\r\n x-b: 2\r\n"),
        "request-line" => set("GET / HTTP/1.1\r\nhost: evil\r\n"),
        "many" => set(&"x-a: 1\r\n".repeat(100_000)),
        "huge" => set(&format!("x-a: {}\r\n", "1".repeat(1 << 20))),
        "remove-no-name" => change(|changes| changes.remove = b"\r\n".to_vec()),
        "remove-line" => change(|changes| changes.remove = b"x-a: 1\r\n".to_vec()),
        "attributes-no-json" => attributes("{"),
        "attributes-no-object" => attributes("[1]"),
        "attributes-reserved" => attributes(r#"{"level":"fatal","msg":"x"}"#),
        "no-subject" => identify("", "crude", ""),
        "no-scheme" => identify("ada", "", ""),
        "claims-no-json" => identify("ada", "crude", "{"),
        "claims-no-object" => identify("ada", "crude", "7"),
        "refuse-crudely" => refuse(None),
        "refuse-200" => refuse(Some(200)),
        "refuse-1000" => refuse(Some(1000)),
        "answer-0" => answer(0, ""),
        "answer-100" => answer(100, ""),
        "answer-length" => answer(200, "content-length: 1\r\n"),
        "answer-chunked" => answer(200, "transfer-encoding: chunked\r\n"),
        name => set(&format!("{name}: 1\r\n")),
    }
}

fn change(change: impl FnOnce(&mut Changes)) -> Decision {
    let (set, remove) = (Vec::new(), Vec::new());
    let mut changes = Changes { set, remove, identity: None, attributes: String::new() };
    change(&mut changes);
    Decision::Change(changes)
}

fn set(lines: &str) -> Decision {
    change(|changes| changes.set = lines.as_bytes().to_vec())
}

fn attributes(text: &str) -> Decision {
    change(|changes| text.clone_into(&mut changes.attributes))
}

fn identify(subject: &str, scheme: &str, claims: &str) -> Decision {
    let (subject, scheme, claims) = (subject.to_owned(), scheme.to_owned(), claims.to_owned());
    change(|changes| changes.identity = Some(Identity { subject, scheme, claims }))
}

fn refuse(status: Option<u16>) -> Decision {
    let mut error = Error::from(ServiceError::permission_denied("refused crudely"));
    (error.status, error.attributes) = (status, Some("no object".to_owned()));
    Decision::Refuse(Refusal { error, headers: Vec::new() })
}

fn answer(status: u16, headers: &str) -> Decision {
    Decision::Answer(Response { status, headers: headers.into(), body: b"crude".to_vec() })
}

bindings::export!(Crude with_types_in bindings);

//! Decisions that break the contract: what a caller sees, what the log says, and that nothing else happens.
//! Does not know plug-ins that crash.

use std::fmt::Write as _;

use expect_test::expect;
use serde_json::json;

use super::{connect, echoes, get, json, plugin, probe_named, received, seen, streams};
use crate::support::grpc::Request;
use crate::support::http::{Response, request};
use crate::support::probe::{CONTEXT, ContextReply, Empty};
use crate::support::{Host, guests};

const UNDECIDED: &str = "feature-failed";

/// Everything that no decision may be, over HTTP and for RPCs alike; each is a word of `plugin-crude`.
const BREACHES: [&str; 36] = [
    "no-colon",
    "no-name",
    "no-line-end",
    "line-feed",
    "carriage-return",
    "zero",
    "space-in-name",
    "space-before-colon",
    "empty-line",
    "folded",
    "request-line",
    "many",
    "huge",
    "remove-no-name",
    "remove-line",
    "attributes-no-json",
    "attributes-no-object",
    "no-subject",
    "no-scheme",
    "claims-no-json",
    "claims-no-object",
    "refuse-200",
    "refuse-1000",
    "answer-0",
    "answer-100",
    "answer-length",
    "answer-chunked",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn crude(keys: &str) -> String {
    plugin("crude", guests::PLUGIN_CRUDE, keys)
}

fn ask(host: &Host, word: &str) -> Response {
    get(host, "/head", &format!("x-crude: {word}\r\nx-a: own\r\nx-request-id: {word}\r\n"))
}

#[test]
fn a_breach_refuses_the_request_and_says_why() {
    let host = Host::start(&echoes(&crude("")));

    for word in BREACHES {
        let response = ask(&host, word);
        assert_eq!(response.status, 503, "{word}: {response:?}");
        assert_eq!(response.header("x-a"), None, "{word}");
        let message = "the service is not available, try again";
        assert_eq!(json(&response)["message"], message, "{word}");
    }
    assert_eq!(seen(&host), "0");
    assert_eq!(received(&ask(&host, "pass"), "x-a"), ["own"]);

    let stopped = host.stop();
    let lost = stopped.lines("instance-lost");
    assert!(lost.is_empty(), "{lost:?}");
    let mut told = String::new();
    for line in stopped.lines(UNDECIDED) {
        assert_eq!((line.level(), line.text("feature")), ("ERROR", "crude"));
        assert_eq!(line.text("request"), "refused");
        let (word, reason) = (line.text("request_id"), line.text("error.message"));
        writeln!(told, "{word}: {}", reason.escape_debug()).expect("a string takes everything");
    }
    expect![[r#"
        no-colon: the plug-in returned an invalid decision: the header line `x-a 1` has no colon
        no-name: the plug-in returned an invalid decision: the header line `: 1` is malformed
        no-line-end: the plug-in returned an invalid decision: a header line does not end with CR LF
        line-feed: the plug-in returned an invalid decision: the header line `x-a: 1\nx-b: 2` is malformed
        carriage-return: the plug-in returned an invalid decision: the header line `x-a: 1\rx-b: 2` is malformed
        zero: the plug-in returned an invalid decision: the header line `x-a: \0` is malformed
        space-in-name: the plug-in returned an invalid decision: the header line `x a: 1` is malformed
        space-before-colon: the plug-in returned an invalid decision: the header line `x-a : 1` is malformed
        empty-line: the plug-in returned an invalid decision: the header line `` has no colon
        folded: the plug-in returned an invalid decision: the header line ` x-b: 2` is malformed
        request-line: the plug-in returned an invalid decision: the header line `GET / HTTP/1.1` has no colon
        many: the plug-in returned an invalid decision: its headers are larger than 16384 bytes
        huge: the plug-in returned an invalid decision: its headers are larger than 16384 bytes
        remove-no-name: the plug-in returned an invalid decision: `` is no name of a header
        remove-line: the plug-in returned an invalid decision: `x-a: 1` is no name of a header
        attributes-no-json: the plug-in returned an invalid decision: its attributes are no JSON object
        attributes-no-object: the plug-in returned an invalid decision: its attributes are no JSON object
        no-subject: the plug-in returned an invalid decision: an identity lacks its subject or its scheme
        no-scheme: the plug-in returned an invalid decision: an identity lacks its subject or its scheme
        claims-no-json: the plug-in returned an invalid decision: its claims are no JSON object
        claims-no-object: the plug-in returned an invalid decision: its claims are no JSON object
        refuse-200: the plug-in returned an invalid decision: its status is 200, expected 400 to 599
        refuse-1000: the plug-in returned an invalid decision: its status is 1000, expected 400 to 599
        answer-0: the plug-in returned an invalid decision: its status is 0, expected 200 to 599
        answer-100: the plug-in returned an invalid decision: its status is 100, expected 200 to 599
        answer-length: the plug-in returned an invalid decision: the header `content-length` is the host\'s to set
        answer-chunked: the plug-in returned an invalid decision: the header `transfer-encoding` is the host\'s to set
        connection: the plug-in returned an invalid decision: the header `connection` is the host\'s to set
        content-length: the plug-in returned an invalid decision: the header `content-length` is the host\'s to set
        host: the plug-in returned an invalid decision: the header `host` is the host\'s to set
        keep-alive: the plug-in returned an invalid decision: the header `keep-alive` is the host\'s to set
        proxy-connection: the plug-in returned an invalid decision: the header `proxy-connection` is the host\'s to set
        te: the plug-in returned an invalid decision: the header `te` is the host\'s to set
        trailer: the plug-in returned an invalid decision: the header `trailer` is the host\'s to set
        transfer-encoding: the plug-in returned an invalid decision: the header `transfer-encoding` is the host\'s to set
        upgrade: the plug-in returned an invalid decision: the header `upgrade` is the host\'s to set
    "#]].assert_eq(&told);
}

#[test]
fn with_the_other_policy_the_request_passes_as_it_was() {
    let host = Host::start(&echoes(&crude("on_failure = 'open'")));

    for word in BREACHES {
        let response = ask(&host, word);
        assert_eq!(received(&response, "x-a"), ["own"], "{word}");
        assert_eq!(received(&response, "x-crude"), [word]);
    }

    let stopped = host.stop();
    let lines = stopped.lines(UNDECIDED);
    assert_eq!(lines.len(), BREACHES.len());
    assert!(lines.iter().all(|line| line.text("request") == "passed"));
    assert!(stopped.lines("instance-lost").is_empty());
}

#[test]
fn rpcs_have_a_few_more_of_them() {
    let more = ["content-type", "grpc-status", "grpc-timeout", "grpc-encoding", "grpc-message"];
    let closed = Host::start(&streams(&crude("")));
    let open = Host::start(&streams(&crude("on_failure = 'open'")));
    let [mut refusing, mut passing] = [connect(&closed), connect(&open)];
    let request = |word: &str| {
        Request::new(CONTEXT).metadata("x-crude", word).metadata("x-a", "own").message(&Empty {})
    };

    for word in BREACHES.into_iter().chain(more) {
        let answer = refusing.call(request(word));
        assert_eq!((answer.code(), answer.messages.len()), (14, 0), "{word}: {answer:?}");
        let reply: ContextReply = passing.call(request(word)).reply();
        assert!(reply.metadata.contains(&"x-a: own".to_owned()), "{word}: {reply:?}");
    }
    assert_eq!(refusing.call(request("pass")).code(), 0);

    let stopped = closed.stop();
    assert_eq!(stopped.lines(UNDECIDED).len(), BREACHES.len() + more.len());
    assert_eq!(stopped.lines("an RPC asks what is known of it").len(), 1);
    open.stop();
}

#[test]
fn a_response_is_not_broken_either() {
    let breaches = [
        "break-line",
        "set=content-length:1",
        "remove=content-length",
        "set=transfer-encoding:chunked",
        "set=connection:close",
        "set=a b:1",
    ];
    for (policy, status) in [("closed", 500), ("open", 200)] {
        let keys = format!("on_failure = '{policy}'");
        let host = Host::start(&echoes(&probe_named("probe", &keys, "")));

        for breach in breaches {
            // What stands before it is not done either.
            let actions = format!("set=x-a:1, attribute=a:1, {breach}");
            let headers = format!("reply-x-probe: {actions}\r\nreply-x-own: 1\r\n");
            let response = request(host.port(), "POST", "/reply", &headers, b"hello");
            assert_eq!((response.status, response.header("x-a")), (status, None), "{breach}");
            assert_eq!(response.header("x-forged"), None, "{breach}");
            if policy == "open" {
                assert_eq!(response.header("x-own"), Some("1"), "{breach}");
                assert_eq!(response.text(), "hello", "{breach}");
            }
        }

        let stopped = host.stop();
        assert_eq!(stopped.lines(UNDECIDED).len(), breaches.len(), "{policy}");
        assert!(stopped.lines("instance-lost").is_empty(), "{policy}");
        assert!(stopped.lines("request-answered").iter().all(|line| !line.has("a")), "{policy}");
    }
}

#[test]
fn what_is_odd_and_allowed_does_no_harm() {
    let host = Host::start(&echoes(&crude("")));

    assert_eq!(received(&ask(&host, "nothing"), "x-a"), ["own"]);
    // What the host says of a line stays what it says.
    assert_eq!(ask(&host, "attributes-reserved").status, 200);
    let answered = host.wait_until("the answer in the log", |log| {
        let is_it = |line: &&crate::support::Line| {
            line.has("request_id") && line.text("request_id") == "attributes-reserved"
        };
        log.iter().find(is_it).cloned()
    });
    assert_eq!((answered.level(), answered.name()), ("DEBUG", "request-answered"));
    assert_eq!(answered.text("attributes.level"), "fatal");
    host.stop();
}

#[test]
fn attributes_of_a_refusal_that_are_none_are_left_out() {
    let words = "x-crude: refuse-403\r\n";
    let host = Host::start(&echoes(&crude("")));

    // An unknown word is a header of that name.
    assert_eq!(received(&get(&host, "/head", words), "refuse-403"), ["1"]);
    let refused = get(&host, "/head", "x-crude: refuse-crudely\r\n");

    assert_eq!(refused.status, 403);
    let problem = json(&refused);
    assert_eq!(problem["message"], "refused crudely");
    assert!(problem.get("attributes").is_none_or(|found| *found == json!(null)), "{problem}");
    host.stop();
}

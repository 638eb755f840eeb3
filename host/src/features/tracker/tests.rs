//! Ids of clients, and what becomes of them.

use futures_util::FutureExt;
use serde_json::json;

use super::*;
use crate::extension::Transport;
use crate::features::testing;

/// What became of a request whose headers were `sent`, and whose id the host had made `taken`.
#[derive(Debug)]
struct Outcome {
    /// The message of the refusal.
    refusal: Option<String>,
    id: String,
    /// What the service sees of the header.
    seen: Vec<String>,
    is_hidden: bool,
}

fn track(settings: serde_json::Value, sent: &[&str], taken: &str) -> Outcome {
    let header = HeaderName::from_static("x-trace");
    let settings = serde_json::from_value(settings).unwrap();
    let tracking = Tracking { settings, header: header.clone() };
    let head = sent.iter().fold(http::Request::get("/"), |head, id| head.header(&header, *id));
    let mut parts = testing::parts(head.header("x-request-id", "of no interest"));
    let mut request = testing::request(Transport::Grpc, &mut parts, "127.0.0.1");
    request.set_id(taken);

    let decision = tracking.on_request(&mut request).now_or_never().unwrap();

    let refusal = match decision {
        Decision::Pass => None,
        Decision::Answer(answer) => {
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (400, tonic::Code::InvalidArgument)
            );
            Some(format!("{:?}", answer.content))
        }
    };
    let seen = request.headers().get_all(&header).iter();
    let seen = seen.map(|value| value.to_str().unwrap().to_owned()).collect();
    Outcome { refusal, id: request.id().to_string(), seen, is_hidden: request.found.hides_id }
}

fn version(id: &str) -> usize {
    Uuid::parse_str(id).unwrap().get_version_num()
}

#[test]
fn an_id_that_was_taken_over_stays() {
    for incoming in ["accept", "require"] {
        for generator in ["uuid_v7", "uuid_v4"] {
            let settings = json!({ "incoming": incoming, "generator": generator });

            let outcome = track(settings, &["order-7"], "order-7");

            assert_eq!((outcome.refusal, outcome.id.as_str()), (None, "order-7"));
            assert_eq!(outcome.seen, ["order-7"]);
        }
    }
}

#[test]
fn a_missing_or_malformed_id_is_replaced_also_before_the_service() {
    for sent in [&[][..], &["two words"], &["a", "a"]] {
        let kept = track(json!({}), sent, "made-by-the-host");
        let random = track(json!({ "generator": "uuid_v4" }), sent, "made-by-the-host");

        assert_eq!((kept.id.as_str(), kept.seen), ("made-by-the-host", vec![kept.id.clone()]));
        assert_eq!((version(&random.id), random.seen), (4, vec![random.id.clone()]));
    }
}

#[test]
fn replace_gives_every_request_an_id_of_its_own() {
    for (generator, expected) in [("uuid_v7", 7), ("uuid_v4", 4)] {
        let settings = json!({ "incoming": "replace", "generator": generator });
        for sent in [&[][..], &["order-7"]] {
            let one = track(settings.clone(), sent, "order-7");
            let two = track(settings.clone(), sent, "order-7");

            assert_eq!((version(&one.id), one.seen), (expected, vec![one.id.clone()]));
            assert_ne!(one.id, two.id);
        }
    }
}

#[test]
fn require_refuses_requests_without_a_usable_id() {
    let refusal = |sent| track(json!({ "incoming": "require" }), sent, "made").refusal.unwrap();

    assert!(refusal(&[]).contains("the header `x-trace` is missing"));
    assert!(refusal(&[""]).contains("the header `x-trace` is malformed"));
    assert!(refusal(&["made", "made"]).contains("the header `x-trace` is malformed"));
}

#[test]
fn the_id_is_told_unless_the_settings_say_otherwise() {
    assert!(!track(json!({}), &["a"], "a").is_hidden);
    assert!(track(json!({ "response_header": false }), &["a"], "a").is_hidden);
    let refused = track(json!({ "incoming": "require", "response_header": false }), &[], "a");
    assert!(refused.is_hidden && refused.refusal.is_some());
}

#[test]
fn settings_are_words() {
    for settings in [
        json!({ "incoming": "trust" }),
        json!({ "generator": "ulid" }),
        json!({ "response_header": "yes" }),
        json!({ "incomming": "accept" }),
    ] {
        assert!(serde_json::from_value::<Settings>(settings.clone()).is_err(), "{settings}");
    }
}

#[test]
fn defaults_are_as_told() {
    testing::defaults_are_as_told::<Settings>(&json!({}));
}

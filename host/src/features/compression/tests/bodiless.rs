//! Responses to HEAD and with status 304, which stand for others.
//! Does not know how bodies are encoded.

use super::*;

#[test]
fn head_agrees_with_get() {
    let rules = compressing(json!({}));
    let get_of = |length: usize, accepted| {
        let whole = reply_with(whole(vec![b'x'; length]), &[("etag", "\"abc\"")]);
        sent(&rules, get(accepted), whole).headers
    };
    for accepted in ["gzip", "zstd", "br"] {
        for length in ["5", "6000"] {
            // The body is there, or only its length is.
            let size = length.parse().unwrap();
            let announcing = [("etag", "\"abc\""), ("content-length", length)];
            for head in [
                reply_with(whole(vec![b'x'; size]), &[("etag", "\"abc\"")]),
                reply_with(whole(Vec::new()), &announcing),
            ] {
                let request = get(accepted).method("HEAD");

                let mut head = sent(&rules, request, head);

                if head.encoding().is_none() {
                    head.headers.remove("content-length");
                }
                assert_eq!(head.headers, get_of(size, accepted), "{accepted} {length}");
                assert!(head.encoding().is_none() || head.bytes().is_empty());
            }
        }
    }
    // Nobody knows.
    let unknown = sent(&rules, get("gzip").method("HEAD"), reply(whole(Vec::new())));
    assert_eq!((unknown.encoding(), unknown.varies()), (None, true));
}

#[test]
fn a_304_that_does_not_depend_on_the_encoding_stays_as_it_is() {
    for (name, value) in [("content-type", "image/png"), ("cache-control", "no-transform")] {
        let untouched = Reply { status: 304, ..reply_with(whole(Vec::new()), &[(name, value)]) };
        let headers = untouched.headers.clone();

        assert_eq!(sent(&compressing(json!({})), get("gzip"), untouched).headers, headers);
    }
}

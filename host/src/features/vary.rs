//! The header `vary`, which several features add to.
//!
//! Does not know why a response depends on what.

use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};

/// Says that a response depends on a header of the request, unless it says so already.
pub(super) fn add(headers: &mut HeaderMap, name: HeaderName) {
    let is_said = headers.get_all(VARY).iter().any(|value| says(value.as_bytes(), &name));
    if !is_said {
        headers.append(VARY, HeaderValue::from(name));
    }
}

fn says(value: &[u8], name: &HeaderName) -> bool {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|one| one == b"*" || one.eq_ignore_ascii_case(name.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{ACCEPT_ENCODING, ORIGIN};

    #[test]
    fn a_name_is_added_once_and_to_what_is_there() {
        for (before, after) in [
            (&[][..], &["origin"][..]),
            (&["Origin"], &["Origin"]),
            (&["accept, ORIGIN"], &["accept, ORIGIN"]),
            (&["*"], &["*"]),
            (&["x-origin"], &["x-origin", "origin"]),
            (&["accept", "cookie"], &["accept", "cookie", "origin"]),
        ] {
            let mut headers = HeaderMap::new();
            for value in before {
                headers.append(VARY, HeaderValue::from_static(value));
            }

            add(&mut headers, ORIGIN);

            assert_eq!(headers.get_all(VARY).iter().collect::<Vec<_>>(), after);
        }
    }

    #[test]
    fn names_do_not_get_into_each_other_s_way() {
        let mut headers = HeaderMap::new();

        add(&mut headers, ORIGIN);
        add(&mut headers, ACCEPT_ENCODING);

        assert_eq!(headers.get_all(VARY).iter().count(), 2);
    }
}

//! Everything wrong at once: what a user reads in the worst case.

use expect_test::expect_file;

use super::parse;
use crate::definition::LoadError;

#[test]
fn every_mistake_is_reported_at_once() {
    let text = include_str!("everything.toml");
    let list = [("MIKROS_HTTP_PORT", "abc"), ("MIKROS_TRACKER_HEADER_NAME", "a b"), ("EMPTY", "")];

    let problems = parse(text, &list).unwrap_err();

    let error = LoadError::Invalid { path: "everything.toml".into(), problems };
    expect_file!["everything.txt"].assert_eq(&error.to_string());
}

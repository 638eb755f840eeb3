//! What the compiler says when an author makes a mistake; each file in `ui` is named after one.
//!
//! `TRYBUILD=overwrite cargo test -p mikros-sdk --test ui` accepts new texts.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

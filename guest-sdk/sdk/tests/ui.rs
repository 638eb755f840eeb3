//! What the compiler says when an author makes a mistake; each file in `ui` is named after one.
//!
//! `TRYBUILD=overwrite cargo test -p mikros-sdk --all-features --test ui` accepts new texts; those in `grpc` are of this
//! feature, those in `without_grpc` are accepted without it. No other feature changes a text.

#[test]
fn mistakes_are_explained() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("tests/ui/*.rs");
    if cfg!(feature = "grpc") {
        tests.compile_fail("tests/ui/grpc/*.rs");
    } else {
        tests.compile_fail("tests/ui/without_grpc/*.rs");
    }
}

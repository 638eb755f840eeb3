//! What the compiler says when an author makes a mistake; each file in `ui` is named after one.
//!
//! `TRYBUILD=overwrite cargo test --workspace --test ui` accepts new texts, those in `grpc` are of this feature and
//! the others that the workspace has; with `-p mikros-sdk` those in `without_grpc`.

#[test]
#[cfg_attr(
    feature = "static-files",
    ignore = "the texts list what implements a trait: more than with the features of the workspace"
)]
fn mistakes_are_explained() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("tests/ui/*.rs");
    if cfg!(feature = "grpc") {
        tests.compile_fail("tests/ui/grpc/*.rs");
    } else {
        tests.compile_fail("tests/ui/without_grpc/*.rs");
    }
}

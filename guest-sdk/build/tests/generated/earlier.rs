//! What is left of an earlier build. Builds are processes, so this program starts itself.

use std::fs;
use std::process::Command;

use mikros_sdk_build::configure;

use super::scratch::Scratch;

/// Where the process that is started finds what to compile, with a directory for each call; none in a test run.
const DIRECTORIES: &str = "MIKROS_SDK_BUILD_TEST";

/// The build script, if it is started by a test.
#[test]
fn build_script() {
    let Some(directories) = variable(DIRECTORIES) else { return };
    for directory in directories.split(',') {
        let paths = fs::read_dir(directory).expect("the directory can be read");
        let paths = paths.map(|entry| entry.expect("it can be read").path());
        let files: Vec<_> = paths.filter(|path| path.is_file()).collect();
        configure().compile_protos(&files, &[directory]).expect("it compiles");
    }
}

/// Runs the build script with the protobuf files in each of `directories`, one call for each.
#[track_caller]
fn build(scratch: &Scratch, directories: &[&str]) {
    let program = std::env::current_exe().expect("a test knows its program");
    let directories = directories.iter().map(|it| scratch.path().join(it).display().to_string());
    let directories = directories.collect::<Vec<_>>().join(",");
    let output = Command::new(program)
        .args(["--exact", "earlier::build_script"])
        .env("OUT_DIR", scratch.out())
        .env(DIRECTORIES, directories)
        .output()
        .expect("a test can be started again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::disallowed_methods, reason = "the test starts itself")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

const LIST: &str = "mikros-sdk-build.files";

#[test]
fn files_of_a_package_that_is_renamed_are_removed() {
    let scratch = Scratch::new(
        "earlier-renamed",
        &[("a/a.proto", "package Before;\nservice Some {}\nmessage A {}\n")],
    );
    build(&scratch, &["a"]);
    assert_eq!(scratch.files(), ["Before.Some.descriptors", "Before.rs", "before.rs", LIST]);
    fs::write(scratch.out().join("other.rs"), "").expect("it can be written");

    scratch.write("a/a.proto", "package after;\nservice Some {}\nmessage A {}\n");
    build(&scratch, &["a"]);

    assert_eq!(scratch.files(), ["after.Some.descriptors", "after.rs", LIST, "other.rs"]);
}

#[test]
fn a_file_that_somebody_else_has_put_in_its_place_stays() {
    let scratch = Scratch::new("earlier-replaced", &[("a/a.proto", "package a;\nmessage A {}\n")]);
    build(&scratch, &["a"]);
    fs::write(scratch.out().join("a.rs"), "// By hand.").expect("it can be written");

    scratch.write("a/a.proto", "package b;\nmessage A {}\n");
    build(&scratch, &["a"]);

    assert_eq!(scratch.files(), ["a.rs", "b.rs", LIST]);
}

#[test]
fn what_a_later_call_writes_is_as_old_as_before() {
    let scratch = Scratch::new(
        "earlier-calls",
        &[("a/a.proto", "package a;\nmessage A {}\n"), ("b/b.proto", "package b;\nmessage B {}\n")],
    );
    let modified = |file: &str| {
        let metadata = fs::metadata(scratch.out().join(file)).expect("the file is there");
        metadata.modified().expect("there is a clock")
    };
    build(&scratch, &["a", "b"]);
    let before = [modified("a.rs"), modified("b.rs")];

    build(&scratch, &["a", "b"]);

    assert_eq!([modified("a.rs"), modified("b.rs")], before);
    build(&scratch, &["a"]);
    assert_eq!(scratch.files(), ["a.rs", LIST]);
}

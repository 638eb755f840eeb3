//! Reading the file, and the text a user gets when there is none to check.

use std::fs;
use std::path::PathBuf;

use expect_test::expect;

use super::with;
use crate::definition::{Definition, LoadContext, LoadError};

/// A file that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Self {
        let directory =
            std::env::temp_dir().join(format!("definition-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("service.toml"), content).unwrap();
        Self(directory)
    }

    fn load(&self) -> Result<Definition, LoadError> {
        Definition::load(&self.0.join("service.toml"), &LoadContext::default())
    }

    /// The error with its cause and help, as a user sees them, without the scratch directory.
    fn message(&self) -> String {
        let error = self.load().unwrap_err();
        error.to_string().replace(&*self.0.to_string_lossy(), "<scratch>")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn a_valid_file_is_loaded() {
    let scratch = Scratch::new("valid", with(&[], "").as_bytes());

    let definition = scratch.load().unwrap();

    assert_eq!(definition.identity.name, "greeter");
    assert_eq!(definition.host.component, scratch.0.join("greeter.wasm"));
    assert_eq!(definition.path, scratch.0.join("service.toml"));
}

#[test]
fn problems_are_listed_with_the_path() {
    let scratch = Scratch::new("invalid", with(&[("product", "5")], "zzz = 1\n").as_bytes());

    expect![[r#"
        invalid service definition
          <scratch>/service.toml:5:11: `product` must be a string, found the integer `5`
            5 | product = 5
              |           ^
            help: for example `"Matrix"`
          <scratch>/service.toml:8:1: unknown key `host.zzz`
            8 | zzz = 1
              | ^^^"#]]
    .assert_eq(&scratch.message());
    assert_eq!(scratch.load().unwrap_err().problems().len(), 2);
    assert_eq!(scratch.load().unwrap_err().help(), None);
}

#[test]
fn a_file_that_is_not_utf_8_has_a_place() {
    let scratch = Scratch::new("latin", b"name = \"a\"\nproduct = \"caf\xe9\"\n");

    expect![[r#"
        invalid service definition
          <scratch>/service.toml:2:15: invalid TOML: this byte is not UTF-8
            2 | product = "caf
              |               ^
            help: save the file as UTF-8"#]]
    .assert_eq(&scratch.message());
}

#[test]
fn a_file_of_utf_16_is_one_problem() {
    let text = with(&[], "");
    let little = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let marked = [&[0xff, 0xfe], little.as_slice()].concat();
    for (name, bytes) in [("little", little), ("big", big), ("marked", marked)] {
        expect![[r#"
            invalid service definition
              <scratch>/service.toml:1:1: invalid TOML: the file is UTF-16, not UTF-8
                help: save the file as UTF-8"#]]
        .assert_eq(&Scratch::new(name, &bytes).message());
    }
}

#[test]
fn a_missing_file_says_what_to_pass() {
    let error =
        Definition::load("nope/service.toml".as_ref(), &LoadContext::default()).unwrap_err();

    expect!["cannot read `nope/service.toml`"].assert_eq(&error.to_string());
    expect![
        "pass the path of the service's `service.toml`, or make a service with `mikros-host new`"
    ]
    .assert_eq(error.help().unwrap());
    assert!(error.problems().is_empty());
}

#[test]
fn a_directory_is_not_a_file() {
    let error = Definition::load(&std::env::temp_dir(), &LoadContext::default()).unwrap_err();

    expect!["pass the `service.toml`, not its directory"].assert_eq(error.help().unwrap());
}

#[test]
fn an_endless_file_is_not_read() {
    let scratch = Scratch::new("large", &vec![b'#'; 2 << 20]);

    let error = scratch.load().unwrap_err();

    let LoadError::Read { source, .. } = error else { panic!("expected a read error") };
    expect!["it is larger than 1048576 bytes"].assert_eq(&source.to_string());
}

#[test]
fn problems_serialise_for_machines() {
    let text = with(&[("envs", "[\"A\"]"), ("product", "5")], "");
    let list = [("MIKROS_HTTP_PORT", "x")];

    let problems = super::parse(&text, &list).unwrap_err();

    expect![[r#"
        [
          {
            "line": 5,
            "column": 11,
            "message": "`product` must be a string, found the integer `5`",
            "help": "for example `\"Matrix\"`"
          },
          {
            "line": 6,
            "column": 9,
            "message": "environment variable `A` is not set",
            "help": "set `A`, or `GREETER__A` for this service only"
          },
          {
            "message": "`MIKROS_HTTP_PORT` must be a port from 0 to 65535",
            "help": "unset it for the default `8080`"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&problems).unwrap());
}

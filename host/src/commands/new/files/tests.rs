//! Every service that can be made has a valid definition, and text without gaps.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::kinds::Kinds;
use super::super::sdk::Sdk;
use super::*;
use crate::cli::parse_kind;
use crate::definition::{Definition, LoadContext};
use crate::extension::Extensions;
use crate::kinds;

/// Every set of kinds that can live in one component.
const SETS: [&[&str]; 13] = [
    &["http"],
    &["grpc"],
    &["native"],
    &["cronjob"],
    &["script"],
    &["http", "grpc"],
    &["http", "native"],
    &["http", "cronjob"],
    &["grpc", "native"],
    &["grpc", "cronjob"],
    &["native", "cronjob"],
    &["http", "grpc", "native", "cronjob"],
    &["native", "grpc:0", "http:80"],
];

/// As a service in this directory gets it from this checkout.
fn sdk(directory: &str) -> Supply {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Sdk::find(Some(checkout)).and_then(|sdk| sdk.supply(Path::new(directory))).unwrap()
}

fn outline(kinds: &[&str]) -> Outline {
    let kinds: Vec<_> = kinds.iter().map(|kind| parse_kind(kind).unwrap()).collect();
    Outline {
        name: "say-hello".to_owned(),
        library: "say_hello".to_owned(),
        product: "The \"Matrix\"".to_owned(),
        kinds: Kinds::choose(&kinds, None).unwrap(),
        directory: "/home/ada/say-hello".into(),
        target: "/home/ada/say-hello".into(),
        sdk: sdk("/home/ada/say-hello"),
        schema: "{}".to_owned(),
    }
}

#[track_caller]
fn parse(text: &str) -> Definition {
    let shipped = Extensions::new(Vec::new(), kinds::shipped()).unwrap();
    let load_context =
        LoadContext { catalogue: shipped.catalogue().clone(), ..LoadContext::default() };
    let definition = Definition::parse(Path::new("service.toml"), text, &load_context);
    definition.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

#[test]
fn every_definition_is_valid() {
    for kinds in SETS {
        let definition = parse(&outline(kinds).definition().unwrap()[0].text);

        let found: Vec<_> = definition.kinds.iter().map(crate::definition::Kind::name).collect();
        let expected: Vec<_> = kinds.iter().map(|kind| kind.split(':').next().unwrap()).collect();
        assert_eq!(found, expected);
        assert_eq!(definition.identity.product, "The \"Matrix\"");
        assert!(definition.warnings.is_empty(), "{:?}", definition.warnings);
    }
}

#[test]
fn what_is_commented_out_is_the_default() {
    for kinds in SETS {
        let text = outline(kinds).definition().unwrap().swap_remove(0).text;
        let is_key = |line: &str| line.starts_with("# ") && line.contains(" = ");
        let with: Vec<_> = text
            .lines()
            .map(|line| if is_key(line) { line.trim_start_matches("# ") } else { line })
            .collect();

        let (plain, with) = (parse(&text), parse(&with.join("\n")));

        assert_eq!(with.host, plain.host);
        assert_eq!(with.log, plain.log);
    }
}

#[test]
fn a_member_of_a_workspace_is_compiled_where_its_workspace_says() {
    let outline = Outline { target: "/home".into(), ..outline(&["http"]) };

    let definition = parse(&outline.definition().unwrap()[0].text);

    assert!(
        definition.host.component.ends_with("../../target/wasm32-wasip2/release/say_hello.wasm")
    );
    assert_eq!(
        definition.host.build.as_deref(),
        Some("cargo build --release --target wasm32-wasip2 --target-dir ../../target")
    );
}

#[test]
fn the_manifest_says_what_an_existing_one_is_told_to() {
    for kinds in SETS {
        let outline = outline(kinds);
        let manifest = outline.crate_files().unwrap().swap_remove(0);
        let table: toml::Table = manifest.text.parse().unwrap();

        for wanted in outline.wanted() {
            let expected: toml::Table = format!("x = {}", wanted.value).parse().unwrap();
            assert_eq!(table[wanted.table][wanted.key], expected["x"]);
        }
    }
}

#[test]
fn every_source_is_formatted() {
    let directory = std::env::temp_dir().join(format!("mikros-new-{}", uuid::Uuid::now_v7()));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024"]);
    for kinds in SETS {
        let crate_directory = directory.join(kinds.join("-").replace(':', "-"));
        fs::create_dir_all(crate_directory.join("src")).unwrap();
        for file in outline(kinds).sources().unwrap() {
            if file.path.starts_with("src/") {
                fs::write(crate_directory.join(file.path), file.text).unwrap();
            }
        }
        rustfmt.arg(crate_directory.join("src/lib.rs"));
    }

    let output = rustfmt.output().expect("rustfmt can be started");

    fs::remove_dir_all(directory).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

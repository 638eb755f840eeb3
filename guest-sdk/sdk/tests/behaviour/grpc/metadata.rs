//! Metadata of requests and answers.

use expect_test::{Expect, expect};
use mikros_sdk::grpc::{InvalidMetadata, Metadata};

/// The entries, one per line.
fn show(metadata: &Metadata) -> String {
    let lines: Vec<_> = metadata.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.join("\n")
}

#[track_caller]
fn check(change: impl FnOnce(&mut Metadata) -> Result<(), InvalidMetadata>, expected: &Expect) {
    let mut metadata = Metadata::new();
    metadata.append("x-kept", "before").expect("it is valid");
    let text = match change(&mut metadata) {
        Ok(()) => show(&metadata),
        Err(error) => {
            assert_eq!(show(&metadata), "x-kept: before", "nothing is changed by a failure");
            format!("error: {error}")
        }
    };
    expected.assert_eq(&text);
}

#[test]
fn entries_are_appended_or_replaced() {
    check(
        |metadata| {
            metadata.append("x-many", "1")?;
            metadata.append("X-Many", "2")?;
            metadata.insert("X-KEPT", "after")
        },
        &expect![[r#"
            x-many: 1
            x-many: 2
            x-kept: after"#]],
    );
    check(
        |metadata| {
            metadata.append("x-many", "1")?;
            metadata.append("x-other", "2")?;
            metadata.remove("X-many");
            metadata.remove("x-unknown");
            Ok(())
        },
        &expect![[r#"
            x-kept: before
            x-other: 2"#]],
    );
}

#[test]
fn bytes_are_base64_without_padding() {
    check(
        |metadata| {
            metadata.append_bin("x-one-bin", [0])?;
            metadata.append_bin("x-one-bin", [])?;
            metadata.insert_bin("x-two-BIN", [0xfb, 0xff])?;
            metadata.insert_bin("x-two-bin", [0xfb, 0xff, 0xfe])
        },
        &expect![[r#"
            x-kept: before
            x-one-bin: AA
            x-one-bin: 
            x-two-bin: +//+"#]],
    );
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    for name in ["", "x y", "x\r\ny", ":path", "ä"] {
        let error = Metadata::new().insert(name, "x").expect_err(name);
        let name = name.escape_debug();
        let reason = "has a name that is not made of letters, digits, `-`, `_` and `.`";
        assert_eq!(error.to_string(), format!("metadata `{name}` {reason}"));
    }
    check(
        |metadata| metadata.insert("Grpc-Status", "0"),
        &expect!["error: metadata `Grpc-Status` is the host's to set"],
    );
    check(
        |metadata| metadata.append("content-type", "x"),
        &expect!["error: metadata `content-type` is the host's to set"],
    );
    check(
        |metadata| metadata.append_bin("grpc-status-details-bin", [1]),
        &expect!["error: metadata `grpc-status-details-bin` is the host's to set"],
    );
    check(
        |metadata| metadata.append("x", "a\r\nb: c"),
        &expect![
            "error: metadata `x` has a value that is not visible ASCII; bytes need a name that ends in `-bin`"
        ],
    );
    check(
        |metadata| metadata.append("x", "ä"),
        &expect![
            "error: metadata `x` has a value that is not visible ASCII; bytes need a name that ends in `-bin`"
        ],
    );
    check(
        |metadata| metadata.append("x-bin", "AA"),
        &expect![
            "error: metadata `x-bin` holds bytes, as its name ends in `-bin`; use `insert_bin` or `append_bin`"
        ],
    );
    check(
        |metadata| metadata.append_bin("x", [1]),
        &expect!["error: metadata `x` cannot hold bytes, as its name does not end in `-bin`"],
    );
}

#[test]
fn values_are_read_by_names_of_any_case() {
    let mut metadata = Metadata::new();
    metadata.append("x-many", "1").expect("it is valid");
    metadata.append("x-many", "2").expect("it is valid");
    metadata.append_bin("x-proof-bin", [1, 2]).expect("it is valid");

    assert_eq!(metadata.get("X-Many"), Some("1"));
    assert_eq!(metadata.get_all("x-many").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(metadata.get_bin("X-Proof-Bin"), Some(vec![1, 2]));
    assert_eq!(metadata.get("x-none"), None);
    assert_eq!(metadata.get_bin("x-many"), None);
}

#[test]
fn the_context_of_the_caller_has_a_prefix() {
    let mut metadata = Metadata::new();
    metadata.append("service-context-caller", "shop").expect("it is valid");
    metadata.append("x-service-context-caller", "other").expect("it is valid");

    let context: Vec<_> = metadata.service_context().collect();

    assert_eq!(context, [("caller", "shop")]);
}

#[test]
fn values_are_no_part_of_debug_texts() {
    let mut metadata = Metadata::new();
    metadata.append("authorization", "Bearer secret").expect("it is valid");

    assert_eq!(format!("{metadata:?}"), r#"["authorization"]"#);
}

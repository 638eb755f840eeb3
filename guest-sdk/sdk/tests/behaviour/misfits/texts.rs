//! What is told of a body that is no JSON.

use std::fmt::Write as _;

use expect_test::expect;
use mikros_sdk::testing;
use serde_json::Value;

use super::{Link, Takes, tells};
use crate::{run, show_fields};

/// Texts that are no JSON.
const BODIES: [&str; 25] = [
    "",
    " \n",
    "\u{feff}",
    "{",
    "[1",
    "\"a",
    "{\"a\":",
    "{\"a\" 1}",
    "[1 2]",
    "{\"a\": 1 \"b\": 2}",
    "{a: 1}",
    "[1,]",
    "{\"a\": 1,}",
    "[nul]",
    "[tru",
    "[01]",
    "[1.]",
    "[+1]",
    "['a']",
    "[\"\\x\"]",
    "[\"\\u12\"]",
    "[\"a\nb\"]",
    "[1] x",
    "[\n1,\n\n  x]",
    "\u{feff}\u{feff}[]",
];

#[test]
fn what_is_no_json_is_told_in_words() {
    let mut shown = String::new();
    for body in BODIES {
        let told = run(async {
            let service = testing::http::<Takes<Vec<u8>>>().await?;
            let request = service.post("/").header("content-type", "application/json");
            show_fields(request.body(body).send().await).await
        });
        let text = told.split_once("`: ").map_or(&*told, |(_, text)| text);
        writeln!(shown, "{body:?}: {text}").unwrap();
    }

    expect![[r#"
        "": the body is empty
        " \n": the body is empty
        "\u{feff}": the body is empty
        "{": the body is not JSON: it ends inside an object (line 1, column 1)
        "[1": the body is not JSON: it ends inside an array (line 1, column 2)
        "\"a": the body is not JSON: it ends inside a string (line 1, column 2)
        "{\"a\":": the body is not JSON: it ends where a value should be (line 1, column 5)
        "{\"a\" 1}": the body is not JSON: expected `:` after a name (line 1, column 6)
        "[1 2]": the body is not JSON: expected `,` or `]` after an element (line 1, column 4)
        "{\"a\": 1 \"b\": 2}": the body is not JSON: expected `,` or `}` after a field (line 1, column 9)
        "{a: 1}": the body is not JSON: expected a name in double quotes (line 1, column 2)
        "[1,]": the body is not JSON: expected a value (line 1, column 4)
        "{\"a\": 1,}": the body is not JSON: expected a name in double quotes (line 1, column 9)
        "[nul]": the body is not JSON: expected `true`, `false` or `null` (line 1, column 5)
        "[tru": the body is not JSON: it ends where a value should be (line 1, column 4)
        "[01]": the body is not JSON: a number is not written correctly (line 1, column 3)
        "[1.]": the body is not JSON: a number is not written correctly (line 1, column 4)
        "[+1]": the body is not JSON: expected a value (line 1, column 2)
        "['a']": the body is not JSON: expected a value (line 1, column 2)
        "[\"\\x\"]": the body is not JSON: a string has an escape sequence that is not allowed (line 1, column 4)
        "[\"\\u12\"]": the body is not JSON: a string has an escape sequence that is not allowed (line 1, column 8)
        "[\"a\nb\"]": the body is not JSON: a string has a line break or another control character that is not escaped (line 1, column 3)
        "[1] x": the body is not JSON: there is something after its end (line 1, column 5)
        "[\n1,\n\n  x]": the body is not JSON: expected a value (line 4, column 3)
        "\u{feff}\u{feff}[]": the body is not JSON: a byte order mark may stand at its very start only, and once
    "#]]
    .assert_eq(&shown);
}

#[test]
fn other_encodings_are_named() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let utf32 = |text: &str| {
        text.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect::<Vec<u8>>()
    };

    tells::<Value>(
        utf16("\u{feff}{}"),
        &expect!["``: the body starts with the byte order mark of UTF-16, but JSON must be UTF-8"],
    );
    tells::<Value>(utf16("{}"), &expect!["``: the body is UTF-16, but JSON must be UTF-8"]);
    tells::<Value>(
        utf32("\u{feff}{}"),
        &expect!["``: the body starts with the byte order mark of UTF-32, but JSON must be UTF-8"],
    );
    tells::<Value>(utf32("{}"), &expect!["``: the body is UTF-32, but JSON must be UTF-8"]);
    tells::<Value>(b"\"gr\xfcn\"", &expect!["``: the body must be UTF-8, but byte 3 is not"]);
    tells::<Link>(
        b"\xef\xbb\xbf{\"url\": 1, \"tags\": []}",
        &expect!["`url`: expected a string, found `1`"],
    );
}

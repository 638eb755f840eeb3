//! `name`, `version`, `product`, `language`.

use expect_test::expect;

use super::{accepted, rejects, warns, with};

#[track_caller]
fn name_becomes(declared: &str, expected: &str) {
    let text = with(&[("name", &format!("{declared:?}"))], "");

    let identity = accepted(&text, &[]).identity;

    assert_eq!(identity.name, expected);
    assert_eq!(identity.declared, declared);
}

#[test]
fn the_name_is_kebab_cased_as_in_the_go_framework() {
    name_becomes("my_Probe Svc", "my-probe-svc");
    name_becomes("UserService", "user-service");
    name_becomes("HTTPServer", "http-server");
    name_becomes("greeter", "greeter");
    name_becomes("user.Service", "user.service");
    name_becomes("Grüße", "grüße");
    name_becomes("a__b--c", "a-b-c");
    name_becomes("My-Service", "my-service");
    name_becomes(" _padded_ ", "padded");
    name_becomes("service2Go", "service2go");
}

#[test]
fn a_name_must_say_something() {
    rejects(
        &with(&[("name", "\"\"")], ""),
        &[],
        &expect!["service.toml:1:8: `name` must not be empty"],
    );
    rejects(
        &with(&[("name", "\"  \"")], ""),
        &[],
        &expect!["service.toml:1:8: `name` must not be empty"],
    );
    rejects(
        &with(&[("name", "\"--\"")], ""),
        &[],
        &expect!["service.toml:1:8: `name` must hold a letter or a digit"],
    );
    rejects(
        &with(&[("name", "\"a\\u001b[31m\"")], ""),
        &[],
        &expect!["service.toml:1:8: `name` must not hold control characters"],
    );
    rejects(
        &with(&[("name", "7")], ""),
        &[],
        &expect![[r#"
        service.toml:1:8: `name` must be a string, found the integer `7`
        help: for example `"greeter"`"#]],
    );
    rejects(
        &with(&[("name", "")], ""),
        &[],
        &expect![[r#"
        service.toml:1:1: `name` is missing
        help: add `name = "greeter"`"#]],
    );
}

#[test]
fn versions_are_semver_or_short() {
    for version in
        ["v1", "v1.2", "v1.2.3", "v01.99", "1.2.3", "v1.2.3-rc.1+build.5", "0.1.0", "v100.200.300"]
    {
        let text = with(&[("version", &format!("{version:?}"))], "");

        assert_eq!(accepted(&text, &[]).identity.version, version);
    }
}

#[test]
fn other_versions_are_rejected() {
    for version in ["1", "1.2", "v", "v100", "v1.", "v1.2.3.4", "V1", "v1.2.x", "latest", " v1"] {
        let text = with(&[("version", &format!("{version:?}"))], "");

        let problems = super::parse(&text, &[]).expect_err(version);
        assert_eq!(problems.len(), 1, "{version}");
    }
    rejects(
        &with(&[("version", "\"1.2\"")], ""),
        &[],
        &expect![[r#"
        service.toml:3:11: `version` must be a version such as `v1.2.3`, found `"1.2"`
        help: for example `"v1.2.0"`"#]],
    );
    rejects(
        &with(&[("version", "1.2")], ""),
        &[],
        &expect![[r#"
        service.toml:3:11: `version` must be a version such as `v1.2.3`, found the number `1.2`
        help: for example `"v1.2.0"`"#]],
    );
}

#[test]
fn a_product_is_needed() {
    rejects(
        &with(&[("product", "\"\"")], ""),
        &[],
        &expect!["service.toml:5:11: `product` must not be empty"],
    );
    rejects(
        &with(&[("product", "")], ""),
        &[],
        &expect![[r#"
        service.toml:1:1: `product` is missing
        help: add `product = "Matrix"`"#]],
    );
}

#[test]
fn a_language_without_components_is_a_warning() {
    warns(
        &with(&[("language", "\"rsut\"")], ""),
        &[],
        &expect![[r#"
        service.toml:4:12: `language` must be one that compiles to components, found `"rsut"`
        help: did you mean `rust`?"#]],
    );
    warns(
        &with(&[("language", "\"cobol\"")], ""),
        &[],
        &expect![[
            r#"service.toml:4:12: `language` must be one that compiles to components, found `"cobol"`"#
        ]],
    );
    warns(
        &with(&[("language", "\"tinygo\"")], ""),
        &[],
        &expect![[r#"
        service.toml:4:12: `language` must be one that compiles to components, found `"tinygo"`
        help: write `go`"#]],
    );
    warns(&with(&[("language", "\"go\"")], ""), &[], &expect![[""]]);
    rejects(
        &with(&[("language", "\"\"")], ""),
        &[],
        &expect!["service.toml:4:12: `language` must not be empty"],
    );
}

//! `[service]`.

use expect_test::expect;

use super::{accepted, explained, rejects, with};

const SETTINGS: &str = r#"[service]
zone = "eu"
max_diff_range = 100
ratio = 1.5
small = -1
hex = 0xff
on = true
since = 2026-11-22T10:00:00Z
day = 2026-11-22
list = [1, "a", [true]]
[service.nested.deep]
key = "value"
[[service.items]]
name = "first"
"#;

#[test]
fn settings_become_json_in_the_order_of_the_file() {
    let settings = accepted(&with(&[], SETTINGS), &[]).settings;

    expect![[r#"{"zone":"eu","max_diff_range":100,"ratio":1.5,"small":-1,"hex":255,"on":true,"since":"2026-11-22T10:00:00Z","day":"2026-11-22","list":[1,"a",[true]],"nested":{"deep":{"key":"value"}},"items":[{"name":"first"}]}"#]].assert_eq(&serde_json::to_string(&settings.table).unwrap());
}

#[test]
fn settings_are_explained_leaf_by_leaf() {
    let definition = accepted(&with(&[], SETTINGS), &[]);

    expect![[r#"
        service.zone = "eu" (service.toml:9)
        service.max_diff_range = 100 (service.toml:10)
        service.ratio = 1.5 (service.toml:11)
        service.small = -1 (service.toml:12)
        service.hex = 255 (service.toml:13)
        service.on = true (service.toml:14)
        service.since = "2026-11-22T10:00:00Z" (service.toml:15)
        service.day = "2026-11-22" (service.toml:16)
        service.list = [1,"a",[true]] (service.toml:17)
        service.nested.deep.key = *** (service.toml:19)
        service.items = [{"name":"first"}] (service.toml:20)"#]]
    .assert_eq(&explained(&definition, "service."));
}

#[test]
fn settings_are_optional_and_any_key_is_fine() {
    assert!(accepted(&with(&[], ""), &[]).settings.table.is_empty());
    assert_eq!(
        accepted(&with(&[], "[service]\nnmae = 1\nenabled = 1\n"), &[]).settings.table.len(),
        2
    );
}

#[test]
fn what_json_cannot_hold_is_a_problem() {
    rejects(
        &with(
            &[],
            "[service]\na = nan\nb = [1, -inf]\nc = 9223372036854775808\nd.e = [{ f = 1e999 }]\n",
        ),
        &[],
        &expect![[r#"
            service.toml:9:5: `service.a` must be a finite number, found the number `nan`
            service.toml:10:9: `service.b` must be a finite number, found the number `-inf`
            service.toml:11:5: `service.c` must fit into 64 bits, found the integer `9223372036854775808`
            service.toml:12:14: `service.d.e` must be a finite number, found the number `1e999`"#]],
    );
}

#[test]
fn settings_must_be_a_table() {
    rejects(
        &with(&[("service", "5")], ""),
        &[],
        &expect![[r#"
        service.toml:6:11: `service` must be a table, found the integer `5`
        help: write `[service]`"#]],
    );
    rejects(
        &with(&[], "[[service]]\n"),
        &[],
        &expect![[r#"
        service.toml:8:1: `service` must be a table, found an array
        help: write `[service]`"#]],
    );
}

#[test]
fn settings_never_show_in_debug_output() {
    let definition = accepted(&with(&[], "[service]\npassword = \"hunter2\"\n"), &[]);

    let shown = format!("{definition:?}");

    assert!(shown.contains("password") && shown.contains("greeter"));
    assert!(!format!("{:?}", definition.settings).contains("hunter2"));
}

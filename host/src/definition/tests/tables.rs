//! What editors and readers are told about settings of features and kinds.

use expect_test::{expect, expect_file};

use super::extensions::{Rules, catalogue, feature};
use crate::definition::{Catalogue, kind_settings_table, schema, settings_table};

#[test]
fn settings_are_shown_as_a_table() {
    let Catalogue { features, kinds } = catalogue();

    expect![[r#"
        | key | default | meaning |
        |---|---|---|
        | `rate` | required | Requests per second. |
        | `burst` | `10` | Requests at once. An integer from 0 to 65535. |
        | `by` | `"address"` | What counts as one client. One of `address`, `identity`. |
        | `window` | `"1m"` | How long a client is remembered. |
        | `memory` |  | Most memory for clients. |
        | `trusted` | `[]` | Clients that are never limited. |
        | `routes.<name>.rate` | required | Requests per second. |
        | `keys[].name` | required | What the log calls it. |
        | `keys[].secret` | required | What the client shows. |
        | `store.durable` | `false` | Whether counts outlive the host. |
        | `store.shards` | `4` | How many it is split into. An integer from 0 to 255. |
    "#]]
    .assert_eq(&settings_table(&features[0]));
    expect![[r#"
        | key | default | meaning |
        |---|---|---|
        | `list[].kind` | required | One of `both`, `header`. |
        | `list[].first.kind` | required | One of `both`, `header`. |
        | `list[].first.first.kind` | required | One of `both`, `header`. |
        | `list[].first.first.first` | required | Variants of a table, and a type that holds itself. |
        | `list[].first.first.second` | required | Variants of a table, and a type that holds itself. |
        | `list[].first.first.name` | required | Its name. |
        | `list[].first.second.kind` | required | One of `both`, `header`. |
        | `list[].first.second.first` | required | Variants of a table, and a type that holds itself. |
        | `list[].first.second.second` | required | Variants of a table, and a type that holds itself. |
        | `list[].first.second.name` | required | Its name. |
        | `list[].first.name` | required | Its name. |
        | `list[].second.kind` | required | One of `both`, `header`. |
        | `list[].second.first.kind` | required | One of `both`, `header`. |
        | `list[].second.first.first` | required | Variants of a table, and a type that holds itself. |
        | `list[].second.first.second` | required | Variants of a table, and a type that holds itself. |
        | `list[].second.first.name` | required | Its name. |
        | `list[].second.second.kind` | required | One of `both`, `header`. |
        | `list[].second.second.first` | required | Variants of a table, and a type that holds itself. |
        | `list[].second.second.second` | required | Variants of a table, and a type that holds itself. |
        | `list[].second.second.name` | required | Its name. |
        | `list[].second.name` | required | Its name. |
        | `list[].name` | required | Its name. |
        | `source` |  | Where they come from. |
        | `label` |  | What they are for. |
        | `storage.file.path` | required |  |
    "#]]
    .assert_eq(&settings_table(&features[1]));
    expect![[r#"
        | key | default | meaning |
        |---|---|---|
        | `every` | required | Time between two runs. |
        | `at_once` | `false` | Runs at the start, too. |
    "#]]
    .assert_eq(&kind_settings_table(&kinds[0]));
}

#[test]
fn a_type_that_holds_itself_has_an_end() {
    let entry = feature::<Rules>("rules", &[]);

    let table = settings_table(&entry);

    assert!(table.contains("| `list[].kind` | required | One of `both`, `header`. |"), "{table}");
    assert!(table.contains("| `list[].name` | required | Its name. |"), "{table}");
    let schema = schema(&Catalogue { features: vec![entry], kinds: Vec::new() });
    assert!(schema["$defs"]["Rule"].is_object(), "{schema:#}");
}

#[test]
fn the_schema_holds_every_feature_and_kind() {
    let schema = schema(&catalogue());

    let features = &schema["properties"]["features"];
    let services = &schema["properties"]["services"]["properties"];
    expect_file!["limiter.json"].assert_eq(&format!("{:#}\n", features["properties"]["limiter"]));
    expect_file!["timer.json"].assert_eq(&format!("{:#}\n", services["timer"]));
    let component = &features["additionalProperties"]["properties"]["component"];
    assert_eq!(component["anyOf"][0]["type"], "string");
    assert_eq!(services["http"]["type"], "object");
    expect![[r#""^((http|grpc|native|worker|script|timer|socket|cronjob)(:[0-9]+)?|.+@env)$""#]]
        .assert_eq(&schema["properties"]["types"]["items"]["pattern"].to_string());
}

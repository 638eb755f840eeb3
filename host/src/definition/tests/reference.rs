//! The table of keys: all of it is read, nothing beside it is, and what follows from it.

use expect_test::{expect, expect_file};

use super::{REQUIRED, accepted, parse, with};
use crate::definition::reference::{Entry, Key, REFERENCE, Requirement, children, entry, join};
use crate::definition::shape::{Shape, default_of};
use crate::definition::{Catalogue, reference_table, schema, variables_table};

/// A definition in which one key has the given value.
fn with_key(key: &Key, value: &str) -> String {
    let path = key.path.replace('*', "anything");
    match path.split_once('.') {
        None => with(&[(&path, value)], ""),
        Some(("host", "component")) => with(&[], "").replace("\"greeter.wasm\"", value),
        Some(("host", name)) => with(&[], &format!("{name} = {value}\n")),
        Some(("features", name)) if name.starts_with("anything.") => {
            // What is not a component may have any keys.
            let is_component = name == "anything.component";
            let component = if is_component { "" } else { "anything.component = \"x.wasm\"\n" };
            with(&[], &format!("[features]\n{component}{name} = {value}\n"))
        }
        Some((table, name)) => {
            let kinds = match name.split('.').next() {
                Some("native") => "[\"native\"]",
                Some("script") => "[\"script\"]",
                _ => "[\"http\"]",
            };
            with(&[("types", kinds)], &format!("[{table}]\n{name} = {value}\n"))
        }
    }
}

#[test]
fn every_example_is_accepted() {
    for key in REFERENCE {
        accepted(&with_key(key, key.example), &[("DATABASE_URL", "x")]);
    }
}

#[test]
fn every_key_is_read() {
    for key in REFERENCE {
        let problems = parse(&with_key(key, "1979-05-27"), &[]).expect_err(key.path);

        let name = key.path.replace('*', "anything");
        let is_about = |message: &str| message.contains(&format!("`{name}`"));
        assert!(problems.iter().any(|problem| is_about(&problem.message)), "{name}: {problems:?}");
    }
}

#[test]
fn every_default_is_valid_and_counts() {
    for key in REFERENCE.iter().filter(|key| matches!(key.presence, Requirement::Default(_))) {
        if matches!(key.shape, Shape::Texts | Shape::Free) {
            continue;
        }
        let expected = match default_of(key).expect(key.path).to_string().as_str() {
            "" => "\"\"".to_owned(),
            expected => expected.to_owned(),
        };

        let feature = match key.path {
            "features.*.enabled" => "[features.anything]\n",
            _ => "[features.anything]\nenabled = true\ncomponent = \"x.wasm\"\n",
        };
        // A script stands alone.
        let is_of_script = key.path.starts_with("services.script.");
        let kinds = if is_of_script { r#"["script"]"# } else { r#"["http", "grpc"]"# };
        let definition = accepted(&with(&[("types", kinds)], feature), &[]);

        let path = key.path.replace('*', "anything");
        let effective = definition.explain().iter().find(|effective| effective.key == path);
        let effective = effective.unwrap_or_else(|| panic!("`{}` is not explained", key.path));
        assert_eq!(effective.value, expected);
        assert_eq!(effective.origin.to_string(), "default");
    }
}

#[test]
fn writing_the_default_changes_nothing() {
    let of_http = accepted(&with(&[], ""), &[]);
    let of_script = accepted(&with(&[("types", r#"["script"]"#)], ""), &[]);
    for key in REFERENCE {
        let Requirement::Default(default) = key.presence else { continue };
        let is_of_script = key.path.starts_with("services.script.");
        let plain = if is_of_script { &of_script } else { &of_http };

        let written = accepted(&with_key(key, default), &[]);

        assert_eq!(written.kinds, plain.kinds, "{}", key.path);
        assert_eq!(written.host, plain.host, "{}", key.path);
        assert_eq!(written.log, plain.log, "{}", key.path);
    }
}

#[test]
fn nothing_beside_the_reference_is_accepted() {
    fn tables(pattern: &str) -> Vec<String> {
        let mut found = vec![pattern.to_owned()];
        for name in children(pattern) {
            let path = join(pattern, name);
            match entry(&path) {
                Some(Entry::Table) => found.extend(tables(&path)),
                Some(Entry::Key(key)) if matches!(key.shape, Shape::Nothing) => found.push(path),
                _ => (),
            }
        }
        found
    }
    let open = ["features", "clients"];

    let tables = tables("");

    assert_eq!(tables.len(), 14, "{tables:?}");
    for table in tables.iter().filter(|table| !open.contains(&table.as_str())) {
        let label = join(&table.replace('*', "anything"), "zzz");
        let text = match label.split_once('.') {
            None => with(&[("zzz", "1")], ""),
            Some(("host", rest)) => with(&[], &format!("{rest} = 1\n")),
            Some((first, rest)) => with(&[], &format!("[{first}]\n{rest} = 1\n")),
        };
        let problems = parse(&text, &[]).expect_err(table);

        let message = match table.as_str() {
            "services" => "unknown kind `zzz` in `[services.zzz]`".to_owned(),
            _ => format!("unknown key `{label}`"),
        };
        assert_eq!(problems[0].message, message);
        assert_eq!(problems.len(), 1);
    }
}

#[test]
fn required_keys_are_required() {
    for key in REFERENCE.iter().filter(|key| matches!(key.presence, Requirement::Required)) {
        let line = format!("{} = ", key.path.rsplit('.').next().unwrap_or_default());
        let text = with(&[], "");
        let text = text.lines().filter(|text| !text.starts_with(&line)).collect::<Vec<_>>();

        let problems = parse(&text.join("\n"), &[]).expect_err(key.path);

        assert_eq!(problems[0].message, format!("`{}` is missing", key.path));
        assert_eq!(problems.len(), 1);
    }
    assert_eq!(REQUIRED.len(), 5);
}

#[test]
fn the_schema_describes_the_reference() {
    let schema = schema(&Catalogue::default());

    for key in REFERENCE {
        let mut place = &schema;
        for name in key.path.split('.') {
            place = match name {
                "*" => &place["additionalProperties"],
                name => &place["properties"][name],
            };
        }
        assert_eq!(place["description"], key.meaning, "{}", key.path);
    }
}

#[test]
fn the_readme_tables_follow_the_reference() {
    expect_file!["reference.md"].assert_eq(&reference_table());
    expect![[r#"
        | variable | default | must be | meaning |
        |---|---|---|---|
        | `MIKROS_HTTP_PORT` | `8080` | a port from 0 to 65535 | Port of kind `http` when `types` names none. Overridden for one service, it also beats `types`. |
        | `MIKROS_GRPC_PORT` | `7070` | a port from 0 to 65535 | Port of kind `grpc` when `types` names none. Overridden for one service, it also beats `types`. |
        | `MIKROS_SERVICE_DEPLOY` | `local` | `prod`, `stage`, `test`, `dev` or `local` | Where the service is deployed. Anything else is `unknown`, with a warning. |
        | `MIKROS_TRACKER_HEADER_NAME` | `X-Request-ID` | the name of an HTTP header that is free for this use | HTTP header that carries the request id, in requests and responses. |
        | `MIKROS_HIDE_RESPONSE_FIELDS` |  | a list of `message`, `service_name`, `attributes`, `destination`, `cause` and `field_violations` | Fields that error responses leave out, separated by commas. |
        | `MIKROS_COUPLED_NAMESPACE` | `localhost` | a DNS suffix | DNS suffix of other services. This version connects no clients. |
        | `MIKROS_COUPLED_PORT` | `7070` | a port from 0 to 65535 | Port of other services. This version connects no clients. |
        | `MIKROS_CICD_TEST` | `false` | `true` or `false` | Whether the service runs inside a CI pipeline. Read by test harnesses only. |
    "#]].assert_eq(&variables_table());
}

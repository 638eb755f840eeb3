//! The keys of the host: all of them are read, nothing beside them is, and what follows from their types.

use expect_test::{expect, expect_file};
use serde_json::Value as Json;

use super::{REQUIRED, accepted, parse, with};
use crate::definition::derived::at;
use crate::definition::document::join;
use crate::definition::schema::of_file;
use crate::definition::tables::rows::{self, Row};
use crate::definition::{Catalogue, reference_table, schema, variables_table};

fn keys() -> Vec<Row> {
    rows::of(&of_file())
}

/// The path of a key when the user has chosen `anything` for a name.
fn path(key: &Row) -> String {
    key.key.replace("<name>", "anything")
}

fn example(key: &Row) -> &str {
    key.example.trim_matches('`')
}

/// `None`: it is required, or there is none.
fn default(key: &Row) -> Option<&str> {
    Some(key.default.trim_matches('`')).filter(|default| !matches!(*default, "" | "required"))
}

/// A definition in which one key has the given value.
fn with_key(key: &Row, value: &str) -> String {
    let path = path(key);
    match path.split_once('.') {
        None => with(&[(&path, value)], ""),
        Some(("host", "component")) => with(&[], "").replace("\"greeter.wasm\"", value),
        Some(("host", name)) => {
            with(&[], &format!("{}{name} = {value}\n", beside_key_of_tls(name)))
        }
        Some(("features", name)) if name.starts_with("anything.") => {
            // What is not a component may have any keys.
            let is_component = name == "anything.component";
            let component = if is_component { "" } else { "anything.component = \"x.wasm\"\n" };
            with(&[], &format!("[features]\n{component}{name} = {value}\n"))
        }
        Some(("clients", name)) => {
            let beside = beside_key_of_client(name);
            with(&[], &format!("[clients]\n{beside}{name} = {value}\n"))
        }
        Some((table, name)) => {
            let kinds = match name.split('.').next() {
                Some("native") => "[\"native\"]",
                Some("script") => "[\"script\"]",
                _ => "[\"http\"]",
            };
            let beside = beside_key_of_tls(name);
            with(&[("types", kinds)], &format!("[{table}]\n{beside}{name} = {value}\n"))
        }
    }
}

/// What makes a key of a client mean something.
fn beside_key_of_client(name: &str) -> &'static str {
    match name {
        "anything.tls.certificate" => "anything.tls.key = \"x.key\"\n",
        "anything.tls.key" => "anything.tls.certificate = \"x.pem\"\n",
        "anything.retries.statuses" | "anything.retries.all_methods" => {
            "anything.protocol = \"http\"\n"
        }
        _ => "",
    }
}

/// What makes a key of a listener's TLS mean something.
fn beside_key_of_tls(name: &str) -> String {
    let Some((table, own)) = name.rsplit_once("tls.") else { return String::new() };
    let all = [("certificate", "x.pem"), ("key", "x.key"), ("client_roots", "y.pem")];
    let others = all.iter().filter(|(key, _)| *key != own);
    let lines = others.map(|(key, file)| format!("{table}tls.{key} = \"{file}\""));
    lines.chain([String::new()]).collect::<Vec<_>>().join("\n")
}

/// Where the default of a key counts.
fn without_key(key: &Row) -> String {
    // A script stands alone.
    let is_of_script = key.key.starts_with("services.script.");
    let kinds = if is_of_script { r#"["script"]"# } else { r#"["http", "grpc"]"# };
    let path = path(key);
    let rest = match path.split_once('.') {
        _ if path == "features.anything.enabled" => "[features.anything]\n".to_owned(),
        Some(("features", _)) => {
            "[features.anything]\nenabled = true\ncomponent = \"x.wasm\"\n".to_owned()
        }
        Some(("clients", name)) => {
            let (table, _) = name.rsplit_once('.').unwrap_or_default();
            format!("[clients]\n{}[clients.{table}]\n", beside_key_of_client(name))
        }
        _ => String::new(),
    };
    with(&[("types", kinds)], &rest)
}

#[test]
fn every_key_has_an_example_that_is_accepted() {
    for key in keys() {
        accepted(&with_key(&key, example(&key)), &[("DATABASE_URL", "x")]);
    }
}

#[test]
fn every_key_is_read() {
    for key in keys() {
        let name = path(&key);
        let problems = parse(&with_key(&key, "1979-05-27"), &[]).expect_err(&name);

        let is_about = |message: &str| message.contains(&format!("`{name}`"));
        assert!(problems.iter().any(|problem| is_about(&problem.message)), "{name}: {problems:?}");
    }
}

#[test]
fn every_default_counts() {
    for key in keys() {
        let Some(default) = default(&key).filter(|default| *default != "{}") else { continue };
        let expected = match default.trim_matches(['"', '[', ']']) {
            "" => "\"\"".to_owned(),
            // As lists are shown.
            expected => expected.replace(", ", " "),
        };

        let definition = accepted(&without_key(&key), &[]);

        let effective = definition.explain().iter().find(|effective| effective.key == path(&key));
        let effective = effective.unwrap_or_else(|| panic!("`{}` is not explained", key.key));
        assert_eq!(effective.value, expected, "{}", key.key);
        assert_eq!(effective.origin.to_string(), "default");
    }
}

#[test]
fn writing_the_default_changes_nothing() {
    let of_http = accepted(&with(&[], ""), &[]);
    let of_script = accepted(&with(&[("types", r#"["script"]"#)], ""), &[]);
    for key in keys() {
        let Some(default) = default(&key) else { continue };
        let is_of_script = key.key.starts_with("services.script.");
        let plain = if is_of_script { &of_script } else { &of_http };

        let written = accepted(&with_key(&key, default), &[]);

        assert_eq!(written.kinds, plain.kinds, "{}", key.key);
        assert_eq!(written.host, plain.host, "{}", key.key);
        assert_eq!(written.log, plain.log, "{}", key.key);
    }
}

#[test]
fn nothing_beside_the_keys_is_accepted() {
    fn closed(table: &Json, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let others = &table["additionalProperties"];
        if *others == false {
            found.push(path.to_owned());
        }
        let named = table["properties"].as_object().into_iter().flatten();
        found.extend(named.flat_map(|(name, table)| closed(table, &join(path, name))));
        if others.is_object() {
            found.extend(closed(others, &join(path, "anything")));
        }
        found
    }

    let tables = closed(&of_file(), "");

    assert_eq!(tables.len(), 21, "{tables:?}");
    for table in &tables {
        let label = join(table, "zzz");
        let text = match label.split_once('.') {
            None => with(&[("zzz", "1")], ""),
            Some(("host", rest)) => with(&[], &format!("{}{rest} = 1\n", beside_key_of_tls(rest))),
            Some((first, rest)) => {
                let component = "anything.component = \"x.wasm\"\n";
                let beside = match first {
                    "features" => component.to_owned(),
                    "services" => beside_key_of_tls(rest),
                    _ => String::new(),
                };
                with(&[], &format!("[{first}]\n{beside}{rest} = 1\n"))
            }
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
    let keys = keys();
    let required = keys.iter().filter(|key| key.default == "required").collect::<Vec<_>>();
    assert_eq!(required.len(), REQUIRED.len() + 1);
    for key in required {
        let line = format!("{} = ", key.key.rsplit('.').next().unwrap_or_default());
        let text = with(&[], "");
        let text = text.lines().filter(|text| !text.starts_with(&line)).collect::<Vec<_>>();

        let problems = parse(&text.join("\n"), &[]).expect_err(&key.key);

        assert_eq!(problems[0].message, format!("`{}` is missing", key.key));
        assert_eq!(problems.len(), 1);
    }
}

#[test]
fn the_schema_describes_every_key() {
    let schema = schema(&Catalogue::default());

    for key in keys() {
        let described = at(&schema, &key.key.replace("<name>", "*")).expect(&key.key);
        let description = described["description"].as_str().unwrap_or_default();
        assert!(!description.is_empty() && key.meaning().starts_with(description), "{}", key.key);
    }
}

#[test]
fn the_tables_of_the_documentation_follow_the_types() {
    expect_file!["reference.md"].assert_eq(&reference_table());
    expect![[r#"
        | variable | default | must be | meaning |
        |---|---|---|---|
        | `MIKROS_HTTP_PORT` | `8080` | a port from 0 to 65535 | Port of kind `http` when `types` names none. Overridden for one service, it also beats `types`. |
        | `MIKROS_GRPC_PORT` | `7070` | a port from 0 to 65535 | Port of kind `grpc` when `types` names none. Overridden for one service, it also beats `types`. |
        | `MIKROS_SERVICE_DEPLOY` | `local` | `prod`, `stage`, `test`, `dev` or `local` | Where the service is deployed. Anything else is `unknown`, with a warning. |
        | `MIKROS_TRACKER_HEADER_NAME` | `X-Request-ID` | the name of an HTTP header that is free for this use | HTTP header that carries the request id, in requests and responses. |
        | `MIKROS_HIDE_RESPONSE_FIELDS` |  | a list of `message`, `service_name`, `attributes`, `destination`, `cause` and `field_violations` | Fields that error responses leave out, separated by commas. |
        | `MIKROS_COUPLED_NAMESPACE` | `localhost` | a DNS suffix | DNS suffix of other services: the client `orders` is at `orders.<suffix>` if its table names no `host`. `localhost` means this machine. |
        | `MIKROS_COUPLED_PORT` | `7070` | a port from 1 to 65535 | Port of other services, of kind `grpc`, if the table of the client names none. |
        | `MIKROS_CICD_TEST` | `false` | `true` or `false` | Whether the service runs inside a CI pipeline. Read by test harnesses only. |
    "#]].assert_eq(&variables_table());
}

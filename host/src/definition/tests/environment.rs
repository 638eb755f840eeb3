//! `envs`, the framework's variables, and overrides for one service.

use std::collections::BTreeSet;

use expect_test::expect;

use super::{Definition, FILE, Path, accepted, explained, rejects, variables, warns, with};
use crate::definition::{Deployment, ErrorField};

/// The value a service named `my-svc` gets for the variable `DB`.
#[track_caller]
fn db(list: &[(&str, &str)]) -> String {
    let text = with(&[("name", "\"mySvc\""), ("envs", "[\"DB\"]")], "");
    accepted(&text, list).environment.declared[0].1.clone()
}

#[test]
fn declared_variables_keep_the_order_of_the_file() {
    let text = with(&[("envs", r#"["ZONE", "A_1"]"#)], "");

    let declared =
        accepted(&text, &[("A_1", "one"), ("ZONE", "eu"), ("OTHER", "x")]).environment.declared;

    let expected = [("ZONE", "eu"), ("A_1", "one")];
    assert_eq!(declared, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn all_missing_variables_are_reported_together() {
    let text = with(&[("envs", r#"["DATABASE_URL", "TOKEN", "ZONE"]"#)], "");

    rejects(
        &text,
        &[("TOKEN", ""), ("ZONE", "eu")],
        &expect![[r#"
        service.toml:6:9: environment variable `DATABASE_URL` is not set
        help: set `DATABASE_URL`, or `GREETER__DATABASE_URL` for this service only
        service.toml:6:25: environment variable `TOKEN` is empty
        help: set `TOKEN`, or `GREETER__TOKEN` for this service only"#]],
    );
}

#[test]
fn names_of_variables_have_a_form() {
    let text = with(&[("envs", r#"["lower", "A-B", "1A", "", "_A", "É", "GOOD@env", "A B"]"#)], "");

    rejects(
        &text,
        &[("GOOD", "x")],
        &expect![[r#"
        service.toml:6:9: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"lower"`
        help: for example `LOWER`
        service.toml:6:18: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"A-B"`
        help: for example `A_B`
        service.toml:6:25: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"1A"`
        service.toml:6:31: a variable in `envs` must consist of upper-case letters, digits and `_`, found `""`
        service.toml:6:35: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"_A"`
        service.toml:6:41: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"É"`
        service.toml:6:46: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"GOOD@env"`
        help: remove `@env`: it marks values, and this is a name
        service.toml:6:58: a variable in `envs` must consist of upper-case letters, digits and `_`, found `"A B"`"#]],
    );
    rejects(
        &with(&[("envs", r#"["A", "A"]"#)], ""),
        &[("A", "x")],
        &expect!["service.toml:6:14: variable `A` is declared twice"],
    );
    rejects(
        &with(&[("envs", "\"A\"")], ""),
        &[],
        &expect![[r#"
        service.toml:6:8: `envs` must be an array of variable names, found `"A"`
        help: for example `["DATABASE_URL"]`"#]],
    );
    rejects(
        &with(&[("envs", "[1]")], ""),
        &[],
        &expect![[r#"
            service.toml:6:9: `envs[0]` must be a string, found the integer `1`
            help: add quotes"#]],
    );
}

#[test]
fn a_service_can_declare_a_variable_of_the_framework() {
    let text = with(&[("envs", r#"["MIKROS_HTTP_PORT"]"#)], "");

    let declared = accepted(&text, &[("MIKROS_HTTP_PORT", "80")]).environment.declared;

    assert_eq!(declared, [("MIKROS_HTTP_PORT".to_owned(), "80".to_owned())]);
}

#[test]
fn every_spelling_of_an_override_beats_the_plain_variable() {
    let spellings = ["my-svc__DB", "my_svc__DB", "MY_SVC__DB", "DB_my_svc", "DB_MY_SVC"];

    assert_eq!(db(&[("DB", "plain")]), "plain");
    for spelling in spellings {
        assert_eq!(db(&[("DB", "plain"), (spelling, "own")]), "own", "{spelling}");
        assert_eq!(db(&[(spelling, "own")]), "own", "{spelling}");
        assert_eq!(db(&[("DB", "plain"), (spelling, "")]), "plain", "{spelling}");
    }
    for (stronger, weaker) in spellings.iter().zip(&spellings[1..]) {
        assert_eq!(db(&[(weaker, "weaker"), (stronger, "stronger")]), "stronger");
    }
}

#[test]
fn overrides_that_contradict_each_other_are_a_warning() {
    let text = with(&[("envs", r#"["DB"]"#)], "");

    warns(
        &text,
        &[("GREETER__DB", "1"), ("DB_GREETER", "2")],
        &expect![[r#"
        environment: `GREETER__DB` and `DB_GREETER` override `DB` with different values, `GREETER__DB` wins
        help: unset `DB_GREETER`"#]],
    );
    warns(&text, &[("GREETER__DB", "1"), ("DB_GREETER", "1"), ("DB", "3")], &expect![[""]]);
}

#[test]
fn a_declared_variable_is_no_override_of_a_shorter_one() {
    let text = with(&[("name", "\"url\""), ("envs", r#"["DATABASE", "DATABASE_URL"]"#)], "");

    let declared =
        accepted(&text, &[("DATABASE", "a"), ("DATABASE_URL", "b")]).environment.declared;

    assert_eq!(declared[0].1, "a");
    assert_eq!(declared[1].1, "b");
}

#[test]
fn an_exportable_override_exists_for_every_name() {
    for (name, override_name) in
        [("my.svc", "MY_SVC__DB"), ("Grüße", "GR__E__DB"), ("1st-svc", "DB_1ST_SVC")]
    {
        let text = with(&[("name", &format!("{name:?}")), ("envs", r#"["DB"]"#)], "");

        let declared = accepted(&text, &[("DB", "x"), (override_name, "own")]).environment.declared;

        assert_eq!(declared[0].1, "own", "{name}");
    }
}

#[test]
fn the_framework_has_defaults() {
    let environment = accepted(&with(&[], ""), &[]).environment;

    assert_eq!(environment.deployment, Deployment::Local);
    assert_eq!(environment.tracker_header, "X-Request-ID");
    assert_eq!(environment.hidden_fields, BTreeSet::new());
    assert_eq!(environment.coupled_namespace, "localhost");
    assert_eq!(environment.coupled_port, 7070);
    assert!(!environment.is_pipeline);
}

#[test]
fn the_framework_reads_its_variables() {
    let environment = accepted(
        &with(&[], ""),
        &[
            ("MIKROS_SERVICE_DEPLOY", "Stage"),
            ("MIKROS_TRACKER_HEADER_NAME", "X-Trace"),
            (
                "MIKROS_HIDE_RESPONSE_FIELDS",
                " Message,cause ,, SERVICE_NAME,attributes,destination",
            ),
            ("MIKROS_COUPLED_NAMESPACE", "svc.cluster.local"),
            ("MIKROS_COUPLED_PORT", "1"),
            ("GREETER__MIKROS_COUPLED_PORT", "9000"),
            ("MIKROS_CICD_TEST", "1"),
        ],
    )
    .environment;

    assert_eq!(environment.deployment, Deployment::Stage);
    assert_eq!(environment.tracker_header, "X-Trace");
    assert_eq!(environment.hidden_fields.len(), 5);
    assert!(environment.hidden_fields.contains(&ErrorField::ServiceName));
    assert_eq!(environment.coupled_namespace, "svc.cluster.local");
    assert_eq!(environment.coupled_port, 9000);
    assert!(environment.is_pipeline);
}

#[test]
fn every_deployment_is_known_in_any_case() {
    let deployment = |value: &str| {
        accepted(&with(&[], ""), &[("MIKROS_SERVICE_DEPLOY", value)]).environment.deployment
    };

    for value in ["prod", "test", "dev", "local", "stage"] {
        assert_eq!(deployment(value).as_str(), value);
        assert_eq!(deployment(&value.to_uppercase()).as_str(), value);
    }
    assert_eq!(deployment("moon").as_str(), "unknown");
    warns(
        &with(&[], ""),
        &[("MIKROS_SERVICE_DEPLOY", "moon")],
        &expect![[r#"
        environment: `MIKROS_SERVICE_DEPLOY` is not `prod`, `stage`, `test`, `dev` or `local`
        help: the deployment counts as `unknown`"#]],
    );
}

#[test]
fn only_what_is_known_to_be_development_is_development() {
    for (value, is_development) in [
        ("local", true),
        ("DEV", true),
        ("test", true),
        ("stage", false),
        ("prod", false),
        ("production", false),
        ("moon", false),
    ] {
        let environment = accepted(&with(&[], ""), &[("MIKROS_SERVICE_DEPLOY", value)]).environment;

        assert_eq!(environment.deployment.is_development(), is_development, "{value}");
    }
}

#[test]
fn a_deployment_that_is_nearly_known_comes_with_a_suggestion() {
    for (value, meant) in [
        ("production", "prod"),
        ("PRD", "prod"),
        ("staging", "stage"),
        ("development", "dev"),
        ("testing", "test"),
        ("localhost", "local"),
    ] {
        let list = [("MIKROS_SERVICE_DEPLOY", value)];
        let warnings = accepted(&with(&[], ""), &list).warnings;

        let help = format!("did you mean `{meant}`? the deployment counts as `unknown`");
        assert_eq!(warnings[0].help.as_ref(), Some(&help), "{value}");
    }
}

#[test]
fn unknown_fields_to_hide_are_a_warning() {
    let list = [("MIKROS_HIDE_RESPONSE_FIELDS", "message,code")];

    warns(
        &with(&[], ""),
        &list,
        &expect![[r#"
        environment: `MIKROS_HIDE_RESPONSE_FIELDS` must be a list of `message`, `service_name`, `attributes`, `destination`, `cause` and `field_violations`
        help: other words are ignored"#]],
    );
    assert_eq!(accepted(&with(&[], ""), &list).environment.hidden_fields.len(), 1);
}

#[test]
fn malformed_variables_of_the_framework_are_problems_without_their_values() {
    rejects(
        &with(&[], ""),
        &[("MIKROS_HTTP_PORT", "70000"), ("GREETER__MIKROS_TRACKER_HEADER_NAME", "X Request")],
        &expect![[r#"
            environment: `MIKROS_HTTP_PORT` must be a port from 0 to 65535
            help: unset it for the default `8080`
            environment: `GREETER__MIKROS_TRACKER_HEADER_NAME` must be the name of an HTTP header that is free for this use
            help: unset it for the default `X-Request-ID`"#]],
    );
}

#[test]
fn variables_that_do_not_count_are_not_judged() {
    for (types, list) in [
        ("[\"http:21003\"]", ("MIKROS_HTTP_PORT", "tcp://10.43.161.118:80")),
        ("[\"http:21003\"]", ("MIKROS_HTTP_PORT", "x")),
        ("[\"native\"]", ("MIKROS_HTTP_PORT", "x")),
        ("[\"native\"]", ("GREETER__MIKROS_GRPC_PORT", "x")),
        ("[\"native\"]", ("MIKROS_COUPLED_PORT", "tcp://10.43.161.118:80")),
        ("[\"native\"]", ("MIKROS_COUPLED_NAMESPACE", "a b")),
        ("[\"native\"]", ("MIKROS_CICD_TEST", "maybe")),
    ] {
        warns(&with(&[("types", types)], ""), &[list], &expect![[""]]);
    }
    let overridden = [("MIKROS_HTTP_PORT", "x"), ("GREETER__MIKROS_HTTP_PORT", "81")];
    warns(&with(&[], ""), &overridden, &expect![[""]]);
}

#[test]
fn links_to_services_of_kubernetes_are_ignored() {
    let link = "tcp://10.43.161.118:80";
    let definition = accepted(&with(&[], ""), &[("MIKROS_HTTP_PORT", link)]);

    assert_eq!(explained(&definition, "http.port"), "http.port = 8080 (default)");
    warns(
        &with(&[], ""),
        &[("MIKROS_HTTP_PORT", link)],
        &expect![[r#"
            environment: `MIKROS_HTTP_PORT` is ignored: it is no port but the link that Kubernetes makes for a Service called `mikros-http`
            help: write the port in `types`, or set `GREETER__MIKROS_HTTP_PORT`; `enableServiceLinks: false` in the pod turns such variables off"#]],
    );
    // The service's own Service.
    warns(
        &with(&[("name", "\"mikros-http\"")], ""),
        &[("MIKROS_HTTP_PORT", link), ("MIKROS_HTTP_PORT_80_TCP", link)],
        &expect![[r#"
            environment: `MIKROS_HTTP_PORT` is ignored: it is no port but the link that Kubernetes makes for a Service called `mikros-http`
            help: write the port in `types`, or set `MIKROS_HTTP__MIKROS_HTTP_PORT`; `enableServiceLinks: false` in the pod turns such variables off"#]],
    );
    warns(
        &with(&[("name", "\"80-tcp\""), ("types", "[\"grpc\"]")], ""),
        &[("MIKROS_GRPC_PORT_80_TCP", "tcp://[fd00::1]:80")],
        &expect![[r#"
            environment: `MIKROS_GRPC_PORT_80_TCP` is ignored: it is no port but the link that Kubernetes makes for a Service called `mikros-grpc`
            help: write the port in `types`; `enableServiceLinks: false` in the pod turns such variables off"#]],
    );
}

#[test]
fn help_for_a_malformed_port_names_what_counts_without_it() {
    for (types, plain) in [("[\"http:21003\"]", ""), ("[\"http\"]", "81"), ("[\"http\"]", "")] {
        let list = [("MIKROS_HTTP_PORT", plain), ("GREETER__MIKROS_HTTP_PORT", "x")];
        let problems = super::parse(&with(&[("types", types)], ""), &list).unwrap_err();

        let expected = match (types, plain) {
            ("[\"http:21003\"]", _) => "unset it for port `21003` of `types`",
            (_, "81") => "unset it for the value of `MIKROS_HTTP_PORT`",
            _ => "unset it for the default `8080`",
        };
        assert_eq!(problems[0].help.as_deref(), Some(expected), "{types} {plain}");
    }
}

#[test]
fn a_header_that_http_uses_cannot_carry_the_request_id() {
    for bad in ["Content-Length", "host", "x\r\ny", "X-É", "a:b"] {
        let list = [("MIKROS_TRACKER_HEADER_NAME", bad)];

        assert_eq!(super::parse(&with(&[], ""), &list).expect_err(bad).len(), 1, "{bad:?}");
    }
}

#[test]
fn values_are_masked_wherever_they_could_show() {
    let list = [("DB", "hunter2"), ("GREETER__TOKEN", "hunter2")];
    let definition = accepted(&with(&[("envs", r#"["DB", "TOKEN"]"#)], ""), &list);

    expect![[r#"
        envs = DB TOKEN (service.toml:6)
        envs.DB = *** (DB)
        envs.TOKEN = *** (GREETER__TOKEN)"#]]
    .assert_eq(&explained(&definition, "envs"));
    assert!(!format!("{definition:?}").contains("hunter2"));
    assert!(!format!("{:?}", variables(&list)).contains("hunter2"));
    assert!(format!("{:?}", variables(&list)).contains("GREETER__TOKEN"));
}

#[test]
fn where_nothing_runs_a_variable_may_be_missing() {
    let text = with(&[("envs", "[\"DATABASE_URL\"]")], "[service]\ntoken = \"TOKEN@env\"\n");
    let variables = variables(&[]).incomplete();

    let definition = Definition::parse(Path::new(FILE), &text, &variables.into()).unwrap();

    assert_eq!(definition.environment.declared, []);
}

//! Tests of the form in which findings are shown.

use expect_test::{Expect, expect};

use super::*;
use crate::definition::{Position, Problem};
use crate::engine::{Interface, Method, Mismatch};

fn problem(line: usize, column: usize, message: &str, help: Option<&str>) -> Problem {
    let position = Some(Position { line, column });
    let help = help.map(str::to_owned);
    Problem { position, snippet: None, message: message.to_owned(), help }
}

fn service() -> Service {
    let method =
        Method { name: "SayHello".to_owned(), client_streaming: false, server_streaming: true };
    Service { name: "helloworld.Greeter".to_owned(), methods: vec![method] }
}

fn everything() -> Verdict {
    let file = Path::new("greeter/service.toml");
    let component = Path::new("greeter/greeter.wasm");
    let missing = Mismatch::MissingExport { interface: Interface::Http };
    let help = "for example `name = \"greeter\"`";
    let mismatched =
        CompileError::Mismatched { path: component.to_owned(), mismatches: vec![missing] };
    let edit = Severity::Problem(Status::EditNeeded);
    let empty = problem(1, 8, "`name` must not be empty", Some(help));
    let useless = problem(4, 1, "`[services.http]` has no effect", None);
    let mut findings = vec![
        Finding::of_problem(edit, file, &empty),
        Finding::of_problem(Severity::Warning, file, &useless),
        Finding::new(Severity::Warning, undecodable("DATABASE_URL")),
    ];
    findings.extend(of_compile_error(component, &mismatched));
    let in_process = vec!["orders".to_owned()];
    Verdict { path: file.to_owned(), findings, services: vec![service()], in_process }
}

fn nothing() -> Verdict {
    let path = PathBuf::from("service.toml");
    Verdict { path, findings: Vec::new(), services: Vec::new(), in_process: Vec::new() }
}

#[track_caller]
fn summarises(findings: Vec<Finding>, expected: &Expect) {
    expected.assert_eq(&Verdict { findings, ..nothing() }.text());
}

#[test]
fn text_has_a_line_for_every_finding_and_a_summary() {
    expect![[r#"
        greeter/service.toml:1:8: `name` must not be empty
          help: for example `name = "greeter"`
        greeter/service.toml:4:1: warning: `[services.http]` has no effect
        environment: warning: environment variable `DATABASE_URL` counts as not set, because its value is not UTF-8
        greeter/greeter.wasm: kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`
          help: add `http` to `mikros_sdk::export!`, or remove it from `types`
        serves /helloworld.Greeter/SayHello  unary -> stream
        calls `orders` in this process
        greeter/service.toml: 2 problems, 2 warnings
    "#]].assert_eq(&everything().text());
}

#[test]
fn json_has_all_keys_of_every_finding() {
    expect![[r#"
        {
          "ok": false,
          "problems": [
            {
              "severity": "error",
              "path": "greeter/service.toml",
              "line": 1,
              "column": 8,
              "message": "`name` must not be empty",
              "help": "for example `name = \"greeter\"`"
            },
            {
              "severity": "warning",
              "path": "greeter/service.toml",
              "line": 4,
              "column": 1,
              "message": "`[services.http]` has no effect",
              "help": null
            },
            {
              "severity": "warning",
              "path": null,
              "line": null,
              "column": null,
              "message": "environment variable `DATABASE_URL` counts as not set, because its value is not UTF-8",
              "help": null
            },
            {
              "severity": "error",
              "path": "greeter/greeter.wasm",
              "line": null,
              "column": null,
              "message": "kind `http` is declared in `types`, but the component does not export `mikros:service/http@0.2.0`",
              "help": "add `http` to `mikros_sdk::export!`, or remove it from `types`"
            }
          ],
          "services": [
            {
              "name": "helloworld.Greeter",
              "methods": [
                {
                  "name": "SayHello",
                  "client_streaming": false,
                  "server_streaming": true
                }
              ]
            }
          ],
          "in_process": [
            "orders"
          ]
        }
    "#]].assert_eq(&documents(&[everything()]));
}

#[test]
fn json_without_findings_is_ok() {
    expect![[r#"
        {
          "ok": true,
          "problems": [],
          "services": [],
          "in_process": []
        }
    "#]]
    .assert_eq(&documents(&[nothing()]));
}

#[test]
fn the_summary_counts() {
    let warning = || Finding::new(Severity::Warning, undecodable("TERM"));

    summarises(
        vec![],
        &expect![[r"
        service.toml: no problems
    "]],
    );
    summarises(
        vec![warning()],
        &expect![[r"
        environment: warning: environment variable `TERM` counts as not set, because its value is not UTF-8
        service.toml: no problems, 1 warning
    "]],
    );
    summarises(
        vec![warning(), warning()],
        &expect![[r"
        environment: warning: environment variable `TERM` counts as not set, because its value is not UTF-8
        environment: warning: environment variable `TERM` counts as not set, because its value is not UTF-8
        service.toml: no problems, 2 warnings
    "]],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let path = PathBuf::from("/nope/service.toml");

    let (verdict, _) = check(&Target { path, env: ProcessEnv::default() });

    expect![[r"
        cannot read `/nope/service.toml`: No such file or directory (os error 2)
          help: pass the path of the service's `service.toml`, or make a service with `mikros-host new`
        /nope/service.toml: 1 problem
    "]]
    .assert_eq(&verdict.text());
    assert_eq!(verdict.status(), Status::EditNeeded);
}

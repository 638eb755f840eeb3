//! The environment variables every service understands without declaring them.
//!
//! Does not know what the rest of the host does with them.

use super::Origin;
use super::problem::{Position, Problem};
use super::reader::Reader;
use super::variables::Found;

/// One variable of the framework.
pub(super) struct Framework {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    /// The rest of "must be …".
    pub(super) expected: &'static str,
    pub(super) meaning: &'static str,
}

/// Where problems are that are in no line.
const TOP: Position = Position { line: 1, column: 1 };

pub(super) const HTTP_PORT: Framework = Framework {
    name: "MIKROS_HTTP_PORT",
    default: "8080",
    expected: "a port from 0 to 65535",
    meaning: "Port of kind `http` when `types` names none. Overridden for one service, it also beats `types`.",
};
pub(super) const GRPC_PORT: Framework = Framework {
    name: "MIKROS_GRPC_PORT",
    default: "7070",
    expected: "a port from 0 to 65535",
    meaning: "Port of kind `grpc` when `types` names none. Overridden for one service, it also beats `types`.",
};
pub(super) const DEPLOYMENT: Framework = Framework {
    name: "MIKROS_SERVICE_DEPLOY",
    default: "local",
    expected: "`prod`, `stage`, `test`, `dev` or `local`",
    meaning: "Where the service is deployed. Anything else is `unknown`, with a warning.",
};
pub(super) const TRACKER_HEADER: Framework = Framework {
    name: "MIKROS_TRACKER_HEADER_NAME",
    default: "X-Request-ID",
    expected: "the name of an HTTP header that is free for this use",
    meaning: "HTTP header that carries the request id, in requests and responses.",
};
pub(super) const HIDDEN_FIELDS: Framework = Framework {
    name: "MIKROS_HIDE_RESPONSE_FIELDS",
    default: "",
    expected: "a list of `message`, `service_name`, `attributes`, `destination`, `cause` and `field_violations`",
    meaning: "Fields that error responses leave out, separated by commas.",
};
pub(super) const COUPLED_NAMESPACE: Framework = Framework {
    name: "MIKROS_COUPLED_NAMESPACE",
    default: "localhost",
    expected: "a DNS suffix",
    meaning: "DNS suffix of other services: the client `orders` is at `orders.<suffix>` if its table names no `host`. `localhost` means this machine.",
};
pub(super) const COUPLED_PORT: Framework = Framework {
    name: "MIKROS_COUPLED_PORT",
    default: "7070",
    expected: "a port from 1 to 65535",
    meaning: "Port of other services, of kind `grpc`, if the table of the client names none.",
};
pub(super) const CICD_TEST: Framework = Framework {
    name: "MIKROS_CICD_TEST",
    default: "false",
    expected: "`true` or `false`",
    meaning: "Whether the service runs inside a CI pipeline. Read by test harnesses only.",
};

pub(super) const ALL: [&Framework; 8] = [
    &HTTP_PORT,
    &GRPC_PORT,
    &DEPLOYMENT,
    &TRACKER_HEADER,
    &HIDDEN_FIELDS,
    &COUPLED_NAMESPACE,
    &COUPLED_PORT,
    &CICD_TEST,
];

/// What a file of another Mikros framework needs to run here, as one problem.
pub(super) fn of_another(problems: &[Problem], language: &str) -> Problem {
    const MOST_LINES: usize = 30;
    // Below the word `help`.
    const BREAK: &str = "\n          ";
    let line = |problem: &Problem| {
        let place = problem.position.filter(|place| *place != TOP);
        let place = place.map(|place| format!("line {}: ", place.line)).unwrap_or_default();
        let help = problem.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
        format!("{place}{}{help}", problem.message)
    };
    let mut lines = problems.iter().take(MOST_LINES).map(line).collect::<Vec<_>>();
    if let Some(more @ 1..) = problems.len().checked_sub(MOST_LINES) {
        lines.push(format!("and {more} more"));
    }
    if !matches!(language, "" | "rust") {
        let message = "the only SDK so far is for Rust: a component in another language implements the contract in `wit`";
        lines.push(message.to_owned());
    }
    let message =
        "the file has no `[host]`: one of another Mikros framework needs some changes to run here";
    Problem {
        position: Some(TOP),
        snippet: None,
        message: message.to_owned(),
        help: Some(lines.join(BREAK)),
    }
}

/// The value of a variable under the usual precedence: the service's own, the plain one, the default.
///
/// `None`: it is malformed, which has been noted.
pub(super) fn read<T>(
    reader: &mut Reader<'_>,
    variable: &Framework,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let (value, origin) = match reader.variable(variable.name) {
        Some(Found { name, value }) => (value, Origin::Variable(name)),
        None => (variable.default, Origin::Default),
    };
    let parsed = parse(value);
    if let (None, Origin::Variable(name)) = (&parsed, &origin) {
        let plain = reader.scope().global(variable.name).filter(|_| name != variable.name);
        let instead = plain.map_or_else(
            || default_of(variable),
            |plain| Some(format!("the value of `{}`", plain.name)),
        );
        note_malformed(reader, variable, name, instead);
    }
    reader.note(variable.name.to_owned(), value, origin);
    parsed
}

/// The same for a variable that nothing depends on: one that is malformed is the same as none.
pub(super) fn read_unused<T: Default>(
    reader: &mut Reader<'_>,
    variable: &Framework,
    parse: impl Fn(&str) -> Option<T>,
) -> T {
    let found = reader.scope().lookup(variable.name);
    let found = found.and_then(|Found { name, value }| Some((parse(value)?, value, name)));
    if let Some((parsed, value, name)) = found {
        reader.note(variable.name.to_owned(), value, Origin::Variable(name));
        return parsed;
    }
    reader.note(variable.name.to_owned(), variable.default, Origin::Default);
    parse(variable.default).unwrap_or_default()
}

/// What counts when a variable is not set; `None`: nothing.
pub(super) fn default_of(variable: &Framework) -> Option<String> {
    let default = Some(variable.default).filter(|default| !default.is_empty());
    default.map(|default| format!("the default `{default}`"))
}

/// `instead`: what counts without it.
pub(super) fn note_malformed(
    reader: &mut Reader<'_>,
    variable: &Framework,
    name: &str,
    instead: Option<String>,
) {
    let help = instead.map(|instead| format!("unset it for {instead}"));
    reader.environment_problem(format!("`{name}` must be {}", variable.expected), help);
}

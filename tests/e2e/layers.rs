//! The rules of the house that text alone can show: modules in layers, files that say what they are.
//! Understands no Rust: it looks for paths and counts lines.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::workspace;

/// The host's modules from bottom to top. Each may only use those before it.
pub(crate) const ORDER: [&str; 30] = [
    "fuzz",
    "text",
    "header",
    "telemetry",
    "machine",
    "watch",
    "percent",
    "file",
    "http2",
    "tls",
    "definition",
    "bindings",
    "call",
    "observe",
    "client",
    "capability",
    "extension",
    "features",
    "kinds",
    "engine",
    "guest",
    "dispatch",
    "plugin",
    "listener",
    "lifecycle",
    "supervisor",
    "report",
    "cli",
    "commands",
    "host",
];

/// Where Rust is that people read. `guest-sdk/sdk/tests/ui` is not: it holds mistakes.
const SOURCES: [&str; 8] = [
    "host/src",
    "host/benches",
    "guest-sdk/sdk/src",
    "guest-sdk/sdk/tests/behaviour",
    "guest-sdk/macros/src",
    "examples",
    "tests/e2e",
    "tests/guests",
];

/// Longest file, in lines. A longer one is two things.
const LONGEST_FILE: usize = 400;

/// Words that types and functions of the host no longer have for names: metaphors, and words with a second
/// meaning. The field's own word stands beside each.
const RETIRED: [(&str, &str); 55] = [
    ("aftermath", "late_fault"),
    ("Agenda", "RunTimer"),
    ("Alarm", "WatchdogHandle"),
    ("Answerer", "ConnectionService"),
    ("Answers", "EndpointRules"),
    ("Ask", "CallRequest"),
    ("Attached", "Guarded"),
    ("Course", "StreamCompletion"),
    ("Crew", "WorkerThreads"),
    ("Distrust", "UntrustedError"),
    ("Door", "Readiness"),
    ("Equipment", "RunningExtensions"),
    ("EquippedVersion", "StartingExtensions"),
    ("Equipping", "StartingExtensions"),
    ("Excerpt", "Snippet"),
    ("Facts", "TemplateContext"),
    ("Introduction", "RpcContext"),
    ("Keeper", "LogWriter"),
    ("Kept", "LogTail"),
    ("Known", "RequestAnnotations"),
    ("Lanes", "QueueState"),
    ("last_words", "pending_stderr"),
    ("Legacy", "HandoverState"),
    ("Needs", "DispatchContext"),
    ("News", "ServiceEvent"),
    ("NoZone", "ZoneError"),
    ("Objection", "ValidationError"),
    ("Objections", "ValidationErrors"),
    ("Oddity", "Ambiguity"),
    ("Opening", "OpeningStream"),
    ("Order", "ThreadCommand"),
    ("Outlet", "MessageEncoder"),
    ("Parcel", "InstanceState"),
    ("Passage", "Transfer"),
    ("Plan", "EndpointPlan"),
    ("Post", "ListenerSockets"),
    ("Premises", "LoadContext"),
    ("Presence", "DrainGuard"),
    ("Pulse", "Heartbeat"),
    ("Reach", "AddressPolicy"),
    ("Residents", "CallLoop"),
    ("Said", "HealthOverrides"),
    ("Seat", "WorkerConfig"),
    ("Shift", "Runner"),
    ("Station", "Listener"),
    ("Succession", "StateHandover"),
    ("Surroundings", "ProcessEnv"),
    ("Tenancy", "ServiceRun"),
    ("Tenure", "RunOutcome"),
    ("Terms", "Context"),
    ("Turns", "OverlapPolicy"),
    ("Unsettled", "TrapEvidence"),
    ("Visit", "IncomingRpc"),
    ("Visitor", "PendingCall"),
    ("Wish", "ListenerKey"),
];

struct Source {
    path: PathBuf,
    text: String,
}

/// All `.rs` files below `directory`, which is relative to the workspace.
fn sources(directory: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&workspace().join(directory), &mut sources);
    assert!(!sources.is_empty(), "there is no Rust in `{directory}`");
    sources
}

fn collect(directory: &Path, sources: &mut Vec<Source>) {
    let entries = fs::read_dir(directory).expect("directories of the workspace can be read");
    for entry in entries {
        let path = entry.expect("directories of the workspace can be read").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            sources.push(Source { path, text });
        }
    }
}

impl Source {
    /// The names of the modules from the crate's root to this file's own.
    fn module(&self) -> Vec<String> {
        let root = workspace().join("host/src");
        let path = self.path.strip_prefix(root).expect("only asked for files of the host");
        let path = path.with_extension("");
        path.iter().map(|name| name.to_string_lossy().into_owned()).collect()
    }

    /// The modules of the crate's root that it names.
    fn uses(&self) -> Vec<&'static str> {
        let depth = self.module().len();
        let paths = self.text.match_indices("crate::").map(|(at, path)| at + path.len());
        let climbs = self.text.match_indices("super::").filter_map(|(at, _)| {
            let rest = &self.text[at..];
            let end = rest.len() - rest.trim_start_matches("super::").len();
            (end / "super::".len() >= depth).then_some(at + end)
        });
        paths.chain(climbs).filter_map(|at| named_module(&self.text[at..])).collect()
    }
}

/// The module of [`ORDER`] whose name `text` begins with.
fn named_module(text: &str) -> Option<&'static str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    ORDER.into_iter().find(|module| *module == &text[..end])
}

#[test]
fn modules_only_use_the_ones_below_them() {
    let mut mistakes = Vec::new();

    for source in sources("host/src") {
        let module = &source.module()[0];
        let level = ORDER.iter().position(|one| one == module);
        // `main` and `lib` are above all.
        let level = level.unwrap_or(ORDER.len());
        for used in source.uses() {
            if ORDER[..level].contains(&used) || used == module {
                continue;
            }
            mistakes.push(format!("{} uses `{used}`", source.path.display()));
        }
    }

    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn what_the_host_ships_has_the_means_of_others() {
    let mut mistakes = Vec::new();

    for source in sources("host/src") {
        let own = source.module()[0].clone();
        if !["features", "kinds"].contains(&&*own)
            || source.path.iter().any(|part| part == "tests" || part == "tests.rs")
        {
            continue;
        }
        let tests = source.text.find("#[cfg(test)]\nmod tests").unwrap_or(source.text.len());
        for used in
            (Source { path: source.path.clone(), text: source.text[..tests].to_owned() }).uses()
        {
            // Tools without knowledge of the host, and the zone that the log has.
            if used != own
                && ![
                    "extension",
                    "file",
                    "fuzz",
                    "header",
                    "machine",
                    "percent",
                    "text",
                    "telemetry",
                ]
                .contains(&used)
            {
                mistakes.push(format!("{} uses `{used}`", source.path.display()));
            }
        }
    }

    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn paths_to_other_modules_are_written_so_that_the_layers_can_be_checked() {
    let mut mistakes = Vec::new();

    for source in sources("host/src") {
        for hidden in ["crate::{", "crate as ", "super::{super", "mikros_host::{self"] {
            if source.text.contains(hidden) {
                mistakes.push(format!("{} has `{hidden}`", source.path.display()));
            }
        }
    }

    assert!(mistakes.is_empty(), "name one module per `use`: {mistakes:#?}");
}

#[test]
fn the_list_of_modules_is_in_the_order_of_the_layers() {
    let text = fs::read_to_string(workspace().join("host/src/lib.rs")).unwrap();

    let modules: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();

    assert_eq!(modules, ORDER);
}

#[test]
fn nothing_is_named_by_a_retired_word() {
    let mut mistakes = Vec::new();

    for source in ["host/src", "host/benches"].into_iter().flat_map(sources) {
        for (retired, name) in RETIRED {
            let declared = ["struct", "enum", "trait", "type", "fn"].iter().any(|keyword| {
                let declaration = format!("{keyword} {retired}");
                source.text.match_indices(&declaration).any(|(at, found)| {
                    let next = source.text[at + found.len()..].chars().next();
                    next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
                })
            });
            if declared {
                mistakes.push(format!("{} has `{retired}`: {name}?", source.path.display()));
            }
        }
    }

    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn every_line_of_the_host_names_its_event() {
    let mut mistakes = Vec::new();

    for source in sources("host/src") {
        let module = source.module();
        let is_test = module.iter().any(|name| name == "tests");
        // What `capability` writes is what a guest says.
        if is_test || ["telemetry", "capability"].contains(&&*module[0]) {
            continue;
        }
        let path = source.path.display();
        if source.text.contains("tracing::") {
            mistakes.push(format!("{path} uses `tracing`: take the macros of `telemetry`"));
        }
        let text: String = source.text.split_whitespace().collect();
        let mut parts: Vec<_> = text.split(".log(").collect();
        parts.pop();
        // `self.log` is a function of the module, which takes the event.
        if parts.iter().any(|before| !before.ends_with("self") && !before.contains(".event(")) {
            mistakes.push(format!("{path} logs without `.event(…)`"));
        }
    }

    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn every_event_is_logged() {
    let (declarations, others): (Vec<_>, Vec<_>) = sources("host/src")
        .into_iter()
        .partition(|source| source.path.ends_with("telemetry/event.rs"));
    let uses = others.iter().filter(|source| !source.module().contains(&"tests".to_owned()));
    let uses: String = uses.map(|source| source.text.as_str()).collect();
    let words: Vec<_> = uses.split(|c: char| !c.is_alphanumeric()).collect();

    let declared = declarations[0].text.lines().filter_map(|line| line.split_once(" = \""));
    let events: Vec<_> = declared.map(|(event, _)| event.trim()).collect();
    let silent: Vec<_> = events.iter().filter(|event| !words.contains(event)).collect();

    assert!(events.len() > 50, "{events:?}");
    assert!(silent.is_empty(), "documented, but nothing logs them: {silent:?}");
}

#[test]
fn every_file_says_what_it_is() {
    let all = SOURCES.into_iter().flat_map(sources);

    let silent: Vec<_> = all.filter(|source| !source.text.starts_with("//! ")).collect();

    let silent: Vec<_> = silent.iter().map(|source| source.path.display()).collect();
    assert!(silent.is_empty(), "without `//!` on their first line: {silent:#?}");
}

#[test]
fn no_file_is_too_long_to_be_about_one_thing() {
    let all = SOURCES.into_iter().flat_map(sources);

    let long: Vec<_> = all.filter(|source| source.text.lines().count() > LONGEST_FILE).collect();

    let long: Vec<_> = long.iter().map(|source| source.path.display()).collect();
    assert!(long.is_empty(), "longer than {LONGEST_FILE} lines: {long:#?}");
}

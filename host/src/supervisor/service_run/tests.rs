//! What a run decides by itself. How versions start and end needs threads and guests: see the end-to-end tests.

use std::path::Path;

use super::*;
use crate::definition::LoadContext;

const DRAIN_DELAY: u64 = 3;

fn definition(kind: &str) -> Arc<Definition> {
    let text = format!(
        "name = \"hello\"\nversion = \"v1.0.0\"\nlanguage = \"rust\"\nproduct = \"Matrix\"\ntypes = [\"{kind}\"]\n\
         [host]\ncomponent = \"hello.wasm\"\ndrain_delay = \"{DRAIN_DELAY}s\"\nshutdown_timeout = \"7s\"\n"
    );
    let definition = Definition::parse(Path::new("service.toml"), &text, &LoadContext::default());
    definition.unwrap_or_else(|problems| panic!("{problems:?}")).into()
}

fn run(current: Option<Arc<Definition>>) -> ServiceRun {
    ServiceRun { service: Service::new(), current, coming: None }
}

#[test]
fn only_a_process_supervisor_waits_for_balancers() {
    let run = run(Some(definition("http")));
    let delay = |signal| run.stop_for(signal).delay;

    assert_eq!(delay(Some(Signal::Terminate)), Some(Duration::from_secs(DRAIN_DELAY)));
    assert_eq!(delay(Some(Signal::Interrupt)), None);
    assert_eq!(delay(None), None);
}

#[test]
fn nobody_is_waited_for_who_sends_no_requests() {
    let natives = run(Some(definition("native")));

    assert_eq!(natives.stop_for(Some(Signal::Terminate)).delay, None);
    assert_eq!(run(None).stop_for(Some(Signal::Terminate)).delay, None);
}

#[test]
fn a_run_has_the_time_to_stop_of_the_version_that_serves() {
    let definition = definition("native");

    assert_eq!(run(Some(definition)).limit(), Duration::from_secs(7));
    assert_eq!(run(None).limit(), Duration::ZERO);
}

#[test]
fn only_a_script_is_one() {
    assert!(is_script(&definition("script")));
    assert!(!is_script(&definition("native")));
}

#[test]
fn an_exit_is_as_orderly_as_the_stop() {
    let stopped = |in_order| ending(&crate::lifecycle::Stopped { in_order, requests_cut: 0 });

    assert_eq!(stopped(true), ExitReason::Stopped);
    assert_eq!(stopped(false), ExitReason::Failed);
}

#[test]
fn a_refusal_is_one_line_of_the_log() {
    let mut refusal = Refusal::new("it is broken", Some("mend it"));
    refusal.attributes.insert("path".to_owned(), "service.toml".into());

    let fields = serde_json::Value::from(refusal.fields());

    let expected = serde_json::json!({
        "error.message": "it is broken", "error.help": "mend it", "path": "service.toml",
    });
    assert_eq!(fields, expected);
}

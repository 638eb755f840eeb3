//! Tests of builds that end by themselves. Shell commands stand for compilers.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use tokio::time::timeout;

use super::*;
use crate::definition::{Definition, LoadContext};

mod kill;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// What a build has printed so far.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The ids of processes in the first line, once it is there.
    fn processes(&self) -> Option<Vec<u32>> {
        let text = self.text();
        let (line, _rest) = text.split_once('\n')?;
        Some(line.split(' ').map(|id| id.parse().unwrap()).collect())
    }
}

/// A service in a directory of its own, which is removed at the end.
struct Service {
    directory: PathBuf,
    printed: Printed,
}

impl Service {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("mikros-dev-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        Self { directory, printed: Printed::default() }
    }

    fn plan(&self, command: &str) -> BuildPlan {
        let text = format!(
            "name = 'greeter'\ntypes = ['native']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'greeter.wasm'\nbuild = '''{command}'''\n"
        );
        let path = self.directory.join("service.toml");
        BuildPlan::of(&Definition::parse(&path, &text, &LoadContext::default()).unwrap()).unwrap()
    }

    fn start(&self, command: &str) -> Build {
        self.start_with(command, false)
    }

    fn start_with(&self, command: &str, colour: bool) -> Build {
        let printed = self.printed.clone();
        let output = Box::new(move |bytes: &[u8]| printed.0.lock().unwrap().extend(bytes));
        Build::start(self.plan(command), colour, output).unwrap()
    }

    /// Runs a build that ends by itself, and returns what it printed.
    fn build(&self, command: &str) -> (Ended, String) {
        self.build_with(command, false)
    }

    fn build_with(&self, command: &str, colour: bool) -> (Ended, String) {
        let ended = run(async { self.start_with(command, colour).wait().await });
        (ended, self.printed.text())
    }

    #[track_caller]
    fn fails(&self, command: &str, expected: &Expect) {
        let (Ended::Failed { error, .. }, _printed) = self.build(command) else {
            panic!("the build must fail");
        };
        let directory = self.directory.display().to_string();
        expected.assert_eq(&error.to_string().replace(&directory, "<directory>"));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.directory));
    }
}

#[track_caller]
fn run<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(LIMIT, task).await }).expect("it takes too long")
}

/// What a process does, as a letter of the kernel: `T` is stopped, `Z` has ended.
fn state(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

/// A process that has ended counts as gone even while nobody has asked how.
fn is_alive(process: u32) -> bool {
    state(process).is_some_and(|state| state != 'Z')
}

#[test]
fn a_build_that_leaves_the_component_has_succeeded() {
    let service = Service::new();

    let (ended, printed) = service.build("pwd; echo built > greeter.wasm");

    assert!(matches!(ended, Ended::Succeeded(took) if took < LIMIT), "{ended:?}");
    assert_eq!(printed, format!("{}\n", service.directory.display()));
}

#[test]
fn what_is_printed_keeps_its_order_and_its_bytes() {
    let (_ended, printed) =
        Service::new().build("echo one; echo two >&2; printf three; printf '\\033[1m' >&2; echo");

    assert_eq!(printed, "one\ntwo\nthree\x1b[1m\n");
}

#[test]
fn output_is_seen_before_its_line_ends() {
    let service = Service::new();

    run(async {
        let mut build = service.start("printf half; sleep 1000");
        while service.printed.text() != "half" {
            let ended = timeout(Duration::from_millis(1), build.wait()).await;
            assert!(ended.is_err(), "{ended:?}");
        }
    });
}

#[test]
fn output_that_is_larger_than_any_buffer_is_whole() {
    let (_ended, printed) = Service::new().build("seq 100000; touch greeter.wasm");

    assert_eq!(printed.lines().count(), 100_000);
}

#[test]
fn a_failure_tells_how_the_build_ended() {
    Service::new().fails(
        "exit 3",
        &expect!["the build failed: `exit 3` in `<directory>` ended with exit status 3"],
    );
    Service::new().fails(
        "kill -KILL $$",
        &expect!["the build failed: `kill -KILL $$` in `<directory>` was ended by signal 9"],
    );
    Service::new().fails(
        "true",
        &expect!["the build succeeded, but there is no component `<directory>/greeter.wasm`"],
    );
}

#[test]
fn a_directory_that_is_gone_is_named() {
    let service = Service::new();
    let plan = service.plan("true");
    fs::remove_dir(&service.directory).unwrap();

    let started = run(async { Build::start(plan, false, Box::new(|_| ())).map(drop) });

    let directory = service.directory.display().to_string();
    let error = started.unwrap_err().to_string().replace(&directory, "<directory>");
    expect!["cannot start `sh` in `<directory>` to run `true`"].assert_eq(&error);
}

#[test]
fn what_a_build_leaves_running_holds_nothing_up() {
    let service = Service::new();

    run(async {
        // It holds the pipe, and prints without an end.
        let plan = service.plan("echo built > greeter.wasm; yes &");
        let mut build = Build::start(plan, false, Box::new(|_| ())).unwrap();
        let ended = build.wait().await;

        assert!(matches!(ended, Ended::Succeeded(_)), "{ended:?}");
    });
}

#[test]
fn what_a_build_leaves_running_is_left_alone() {
    let service = Service::new();

    run(async {
        let mut build = service.start("touch greeter.wasm; sleep 1000 & echo $!");
        let ended = build.wait().await;
        build.kill().await;
        let [left] = service.printed.processes().unwrap()[..] else { panic!("one process") };

        let is_left = is_alive(left);
        let left = rustix::process::Pid::from_raw(left.try_into().unwrap()).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();

        assert!(matches!(ended, Ended::Succeeded(_)), "{ended:?}");
        assert!(is_left);
    });
}

#[test]
fn a_build_has_no_input_and_a_process_group_of_its_own() {
    let (_ended, printed) = Service::new().build("cat; cut -d ' ' -f 5 /proc/$$/stat; echo $$");

    let [group, process] = printed.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{printed}");
    };
    assert_eq!(group, process);
}

#[test]
fn cargo_colours_its_messages_for_a_terminal() {
    let (ended, printed) = Service::new()
        .build_with("echo $CARGO_TERM_COLOR $CARGO_TERM_PROGRESS_WHEN; touch greeter.wasm", true);

    assert!(matches!(ended, Ended::Succeeded(_)), "{ended:?}");
    assert_eq!(printed, "always never\n");
    assert_eq!(coloured(Command::new("sh"), false).get_envs().count(), 0);
}

/// A build for the compilation target, with commands that stand for those of a toolchain which lacks
/// the target. Returns what is printed.
fn build_without_target(installation: &str) -> (Ended, String) {
    let service = Service::new();
    let script = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&service.directory);
        command
    };
    let toolchain = Toolchain {
        question: script("echo info: getting the toolchain >&2; mkdir lib; echo $PWD/lib"),
        installation: script(installation),
    };
    let printed = service.printed.clone();
    let output = Box::new(move |bytes: &[u8]| printed.0.lock().unwrap().extend(bytes));
    let plan = service.plan("echo for wasm32-wasip2; touch greeter.wasm");
    let ended =
        run(async { Build::start_with(plan, false, output, toolchain).unwrap().wait().await });
    (ended, service.printed.text())
}

#[test]
fn a_target_that_is_missing_is_installed_first() {
    let (ended, printed) = build_without_target("echo downloading");

    assert!(matches!(ended, Ended::Succeeded(_)), "{ended:?}");
    expect![[r"
        the target `wasm32-wasip2` is not installed, installing it: rustup target add wasm32-wasip2
        downloading
        for wasm32-wasip2
    "]]
    .assert_eq(&printed);
}

#[test]
fn a_target_that_cannot_be_installed_ends_the_build() {
    let (ended, printed) = build_without_target("echo no network; exit 1");

    let Ended::Failed { error, .. } = ended else { panic!("{ended:?}") };
    expect!["cannot install the compilation target: `rustup target add wasm32-wasip2` ended with exit status 1, its message is above"]
        .assert_eq(&error.to_string());
    assert!(printed.ends_with("no network\n"), "{printed}");
}

//! The programs of `tests/clients`, which have nothing in common with the host: installed below the target directory when a test first asks, and run.
//! Does not know what they do.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::command::Finished;
use super::process::Process;
use super::workspace;

/// Without it a test that has no client is skipped; with it, it fails.
const REQUIRED: &str = "MIKROS_TEST_REQUIRE_CLIENTS";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

/// An interpreter with all libraries.
#[derive(Debug)]
pub(crate) struct Foreign(Language);

impl Foreign {
    /// The one for `language`; `None` when it cannot be had here, which the test's output then says.
    ///
    /// Panics instead when clients are required.
    #[expect(clippy::print_stderr, reason = "the test runner shows it on demand")]
    pub(crate) fn of(language: Language) -> Option<Self> {
        static PYTHON: OnceLock<Result<(), String>> = OnceLock::new();
        static NODE: OnceLock<Result<(), String>> = OnceLock::new();
        let installed = match language {
            Language::Python => PYTHON.get_or_init(|| install_once(language)),
            Language::Node => NODE.get_or_init(|| install_once(language)),
        };
        match installed {
            Ok(()) => Some(Self(language)),
            Err(problem) => {
                let needs = language.needs();
                assert!(
                    !are_required(),
                    "`{REQUIRED}` is set, and this test needs {needs}: {problem}"
                );
                eprintln!("skipped: needs {needs}: {problem}");
                None
            }
        }
    }

    /// Runs `script` to its end.
    pub(crate) fn run(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Finished {
        let mut process = self.start(script, arguments);
        let status = process.wait().code().expect("no signal has ended it");
        let stdout = process.stdout().iter().map(|line| line.clone() + "\n").collect();
        Finished { status, stdout, stderr: process.stderr() }
    }

    /// Starts `script` and waits for nothing. Of the developer's environment it sees `PATH` only.
    pub(crate) fn start(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Process {
        Process::spawn(self.command(script, arguments), true)
    }

    /// Starts a script that serves until its input ends, which it does with the process of the test.
    pub(crate) fn serve(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Process {
        let mut command = self.command(script, arguments);
        command.stdin(Stdio::piped());
        Process::spawn_with_input(command, true)
    }

    fn command(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Command {
        let language = self.0;
        let mut command = Command::new(language.interpreter());
        command.env_clear().envs(variable("PATH").map(|path| ("PATH", path)));
        match language {
            // The scripts' directory stays clean, and text is UTF-8 without a locale.
            Language::Python => {
                command.envs([("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONUTF8", "1")])
            }
            Language::Node => command.env("NODE_PATH", language.directory().join("node_modules")),
        };
        command.arg(language.scripts().join(script).with_extension(language.extension()));
        command.args(arguments);
        command
    }
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::Node => "js",
        }
    }

    /// What an installation needs.
    fn needs(self) -> &'static str {
        match self {
            Self::Python => "python3 with venv, and once the network",
            Self::Node => "node and npm, and once the network",
        }
    }

    /// Where its scripts are, and the file that pins its libraries.
    fn scripts(self) -> PathBuf {
        workspace().join("tests/clients").join(self.name())
    }

    fn pins(self) -> PathBuf {
        let file = match self {
            Self::Python => "requirements.txt",
            Self::Node => "package-lock.json",
        };
        self.scripts().join(file)
    }

    /// Where its libraries are.
    fn directory(self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(self.name())
    }

    fn interpreter(self) -> PathBuf {
        match self {
            Self::Python => self.directory().join("bin/python"),
            Self::Node => "node".into(),
        }
    }

    /// What its libraries are installed with, and for: another version needs them anew.
    fn version(self) -> Result<String, String> {
        match self {
            Self::Python => output("python3", ["--version"]),
            Self::Node => output("node", ["--version"]),
        }
    }
}

/// Whether `program` of Debian's `package` is installed; if not, the test's output says so.
///
/// Panics instead when clients are required.
#[expect(clippy::print_stderr, reason = "the test runner shows it on demand")]
pub(crate) fn has_program(program: &str, package: &str) -> bool {
    let Err(problem) = output(program, ["--version"]) else { return true };
    let needs = format!("`{program}` of Debian's `{package}`");
    assert!(!are_required(), "`{REQUIRED}` is set, and this test needs {needs}: {problem}");
    eprintln!("skipped: needs {needs}: {problem}");
    false
}

/// Installs the libraries unless they are, however many processes ask at a time.
fn install_once(language: Language) -> Result<(), String> {
    let wanted = language.version()? + &fs::read_to_string(language.pins()).expect("it is UTF-8");
    let directory = language.directory();
    fs::create_dir_all(&directory).expect("the target directory can be written");
    let path = directory.with_extension("installed");
    let lock = File::options().create(true).append(true).open(&path);
    let lock = lock.expect("the target directory can be written");
    lock.lock().expect("files in the target directory can be locked");
    if fs::read_to_string(&path).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // From here on it counts as not installed: what is broken off leaves nothing of use.
    fs::write(&path, "").expect("the target directory can be written");
    fs::remove_dir_all(&directory).expect("the target directory can be written");
    fs::create_dir_all(&directory).expect("the target directory can be written");
    match language {
        Language::Python => install_python(&directory),
        Language::Node => install_node(&directory),
    }?;
    fs::write(&path, wanted).expect("the target directory can be written");
    Ok(())
}

fn install_python(directory: &Path) -> Result<(), String> {
    let python = Language::Python;
    output("python3", [OsStr::new("-m"), OsStr::new("venv"), directory.as_os_str()])?;
    let mut pip: Vec<OsString> = ["-m", "pip", "install"].map(Into::into).into();
    // Ready-made packages only: compiling grpcio takes an hour.
    pip.extend(["--no-input", "--no-deps", "--only-binary=:all:"].map(Into::into));
    pip.extend(["--timeout=15", "--retries=1", "--requirement"].map(Into::into));
    pip.push(python.pins().into());
    output(python.interpreter(), pip).map(drop)
}

fn install_node(directory: &Path) -> Result<(), String> {
    let scripts = Language::Node.scripts();
    for file in ["package.json", "package-lock.json"] {
        fs::copy(scripts.join(file), directory.join(file)).expect("both can be accessed");
    }
    let mut npm: Vec<OsString> = vec!["ci".into(), "--prefix".into(), directory.into()];
    npm.extend(["--ignore-scripts", "--no-audit", "--no-fund"].map(Into::into));
    npm.extend(["--fetch-timeout=15000", "--fetch-retries=1"].map(Into::into));
    output("npm", npm).map(drop)
}

/// Runs a tool of the developer's machine, in its environment. An error says what went wrong.
fn output(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<String, String> {
    let mut command = Command::new(program);
    let program = command.args(arguments).get_program().display().to_string();
    let output = command.output().map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    // `venv` complains on stdout.
    Err(format!("{command:?}: {}\n{}", text(&output.stdout), text(&output.stderr)))
}

/// Whether tests fail that have no client.
pub(crate) fn are_required() -> bool {
    variable(REQUIRED).is_some_and(|value| !value.is_empty() && value != "0")
}

#[expect(clippy::disallowed_methods, reason = "the tests are not the host")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

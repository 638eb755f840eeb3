//! Compiled components: kept for the next start, trusted only when nobody else can have written them.
//! Does not know how long compiling takes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use expect_test::expect;

use crate::support::{Host, Line, Service, Stopped, guests};

const TAKEN: &str = "cache-hit";

/// A service with a cache of its own.
struct Cached {
    service: Service,
    cache: PathBuf,
}

impl Cached {
    fn new() -> Self {
        let service = Service::new(guests::SCRIPT_REPORT, "script");
        let cache = service.directory().join("cache");
        Self { service, cache }
    }

    /// Runs the service to its end, which is a success whatever becomes of the cache.
    fn run(&self) -> Stopped {
        let mut command = Host::command(&self.service).env("MIKROS_HOST_CACHE", &self.cache);
        command.arguments(["--log-level", "debug"]);
        let stopped = Host::launch(command).ended();
        assert_eq!(stopped.status, Some(0), "{}", stopped.outline());
        stopped
    }

    /// The only file in the cache.
    fn file(&self) -> PathBuf {
        let files = fs::read_dir(&self.cache).expect("there is a cache");
        let files: Vec<_> = files.map(|file| file.expect("it can be listed").path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

fn warnings(stopped: &Stopped) -> Vec<&str> {
    stopped.log.iter().filter(|line| line.level() == "WARN").map(Line::msg).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

#[test]
fn a_second_start_compiles_nothing() {
    let cached = Cached::new();

    let first = cached.run();
    let second = cached.run();

    assert_eq!(first.lines(TAKEN).len(), 0);
    let [taken] = second.lines(TAKEN)[..] else { panic!("{}", second.outline()) };
    assert_eq!(taken.msg(), "compiled component taken from the cache");
    assert_eq!(taken.text("path"), cached.file().display().to_string());
}

#[test]
fn nobody_else_can_write_what_is_kept() {
    let cached = Cached::new();

    cached.run();

    assert_eq!((mode(&cached.cache), mode(&cached.file())), (0o700, 0o600));
}

#[test]
fn whoever_may_read_the_directory_may_read_what_is_kept() {
    let cached = Cached::new();
    fs::create_dir(&cached.cache).unwrap();
    fs::set_permissions(&cached.cache, Permissions::from_mode(0o755)).unwrap();

    cached.run();

    assert_eq!(mode(&cached.file()), 0o644);
}

#[test]
fn a_directory_that_others_can_write_is_not_used() {
    let cached = Cached::new();
    fs::create_dir(&cached.cache).unwrap();
    fs::set_permissions(&cached.cache, Permissions::from_mode(0o777)).unwrap();

    let stopped = cached.run();

    let complaint = "cannot use the cache of compiled components, compiling at every start";
    assert_eq!(warnings(&stopped), [complaint]);
    let line = stopped.lines("cache-unavailable")[0];
    assert_eq!(line.text("error"), "every user can write to it");
    assert!(line.text("help").starts_with("run `chmod go-w "), "{}", line.text("help"));
    assert_eq!(fs::read_dir(&cached.cache).unwrap().count(), 0);
}

/// Does something to what is kept, and sees it compiled again and replaced.
#[track_caller]
fn is_replaced(spoil: impl FnOnce(&Path), reason: &str) {
    let cached = Cached::new();
    cached.run();
    spoil(&cached.file());

    let stopped = cached.run();
    let again = cached.run();

    let complaint = "cannot use a compiled component, compiling it again";
    assert_eq!(warnings(&stopped), [complaint]);
    assert_eq!(stopped.lines("cache-entry-invalid")[0].text("error"), reason);
    assert_eq!(stopped.lines(TAKEN).len(), 0);
    assert_eq!(warnings(&again), [""; 0]);
    assert_eq!(again.lines(TAKEN).len(), 1);
    assert_eq!(mode(&cached.file()), 0o600);
}

const DAMAGED: &str = "its contents are not what was written";

#[test]
fn a_file_that_others_can_write_is_not_used() {
    let share = |file: &Path| fs::set_permissions(file, Permissions::from_mode(0o666)).unwrap();

    is_replaced(share, "every user can write to it");
}

#[test]
fn a_file_that_is_something_else_is_replaced() {
    is_replaced(|file| fs::write(file, "damaged").unwrap(), DAMAGED);
    is_replaced(|file| fs::write(file, vec![0; 100_000]).unwrap(), DAMAGED);
}

#[test]
fn a_file_with_one_byte_changed_is_not_run() {
    // In the headers, in what describes the code, in the code, in the seal.
    for place in [8, 4096, 8704, 16_896, usize::MAX] {
        let flip = |file: &Path| {
            let mut bytes = fs::read(file).unwrap();
            let place = place.min(bytes.len() - 1);
            bytes[place] ^= 0xff;
            fs::write(file, bytes).unwrap();
        };
        is_replaced(flip, DAMAGED);
    }
}

#[test]
fn the_file_of_another_component_is_not_run() {
    let other = Cached { service: Service::new(guests::SCRIPTS, "script"), ..Cached::new() };
    other.run();

    is_replaced(|file| fs::write(file, fs::read(other.file()).unwrap()).unwrap(), DAMAGED);
}

#[test]
fn a_pipe_in_place_of_a_file_holds_up_nothing() {
    let replace = |file: &Path| {
        fs::remove_file(file).unwrap();
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(file).status();
        assert!(made.expect("there is `mkfifo`").success());
    };

    is_replaced(replace, "it is not a regular file");
}

#[test]
fn a_link_in_place_of_a_file_is_not_followed() {
    let replace = |file: &Path| {
        fs::remove_file(file).unwrap();
        std::os::unix::fs::symlink("/dev/zero", file).unwrap();
    };

    is_replaced(replace, "it is a symbolic link");
}

#[test]
fn what_cannot_be_written_is_used_all_the_same() {
    let cached = Cached::new();
    cached.run();
    fs::set_permissions(cached.file(), Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&cached.cache, Permissions::from_mode(0o555)).unwrap();

    let stopped = cached.run();

    assert_eq!((warnings(&stopped).len(), stopped.lines(TAKEN).len()), (0, 1));
    fs::set_permissions(&cached.cache, Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn without_a_place_for_a_cache_every_start_compiles() {
    // Neither `XDG_CACHE_HOME` nor `HOME` is set for tests, and an empty variable is none.
    let cached = Cached { cache: PathBuf::new(), ..Cached::new() };

    let stopped = cached.run();

    let complaint = "compiled components are not kept, compiling at every start";
    assert_eq!(warnings(&stopped), [complaint]);
}

#[test]
fn a_cache_that_cannot_be_used_is_no_failure() {
    let cached = Cached::new();
    fs::write(&cached.cache, "a file, where a directory should be").unwrap();

    let stopped = cached.run();

    expect![[r#"
        INFO starting service
        WARN cannot use the cache of compiled components, compiling at every start path="$DIR/cache" error="it is not a directory" help="set `MIKROS_HOST_CACHE` to a directory"
        INFO starting features
        INFO service resources component="$TARGET/wasm32-wasip2/release/script_report.wasm" limits.memory=268435456 limits.max_concurrency=256 started_in_ms=$MS
        INFO service is running kind="script"
        INFO the report is closed lines=0
        INFO stopping service
        INFO service stopped
        status 0
    "#]].assert_eq(&stopped.outline());
}

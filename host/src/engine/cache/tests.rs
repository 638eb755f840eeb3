//! Who may write a cache, and what makes room in it.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::SystemTime;

use expect_test::expect;
use uuid::Uuid;

use super::trust::Writers;
use super::*;

/// A directory that is gone with the value.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("mikros-cache-{}", Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(&self.0, Permissions::from_mode(mode)).unwrap();
    }

    /// A file that was used so long ago.
    fn add(&self, name: &str, bytes: usize, minutes: u64) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, vec![0; bytes]).unwrap();
        let used = SystemTime::now() - Duration::from_mins(minutes);
        File::options().write(true).open(&path).unwrap().set_modified(used).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.set_mode(0o700);
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// So much, whatever its age.
fn bounds(bytes: u64, files: usize) -> Bounds {
    Bounds { bytes, files, unused: Duration::MAX }
}

/// The name of a component's file.
fn name(number: u8) -> String {
    format!("{number:064x}-{:016x}.cwasm", 1)
}

#[test]
fn a_directory_that_others_can_write_is_refused_with_the_true_reason() {
    let directory = Directory::new();
    let refusals = [0o777, 0o775].map(|mode| {
        directory.set_mode(mode);
        Cache::open(directory.0.clone()).unwrap_err().to_string()
    });

    expect![[r#"
        [
            "every user can write to it",
            "its group can write to it",
        ]
    "#]]
    .assert_debug_eq(&refusals);
}

#[test]
fn a_look_at_a_directory_tells_what_opening_it_would_find() {
    let directory = Directory::new();
    let shared = |with| CacheState::Distrusted(UntrustedError::Shared { with, is_own: true });

    let states = [0o700, 0o755, 0o770, 0o777, 0o500].map(|mode| {
        directory.set_mode(mode);
        Cache::examine(&directory.0).unwrap()
    });

    let expected = [
        CacheState::Usable,
        CacheState::Usable,
        shared(Writers::Group),
        shared(Writers::Everybody),
        CacheState::ReadOnly,
    ];
    assert_eq!(states, expected);
    assert_eq!(Cache::examine(&directory.0.join("missing")).unwrap(), CacheState::Missing);
}

#[test]
fn what_was_not_used_for_the_longest_time_makes_room() {
    let directory = Directory::new();
    for number in 1..=5 {
        directory.add(&name(number), 10, number.into());
    }
    let newest = directory.add(&name(0), 10, 60);

    room::make(&directory.0, &newest, bounds(1000, 5)).unwrap();
    assert_eq!(directory.names(), [0, 1, 2, 3, 4].map(name));
    room::make(&directory.0, &newest, bounds(39, 5)).unwrap();
    assert_eq!(directory.names(), [0, 1, 2].map(name));
    room::make(&directory.0, &newest, bounds(1, 1)).unwrap();
    assert_eq!(directory.names(), [0].map(name));
}

#[test]
fn what_nobody_uses_for_too_long_goes_also_when_there_is_room() {
    let directory = Directory::new();
    directory.add(&name(1), 10, 59);
    directory.add(&name(2), 10, 61);
    let newest = directory.add(&name(0), 10, 100);

    let bounds = Bounds { unused: Duration::from_hours(1), ..bounds(1000, 10) };
    room::make(&directory.0, &newest, bounds).unwrap();

    assert_eq!(directory.names(), [0, 1].map(name));
}

#[test]
fn what_a_start_is_reading_stays() {
    let directory = Directory::new();
    let engine = wasmtime::Engine::new(&super::super::config(None)).unwrap();
    let key = Key::of(&engine, b"component");
    let read = directory.add(key.file_name(), 0, 100);
    fs::write(&read, [&b"compiled"[..], &key.seal(b"compiled")].concat()).unwrap();
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().write(true).open(&read).unwrap().set_modified(long_ago).unwrap();
    directory.add(&name(1), 10, 2);
    let newest = directory.add(&name(0), 10, 0);

    key.verify(&read).unwrap();
    room::make(&directory.0, &newest, bounds(1, 1)).unwrap();

    let mut expected = [name(0), key.file_name().to_owned()];
    expected.sort();
    assert_eq!(directory.names(), expected);
}

#[test]
fn what_is_gone_between_two_looks_is_compiled_again_without_a_word() {
    let directory = Directory::new();
    let engine = wasmtime::Engine::new(&super::super::config(None)).unwrap();

    let read = read(&engine, &directory.0.join(name(1)));

    assert!(matches!(read, Err(Unusable::Absent)));
}

#[test]
fn hosts_that_make_room_at_once_keep_what_each_has_written() {
    let directory = Directory::new();
    for number in 10..60 {
        directory.add(&name(number), 10, number.into());
    }

    thread::scope(|scope| {
        for number in 0..4 {
            let directory = &directory;
            scope.spawn(move || {
                let newest = directory.add(&name(number), 10, 0);
                room::make(&directory.0, &newest, bounds(1000, 4)).unwrap();
            });
        }
    });

    // The last one to look has seen all.
    assert_eq!(directory.names(), [0, 1, 2, 3].map(name));
}

#[test]
fn code_for_another_address_space_is_another_file() {
    let names = [None, Some(1 << 50), Some(3 << 30), Some(1 << 30)].map(|address_space| {
        let engine = wasmtime::Engine::new(&super::super::config(address_space)).unwrap();
        Key::of(&engine, b"component").file_name().to_owned()
    });

    assert_eq!(names[0], names[1]);
    assert!(names[1] != names[2] && names[2] != names[3], "{names:?}");
}

#[test]
fn only_files_of_the_cache_make_room() {
    let directory = Directory::new();
    directory.add("somebody-elses.cwasm", 1000, 500);
    directory.add("unfinished-old", 10, 61);
    directory.add("unfinished-young", 10, 1);
    let newest = directory.add(&name(1), 10, 0);

    room::make(&directory.0, &newest, bounds(1, 1)).unwrap();

    assert_eq!(directory.names(), [&*name(1), "somebody-elses.cwasm", "unfinished-young"]);
}

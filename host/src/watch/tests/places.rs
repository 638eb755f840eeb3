//! What is watched may change, and what has changed may be known already.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use expect_test::expect;
use tokio::time::timeout;

use super::{Directory, PATIENCE, next, watch};
use crate::watch::{Limitation, Watch};

#[tokio::test]
async fn changes_of_places_that_stay_are_not_lost() {
    let directory = Directory::new();
    let (stays, goes) = (directory.write("stays/a", "1"), directory.write("goes/a", "1"));
    let end = || directory.file("end");
    let mut watch = watch([directory.tree("stays"), directory.tree("goes"), end()]).await;

    fs::write(stays, "2").unwrap();
    fs::write(goes, "2").unwrap();
    directory.write("comes/a", "1");
    watch.set(vec![directory.tree("stays"), directory.tree("comes"), end()]).await;
    assert_eq!(directory.rest(&mut watch).await, "*stays/a");

    directory.write("goes/a", "3");
    directory.write("comes/a", "2");
    assert_eq!(directory.rest(&mut watch).await, "*comes/a");
}

#[tokio::test]
async fn a_place_is_the_same_however_it_is_spelled() {
    let directory = Directory::new();
    directory.write("src/a", "1");
    let mut watch = watch([directory.tree("./src/."), directory.file("end")]).await;

    directory.write("src/a", "2");
    watch.set(vec![directory.tree("src"), directory.file("end")]).await;

    assert_eq!(directory.rest(&mut watch).await, "*src/a");
}

#[tokio::test]
async fn a_file_that_is_accepted_has_not_changed() {
    let directory = Directory::new();
    let component = directory.write("app.wasm", "1");
    let mut watch = watch([directory.file("app.wasm"), directory.file("end")]).await;

    for text in ["2", "3"] {
        fs::write(&component, text).unwrap();
        watch.accept(&component).await;
        assert_eq!(directory.rest(&mut watch).await, "");
    }

    fs::write(&component, "4").unwrap();
    assert_eq!(directory.rest(&mut watch).await, "*app.wasm");
    fs::remove_file(&component).unwrap();
    watch.accept(&component).await;
    assert_eq!(directory.rest(&mut watch).await, "");
}

#[tokio::test]
async fn what_was_seen_of_a_file_before_it_is_accepted_is_no_change() {
    let directory = Directory::new();
    let component = directory.write("app.wasm", "1");
    let places = || vec![directory.file("app.wasm"), directory.file("end")];
    let mut watch = watch(places()).await;

    fs::write(&component, "half of it").unwrap();
    // Looks at once.
    watch.set(places()).await;
    fs::write(&component, "all of it").unwrap();
    watch.accept(&component).await;

    assert_eq!(directory.rest(&mut watch).await, "");
}

#[tokio::test]
async fn what_happens_to_a_file_after_it_was_accepted_is_a_change() {
    let directory = Directory::new();
    let component = directory.write("app.wasm", "1");
    let mut watch = watch([directory.file("app.wasm")]).await;

    fs::write(&component, "2").unwrap();
    watch.accept(&component).await;
    fs::write(&component, "1").unwrap();

    assert_eq!(directory.next(&mut watch).await, "*app.wasm");
}

#[tokio::test]
async fn accepting_a_file_that_is_not_watched_does_nothing() {
    let directory = Directory::new();
    let other = directory.write("other", "");
    let mut watch = watch([directory.file("app.wasm"), directory.file("end")]).await;

    watch.accept(&other).await;

    assert_eq!(directory.rest(&mut watch).await, "");
}

#[tokio::test]
async fn more_directories_than_can_be_watched_are_reported_once() {
    let directory = Directory::new();
    for number in 0..crate::watch::snapshot::MOST_DIRECTORIES {
        fs::create_dir(directory.path(&number.to_string())).unwrap();
    }
    let mut watch = watch([directory.tree(""), directory.file("end")]).await;

    let said = watch.limitations();

    assert!(said.iter().any(|one| matches!(one, Limitation::TooManyDirectories)), "{said:?}");
    expect![
        "changes of some files are not noticed: what is watched has more than 4096 directories"
    ]
    .assert_eq(&Limitation::TooManyDirectories.to_string());
    watch.set(vec![directory.tree(""), directory.file("end")]).await;
    assert!(watch.limitations().is_empty());
    // What is named for itself is watched nevertheless.
    assert_eq!(directory.rest(&mut watch).await, "");
}

#[test]
fn limitations_say_what_to_do() {
    let said = |limitation: Limitation| {
        format!("{limitation}\nhelp: {}", limitation.help().unwrap_or_default())
    };
    let full = || std::io::Error::from_raw_os_error(24);

    expect![[r"
        files are checked for changes every 2 s only: this system's limit of watched directories is reached
        help: raise it: `sysctl fs.inotify.max_user_watches=524288`"]].assert_eq(&said(Limitation::NoMoreWatches));
    expect![[r"
        files are checked for changes every 2 s only: this system does not tell about them: Too many open files (os error 24)
        help: raise the limit: `sysctl fs.inotify.max_user_instances=1024`"]].assert_eq(&said(Limitation::NoEvents { reason: full() }));
    expect![[r#"
        changes of some files are not noticed: what is watched has more than 50000 files
        help: name what is worth watching: `watch = ["src"]` in `[host.dev]`"#]]
    .assert_eq(&said(Limitation::TooManyFiles));
    let directory = "locked".into();
    expect![[r"
        files are checked for changes every 2 s only: this system does not tell about them in `locked`: Too many open files (os error 24)
        help: "]].assert_eq(&said(Limitation::Unwatchable { directory, reason: full() }));
}

#[tokio::test]
async fn without_events_changes_are_noticed_by_the_clock() {
    let directory = Directory::new();
    let file = directory.write("src/lib.rs", "one");
    let broken = |_| Err(Limitation::NoEvents { reason: ErrorKind::OutOfMemory.into() });
    let mut watch = Watch::start_with(vec![directory.tree("src")], broken).await.unwrap();

    let said = watch.limitations();
    fs::write(file, "two").unwrap();
    let changes = next(&mut watch).await;

    assert!(matches!(said[..], [Limitation::NoEvents { .. }]), "{said:?}");
    assert_eq!(directory.listed(&changes), "*src/lib.rs");
}

#[tokio::test]
async fn who_asks_for_it_has_changes_noticed_by_the_clock() {
    let directory = Directory::new();
    let file = directory.write("src/lib.rs", "one");
    let mut watch = Watch::start(vec![directory.tree("src")], true).await.unwrap();

    let said = watch.limitations();
    fs::write(file, "two").unwrap();
    let changes = next(&mut watch).await;

    assert!(matches!(said[..], [Limitation::Asked]), "{said:?}");
    assert_eq!(directory.listed(&changes), "*src/lib.rs");
}

#[tokio::test]
async fn a_look_finds_what_nobody_has_told_of() {
    let directory = Directory::new();
    let file = directory.write("src/lib.rs", "one");
    let mut watch = Watch::start(vec![directory.tree("src")], true).await.unwrap();

    assert!(watch.look().await.is_empty());
    fs::write(file, "two").unwrap();

    assert_eq!(directory.listed(&watch.look().await), "*src/lib.rs");
    assert!(watch.look().await.is_empty());
}

#[tokio::test]
async fn nothing_is_left_of_a_watch_that_is_dropped() {
    let directory = Directory::new();
    let watch = watch([directory.tree("")]).await;
    let shared = Arc::downgrade(&watch.shared);

    drop(watch);

    let gone = async {
        while shared.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the thread ends");
}

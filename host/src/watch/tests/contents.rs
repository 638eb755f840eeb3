//! One file and what can happen to it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use expect_test::expect;

use super::{Changes, Directory, next, watch};

#[tokio::test]
async fn a_write_is_a_change() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "one");
    let mut watch = watch([directory.file("app.wasm")]).await;

    fs::write(&file, "two").unwrap();

    assert_eq!(directory.next(&mut watch).await, "*app.wasm");
}

#[tokio::test]
async fn each_of_many_quick_changes_of_the_same_length_is_noticed() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "0000");
    let mut watch = watch([directory.file("app.wasm")]).await;

    for round in 1..50 {
        fs::write(&file, format!("{round:04}")).unwrap();

        assert_eq!(directory.next(&mut watch).await, "*app.wasm");
    }
}

#[tokio::test]
async fn a_change_is_noticed_soon() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "0");
    let mut watch = watch([directory.file("app.wasm")]).await;

    let mut best = Duration::MAX;
    for round in 1..20 {
        let start = Instant::now();
        fs::write(&file, round.to_string()).unwrap();
        next(&mut watch).await;
        best = best.min(start.elapsed());
    }

    // The best of many: a loaded machine may be late.
    assert!(best < Duration::from_millis(100), "{best:?}");
}

#[tokio::test]
async fn a_file_that_is_replaced_by_a_rename_has_changed() {
    let directory = Directory::new();
    directory.write("app.wasm", "one");
    let mut watch = watch([directory.file("app.wasm")]).await;

    for text in ["two", "six"] {
        directory.write("app.wasm.tmp", text);
        directory.rename("app.wasm.tmp", "app.wasm");

        assert_eq!(directory.next(&mut watch).await, "*app.wasm");
    }
}

#[tokio::test]
async fn a_file_with_an_old_time_that_takes_the_place_of_another_has_changed() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "one");
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    let mut watch = watch([directory.file("app.wasm")]).await;

    let other = directory.write("other", "two");
    File::options().write(true).open(other).unwrap().set_modified(time).unwrap();
    directory.rename("other", "app.wasm");

    assert_eq!(directory.next(&mut watch).await, "*app.wasm");
}

#[tokio::test]
async fn a_file_may_vanish_and_come_back() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "one");
    let mut watch = watch([directory.file("app.wasm")]).await;

    for _ in 0..3 {
        fs::remove_file(&file).unwrap();
        assert_eq!(directory.next(&mut watch).await, "-app.wasm");

        directory.write("app.wasm", "two");
        assert_eq!(directory.next(&mut watch).await, "+app.wasm");
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_has_changed() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "a component");
    let mut watch = watch([directory.file("app.wasm")]).await;

    OpenOptions::new().write(true).open(file).unwrap().set_len(3).unwrap();

    assert_eq!(directory.next(&mut watch).await, "*app.wasm");
}

#[tokio::test]
async fn a_touch_and_the_same_content_are_no_changes() {
    let directory = Directory::new();
    let file = directory.write("app.wasm", "one");
    let mut watch = watch([directory.file("app.wasm"), directory.file("end")]).await;

    let time = SystemTime::now() + Duration::from_mins(1);
    File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    assert_eq!(directory.rest(&mut watch).await, "");
    fs::write(&file, "one").unwrap();
    assert_eq!(directory.rest(&mut watch).await, "");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "one").unwrap();
    // Whether anybody looked in between is a matter of luck.
    assert!(["", "*app.wasm"].contains(&directory.rest(&mut watch).await.as_str()));
}

#[tokio::test]
async fn a_neighbour_is_no_change() {
    let directory = Directory::new();
    directory.write("app.wasm", "one");
    let mut watch = watch([directory.file("app.wasm"), directory.file("end")]).await;

    directory.write("other.wasm", "two");

    assert_eq!(directory.rest(&mut watch).await, "");
}

#[tokio::test]
async fn changes_that_nobody_asks_for_are_kept_and_put_together() {
    let directory = Directory::new();
    let (a, b) = (directory.write("a", "1"), directory.write("b", "1"));
    let places = ["a", "b", "c", "end"].map(|name| directory.file(name));
    let mut watch = watch(places).await;

    fs::write(&a, "2").unwrap();
    // Asked for and given up at once: cancelled futures lose nothing.
    for _ in 0..3 {
        tokio::select! { biased; _ = watch.changed() => panic!("too early"), () = async {} => () }
    }
    fs::remove_file(&b).unwrap();
    directory.write("c", "");

    assert_eq!(directory.rest(&mut watch).await, "*a -b +c");
}

#[tokio::test]
async fn a_file_that_grows_without_a_pause_does_not_hold_up_the_answer() {
    let directory = Directory::new();
    let file = directory.write("a", "");
    let mut watch = watch([directory.file("a")]).await;

    let mut writer = OpenOptions::new().append(true).open(file).unwrap();
    let writing = async {
        loop {
            writer.write_all(b"x").unwrap();
            tokio::task::yield_now().await;
        }
    };

    tokio::select! {
        changes = directory.next(&mut watch) => assert_eq!(changes, "*a"),
        () = writing => (),
    }
}

#[tokio::test]
async fn changes_are_shown_in_one_line() {
    let directory = Directory::new();
    let relative =
        |changes: &Changes| changes.to_string().replace(&format!("{}/", directory.0.display()), "");
    let mut watch = watch([directory.tree("")]).await;

    directory.write("a\u{1b}[31m.rs", "");
    expect![[r"`a\u{1b}[31m.rs`"]].assert_eq(&relative(&next(&mut watch).await));
    for name in ["b", "c", "d"] {
        directory.write(&format!("new/{name}.rs"), "");
    }
    let mut all = next(&mut watch).await;
    while all.len() < 3 {
        all.extend(next(&mut watch).await);
    }

    expect!["`new/b.rs` and 2 more"].assert_eq(&relative(&all));
}

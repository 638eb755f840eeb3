//! Directories that come, go and are replaced.

use std::fs;

use super::{Directory, watch};

#[tokio::test]
async fn the_directory_of_a_file_may_vanish_and_come_back() {
    let directory = Directory::new();
    directory.write("target/release/app.wasm", "one");
    let mut watch = watch([directory.file("target/release/app.wasm")]).await;

    for _ in 0..3 {
        fs::remove_dir_all(directory.path("target")).unwrap();
        assert_eq!(directory.next(&mut watch).await, "-target/release/app.wasm");

        directory.write("target/release/app.wasm", "one");
        assert_eq!(directory.next(&mut watch).await, "+target/release/app.wasm");
    }
}

#[tokio::test]
async fn a_whole_directory_may_be_replaced() {
    let directory = Directory::new();
    directory.write("src/lib.rs", "one");
    directory.write("src/a/b.rs", "same");
    directory.write("new/lib.rs", "two");
    directory.write("new/a/b.rs", "same");
    let mut watch = watch([directory.tree("src"), directory.file("end")]).await;

    directory.rename("src", "old");
    directory.rename("new", "src");
    let changes = directory.rest(&mut watch).await;
    assert!(changes.contains("*src/lib.rs") || changes.contains("+src/lib.rs"), "{changes}");

    // The new directories are watched, not the old ones.
    directory.write("old/lib.rs", "three");
    directory.write("src/a/b.rs", "other");
    assert_eq!(directory.next(&mut watch).await, "*src/a/b.rs");
}

#[tokio::test]
async fn a_directory_that_was_moved_away_and_back_is_still_watched() {
    let directory = Directory::new();
    directory.write("src/a/b.rs", "one");
    let mut watch = watch([directory.tree("src"), directory.file("end")]).await;

    for text in ["two", "three", "four"] {
        directory.rename("src", "old");
        directory.rename("old", "src");
        directory.rest(&mut watch).await;
        directory.write("src/a/b.rs", text);

        assert_eq!(directory.next(&mut watch).await, "*src/a/b.rs");
    }
}

#[tokio::test]
async fn what_is_above_a_root_may_be_replaced() {
    let directory = Directory::new();
    directory.write("project/service/src/lib.rs", "one");
    directory.write("other/service/src/lib.rs", "two");
    let mut watch = watch([directory.tree("project/service/src")]).await;

    directory.rename("project", "old");
    assert_eq!(directory.next(&mut watch).await, "-project/service/src/lib.rs");
    directory.rename("other", "project");
    assert_eq!(directory.next(&mut watch).await, "+project/service/src/lib.rs");
    directory.write("project/service/src/lib.rs", "three");
    assert_eq!(directory.next(&mut watch).await, "*project/service/src/lib.rs");
}

#[tokio::test]
async fn a_root_need_not_exist() {
    let directory = Directory::new();
    let places = [directory.tree("a/src"), directory.file("x/y/app.wasm")];
    let mut watch = watch(places).await;

    directory.write("a/src/lib.rs", "");
    assert_eq!(directory.next(&mut watch).await, "+a/src/lib.rs");
    directory.write("x/y/app.wasm", "");
    assert_eq!(directory.next(&mut watch).await, "+x/y/app.wasm");
}

#[tokio::test]
async fn a_file_may_become_a_directory_and_a_file_again() {
    let directory = Directory::new();
    let path = directory.write("thing", "");
    let mut watch = watch([directory.tree("thing")]).await;

    fs::remove_file(&path).unwrap();
    assert_eq!(directory.next(&mut watch).await, "-thing");
    directory.write("thing/inside", "");
    assert_eq!(directory.next(&mut watch).await, "+thing/inside");
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(directory.next(&mut watch).await, "-thing/inside");
    directory.write("thing", "");
    assert_eq!(directory.next(&mut watch).await, "+thing");
}

#[tokio::test]
async fn a_directory_in_the_place_of_the_component_is_no_component() {
    let directory = Directory::new();
    let path = directory.write("app.wasm", "");
    let mut watch = watch([directory.file("app.wasm")]).await;

    fs::remove_file(&path).unwrap();
    directory.write("app.wasm/inside", "");

    assert_eq!(directory.next(&mut watch).await, "-app.wasm");
}

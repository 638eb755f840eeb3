//! What is below a directory.

use std::fs;
use std::time::Instant;

use super::{Changes, Directory, next, watch};
use crate::watch::Place;

#[tokio::test]
async fn new_directories_belong_to_the_tree() {
    let directory = Directory::new();
    directory.write("src/lib.rs", "");
    let mut watch = watch([directory.tree(""), directory.file("end")]).await;

    directory.write("src/a/b/c.rs", "");
    assert_eq!(directory.next(&mut watch).await, "+src/a/b/c.rs");
    directory.write("src/a/b/c.rs", "one");
    assert_eq!(directory.next(&mut watch).await, "*src/a/b/c.rs");
    fs::create_dir(directory.path("proto")).unwrap();
    assert_eq!(directory.rest(&mut watch).await, "");
    directory.write("proto/a.proto", "");
    assert_eq!(directory.next(&mut watch).await, "+proto/a.proto");
}

#[tokio::test]
async fn what_tools_and_editors_leave_behind_is_not_of_interest() {
    let directory = Directory::new();
    directory.write("out/CACHEDIR.TAG", "");
    directory.write("elsewhere/keep", "");
    let except = vec![directory.path("elsewhere")];
    let mut watch =
        watch([Place::Tree { root: directory.path(""), except }, directory.file("end")]).await;

    let ignored = [
        ".git/HEAD",
        "target/debug/app",
        "a/target/debug/app",
        "node_modules/x.js",
        "a/__pycache__/x.pyc",
        "out/x.o",
        "elsewhere/x",
        ".lib.rs.swp",
        ".#lib.rs",
        "a/lib.rs~",
        "#lib.rs#",
    ];
    for name in ignored {
        directory.write(name, "");
    }
    assert_eq!(directory.rest(&mut watch).await, "");
    for name in ignored {
        directory.write(name, "again");
    }

    assert_eq!(directory.rest(&mut watch).await, "");
}

#[tokio::test]
async fn the_root_may_have_a_name_that_is_not_of_interest_below() {
    let directory = Directory::new();
    directory.write(".config/target/a", "");
    let mut watch = watch([directory.tree(".config/target")]).await;

    directory.write(".config/target/a", "one");

    assert_eq!(directory.next(&mut watch).await, "*.config/target/a");
}

#[tokio::test]
async fn a_thousand_files_at_once_are_one_answer() {
    let directory = Directory::new();
    for number in 0..1000 {
        directory.write(&format!("src/{}/{number}.rs", number % 20), "one");
    }
    let mut watch = watch([directory.tree("src"), directory.file("end")]).await;

    let start = Instant::now();
    // As a `git checkout` does it: some files are replaced, some come and some go.
    for number in 0..1000 {
        let name = format!("src/{}/{number}.rs", number % 20);
        fs::remove_file(directory.path(&name)).unwrap();
        directory.write(&name, "two");
    }
    for number in 0..500 {
        directory.write(&format!("src/new/{number}.rs"), "");
    }

    let took = start.elapsed();
    let mut all = Changes::default();
    let mut answers = 0;
    while all.len() < 1500 {
        all.extend(next(&mut watch).await);
        answers += 1;
    }
    // One for each 200 ms of writing, and for each pause on a loaded machine.
    assert!(answers <= 2 + took.as_millis() / 50, "{answers} answers in {took:?}");
    assert_eq!(directory.rest(&mut watch).await, "");
}

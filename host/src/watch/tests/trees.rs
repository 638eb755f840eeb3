//! What is below a directory.

use std::fs;
use std::time::Instant;

use super::{Changes, Directory, next, watch};
use crate::watch::WatchedPath;

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
    directory.write("web/package.json", "");
    let except = vec![directory.path("elsewhere")];
    let mut watch =
        watch([WatchedPath::Tree { root: directory.path(""), except }, directory.file("end")])
            .await;

    let ignored = [
        ".git/HEAD",
        ".idea/workspace.xml",
        "node_modules/x.js",
        "web/node_modules/x.js",
        "web/.next/x.js",
        "a/.git/HEAD",
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
async fn below_the_root_a_name_says_nothing() {
    let directory = Directory::new();
    let names = [
        "src/target/mod.rs",
        "src/node_modules/mod.rs",
        "templates/.well-known/security.txt",
        "proto/target/x.proto",
        "target/x.proto",
    ];
    for name in names {
        directory.write(name, "one");
    }
    let mut watch = watch([directory.tree("")]).await;

    for name in names {
        directory.write(name, "two");
        assert_eq!(directory.next(&mut watch).await, format!("*{name}"));
    }
    directory.write("src/more/target/mod.rs", "");
    assert_eq!(directory.next(&mut watch).await, "+src/more/target/mod.rs");
}

#[tokio::test]
async fn what_is_left_out_of_a_tree_can_be_its_root() {
    let directory = Directory::new();
    directory.write("target/a", "one");
    let root = directory.path("target");
    let mut watch = watch([WatchedPath::Tree { root: root.clone(), except: vec![root] }]).await;

    directory.write("target/a", "two");

    assert_eq!(directory.next(&mut watch).await, "*target/a");
}

#[tokio::test]
async fn a_file_that_is_named_counts_wherever_it_is() {
    let directory = Directory::new();
    directory.write(".git/HEAD", "one");
    directory.write("src/lib.rs", "one");
    let mut watch =
        watch([directory.tree(""), directory.file(".git/HEAD"), directory.file("src/lib.rs")])
            .await;

    directory.write(".git/HEAD", "two");
    assert_eq!(directory.next(&mut watch).await, "*.git/HEAD");
    directory.write("src/lib.rs", "two");
    assert_eq!(directory.next(&mut watch).await, "*src/lib.rs");
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

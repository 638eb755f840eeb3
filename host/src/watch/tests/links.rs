//! Symbolic links.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Directory, watch};

#[tokio::test]
async fn both_a_link_and_its_target_are_watched() {
    let directory = Directory::new();
    directory.write("one/app.wasm", "one");
    directory.write("two/app.wasm", "two");
    fs::create_dir(directory.path("etc")).unwrap();
    symlink("../one/app.wasm", directory.path("etc/app.wasm")).unwrap();
    let mut watch = watch([directory.file("etc/app.wasm")]).await;

    directory.write("one/app.wasm", "six");
    assert_eq!(directory.next(&mut watch).await, "*etc/app.wasm");
    symlink(directory.path("two/app.wasm"), directory.path("etc/new")).unwrap();
    directory.rename("etc/new", "etc/app.wasm");
    assert_eq!(directory.next(&mut watch).await, "*etc/app.wasm");
    directory.write("two/app.wasm", "ten");
    assert_eq!(directory.next(&mut watch).await, "*etc/app.wasm");
}

/// How Kubernetes replaces the files of a `ConfigMap`.
#[tokio::test]
async fn a_link_in_the_middle_of_a_path_may_be_swapped() {
    let directory = Directory::new();
    directory.write("etc/..1/service.toml", "one");
    symlink("..1", directory.path("etc/..data")).unwrap();
    symlink("..data/service.toml", directory.path("etc/service.toml")).unwrap();
    let mut watch = watch([directory.file("etc/service.toml")]).await;

    for (version, text) in [("..2", "two"), ("..3", "six"), ("..4", "ten")] {
        directory.write(&format!("etc/{version}/service.toml"), text);
        symlink(version, directory.path("etc/..data_tmp")).unwrap();
        directory.rename("etc/..data_tmp", "etc/..data");

        assert_eq!(directory.next(&mut watch).await, "*etc/service.toml");
    }
}

#[tokio::test]
async fn links_to_directories_belong_to_the_tree() {
    let directory = Directory::new();
    directory.write("shared/proto/a.proto", "");
    fs::create_dir_all(directory.path("app/src")).unwrap();
    symlink("../shared/proto", directory.path("app/proto")).unwrap();
    let mut watch = watch([directory.tree("app")]).await;

    directory.write("shared/proto/a.proto", "one");
    assert_eq!(directory.next(&mut watch).await, "*app/proto/a.proto");
    directory.write("shared/proto/b.proto", "");
    assert_eq!(directory.next(&mut watch).await, "+app/proto/b.proto");
}

#[tokio::test]
async fn circles_and_links_to_nothing_do_no_harm() {
    let directory = Directory::new();
    directory.write("app/src/lib.rs", "");
    symlink("..", directory.path("app/src/up")).unwrap();
    symlink("/", directory.path("app/root")).unwrap();
    symlink("loop", directory.path("app/loop")).unwrap();
    symlink("missing", directory.path("app/nothing")).unwrap();
    let mut watch = watch([directory.tree("app")]).await;

    directory.write("app/src/lib.rs", "one");
    assert_eq!(directory.next(&mut watch).await, "*app/src/lib.rs");
    directory.write("app/missing", "");
    assert_eq!(directory.next(&mut watch).await, "+app/missing +app/nothing");
}

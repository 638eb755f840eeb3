//! What `new` refuses, and that nothing is written then.
//! Does not know what is written otherwise.

use std::fs;

use expect_test::expect;

use super::outside::Outside;
use super::{LIBRARY, refuses};
use crate::support::workspace;

#[test]
fn nobody_is_asked_without_a_terminal() {
    let outside = Outside::new();

    refuses(
        &outside,
        "new",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: `mikros-host new` needs NAME and `--kind KIND`
             help: for example `mikros-host new hello --kind http`; kinds are `http`, `grpc`, `native`, `cronjob`, `script`; questions are asked on a terminal only
        "#]],
    );
    refuses(
        &outside,
        "new hello",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: `mikros-host new` needs `--kind KIND`
             help: for example `mikros-host new hello --kind http`; kinds are `http`, `grpc`, `native`, `cronjob`, `script`; questions are asked on a terminal only
        "#]],
    );
    refuses(
        &outside,
        "new --kind http",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: `mikros-host new` needs NAME
             help: for example `mikros-host new hello --kind http`; kinds are `http`, `grpc`, `native`, `cronjob`, `script`; questions are asked on a terminal only
        "#]],
    );
    outside.write("Cargo.toml", LIBRARY);
    refuses(
        &outside,
        "init",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: `mikros-host init` needs `--kind KIND`
             help: for example `mikros-host init --kind http`; kinds are `http`, `grpc`, `native`, `cronjob`, `script`; questions are asked on a terminal only
        "#]],
    );
}

#[test]
fn a_name_and_a_checkout_must_make_sense() {
    let outside = Outside::new();

    for (name, better) in [("héllo", "hello"), ("Straße", "strasse"), ("\u{1b}[31mred", "red")] {
        let told = outside.run(&format!("new {name} --kind http")).stderr;
        assert!(told.ends_with(&format!("help: for example `{better}`\n")), "{told}");
        assert!(!told.contains('\u{1b}'), "{told:?}");
    }

    refuses(
        &outside,
        "new services/Hello --kind http",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `services/Hello` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens
         help: write `hello`, and the directory after `--path`
    "#]],
    );
    refuses(
        &outside,
        "new hello --kind http --sdk nowhere",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: the SDK is not in `nowhere`
         help: name a checkout of the repository of mikros-host, with the directories `guest-sdk` and `schema` in it
    "#]],
    );
}

#[test]
fn two_kinds_need_two_ports() {
    let outside = Outside::new();

    refuses(
        &outside,
        "new hello --kind http:7070 --kind grpc",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: two kinds have the same port 7070
         help: give one of them another port
    "#]],
    );
    assert_eq!(outside.run("new hello --kind http:0 --kind grpc:0").status, 0);
}

#[test]
fn kinds_must_fit_together() {
    let outside = Outside::new();

    refuses(
        &outside,
        "new hello --kind worker,native",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: kind `native` is given twice
         help: give each kind once; `worker` is another word for `native`
    "#]],
    );

    refuses(
        &outside,
        "new hello --kind http --kind http:80",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: kind `http` is given twice
         help: give each kind once
    "#]],
    );
    refuses(
        &outside,
        "new hello --kind http --kind script",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: kind `script` must be the only kind of a service
         help: make the script a service of its own
    "#]],
    );
}

#[test]
fn ports_belong_to_kinds_that_listen() {
    let outside = Outside::new();

    refuses(
        &outside,
        "new hello --kind http --kind grpc --port 80",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: `--port` is given, but two kinds listen
             help: write the ports to the kinds: `--kind http:8080,grpc:7070`
        "#]],
    );
    refuses(
        &outside,
        "new hello --kind http:80 --port 80",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: the port is given twice, by `--kind` and by `--port`
         help: leave one of them out
    "#]],
    );
    refuses(
        &outside,
        "new hello --kind native --port 80",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `--port` is given, but none of the kinds listens
         help: leave `--port` out
    "#]],
    );
}

#[test]
fn nothing_is_overwritten() {
    let outside = Outside::new();
    outside.write("hello/Cargo.toml", "# mine");
    outside.write("hello/src/lib.rs/is a directory", "");

    refuses(
        &outside,
        "new hello --kind http",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: nothing is overwritten, and there is already
          hello/Cargo.toml
          hello/src/lib.rs
         help: choose another directory with `--path`, or add what is missing with `mikros-host init hello`
    "#]],
    );

    // A link that leads nowhere is something as well.
    fs::create_dir(outside.path().join("linked")).expect("it is ours");
    std::os::unix::fs::symlink("/nowhere", outside.path().join("linked/service.toml")).unwrap();
    refuses(
        &outside,
        "new linked --kind http",
        &expect![[r#"
            status 2
            --- stdout
            --- stderr
            error: nothing is overwritten, and there is already
              linked/service.toml
             help: choose another directory with `--path`
        "#]],
    );
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let outside = Outside::new();
    outside.write("hello/src", "not a directory");

    refuses(
        &outside,
        "new hello --kind http",
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        error: cannot write `hello/src/lib.rs`
        cause: File exists (os error 17)
    "#]],
    );
    outside.write("file", "");
    refuses(
        &outside,
        "new hello --kind http --path file/hello",
        &expect![[r#"
        status 1
        --- stdout
        --- stderr
        error: cannot find out where `file/hello` is
        cause: Not a directory (os error 20)
    "#]],
    );
}

#[test]
fn no_workspace_gets_a_member_by_accident() {
    let outside = Outside::new();
    outside
        .write("Cargo.toml", "[workspace]\nmembers = ['services/*']\nexclude = ['services/own']");

    refuses(
        &outside,
        "new hello --kind http --path services/hello",
        &expect![[r#"
        status 2
        --- stdout
        --- stderr
        error: `$DIR/services/hello` would be a member of the workspace `$DIR/Cargo.toml`, by `services/*`
         help: choose another directory with `--path`, or add this one to `exclude` in the `[workspace]` there: the new crate is a workspace of its own
    "#]],
    );
    assert_eq!(outside.run("new hello --kind http --path services/own").status, 0);
    assert_eq!(outside.run("new hello --kind http").status, 0);
}

#[test]
fn the_examples_of_this_repository_stay_what_they_are() {
    let outside = Outside::new();
    let path = workspace().join("examples/made-by-a-test");

    let finished = outside.run(&format!("new hello --kind http --path {}", path.display()));

    assert_eq!(finished.status, 2, "{}", finished.stderr);
    assert!(!path.exists());
}

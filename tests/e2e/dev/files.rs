//! The ways in which files change, and those in which they do not.
//! Does not know what is built of them.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::SystemTime;

use expect_test::expect;

use super::{Dev, project, set_mark};
use crate::support::{Command, Service, Signal};

/// Whether it notices each of these changes, in their order, as one.
#[track_caller]
fn notices(service: &Service, changes: &[(&str, &dyn Fn())]) {
    let mut dev = Dev::serving(service);
    for (number, (mark, change)) in changes.iter().enumerate() {
        change();
        dev.shows("ready in", number + 2);
        dev.serves(mark);
    }
    // A file that is written in place may be built before it is whole, and does not make a component then.
    let said = dev.stopped_by(Signal::TERM);
    assert_eq!(said.matches("ready in").count(), changes.len() + 1, "{said}");
}

#[test]
fn a_file_is_written_in_place_or_replaced() {
    let service = project();
    notices(
        &service,
        &[
            ("version2", &|| drop(service.write("src/mark", "version2"))),
            ("version3", &|| set_mark(&service, "version3")),
            ("version1", &|| drop(service.write("src/mark", "version1"))),
        ],
    );
}

#[test]
fn a_directory_is_swapped_as_a_whole() {
    let service = project();
    let path = |name: &str| service.directory().join(name);
    let other = |mark: &str| {
        fs::create_dir(path("other")).expect("the target directory can be written");
        service.write("other/mark", mark);
        fs::rename(path("src"), path("old")).expect("it is there");
        fs::rename(path("other"), path("src")).expect("it is there");
        fs::remove_dir_all(path("old")).expect("it is there");
    };
    notices(
        &service,
        &[
            ("version2", &|| other("version2")),
            ("version3", &|| other("version3")),
            ("version1", &|| set_mark(&service, "version1")),
        ],
    );
}

#[test]
fn a_directory_behind_a_link_is_exchanged() {
    let service = project();
    let path = |name: &str| service.directory().join(name);
    fs::rename(path("src"), path("first")).expect("it is there");
    symlink("first", path("src")).expect("the target directory can be written");
    fs::create_dir(path("second")).expect("the target directory can be written");
    service.write("second/mark", "version2");
    let lead_to = |target: &str| {
        symlink(target, path("link")).expect("the target directory can be written");
        fs::rename(path("link"), path("src")).expect("the link is ours");
    };
    notices(
        &service,
        &[
            ("version2", &|| lead_to("second")),
            ("version3", &|| drop(service.write("second/mark", "version3"))),
            ("version1", &|| lead_to("first")),
        ],
    );
}

#[test]
fn a_directory_is_removed_and_comes_back() {
    let service = project();
    let source = service.directory().join("src");
    let mut dev = Dev::serving(&service);

    fs::remove_dir_all(&source).expect("it is there");
    dev.shows("still serving", 1);
    dev.serves("version1");
    fs::create_dir(&source).expect("the target directory can be written");
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    dev.serves("version2");
    set_mark(&service, "version3");
    dev.shows("ready in", 3);
    dev.serves("version3");
}

#[test]
fn many_files_that_change_at_once_are_one_change() {
    let service = project();
    let dev = Dev::serving(&service);

    // As `git checkout` does it.
    let tree = service.directory().join("src/deep/er");
    fs::create_dir_all(&tree).expect("the target directory can be written");
    for number in 0..500 {
        fs::write(tree.join(format!("{number}.txt")), "").expect("it can be written");
    }
    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    assert_eq!(crate::support::http::get(dev.port(), "/who").text(), "v1.0.0 version2");
    let said = dev.stopped_by(Signal::TERM);
    assert!(said.contains(" more changed · built in"), "{said}");
}

#[test]
fn what_is_written_anew_without_a_difference_is_no_change() {
    let service = project();
    let mut dev = Dev::serving(&service);

    let touched = File::options().append(true).open(service.directory().join("src/mark"));
    touched.and_then(|file| file.set_modified(SystemTime::now())).expect("the file is ours");
    service.edit("product", "product");
    set_mark(&service, "version1");
    service.write("src/.mark.swp", "an editor");
    service.write("src/mark~", "another one");
    service.write("src/second", "");
    dev.shows("the component is the same", 1);

    dev.serves("version1");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/second changed · built in $T · the component is the same · still serving the version of $TIME
    "#]]);
}

#[test]
fn its_own_output_is_no_change() {
    let service = project();
    service.edit("watch = ['src']", "watch = ['.']");
    let output = File::create(service.directory().join("dev.log"));
    let mut command = Command::new(["--log-level", "debug", "dev"]);
    command.arguments([service.path()]);
    let process = command.spawn_into(output.expect("it can be written").into());
    let mut dev = Dev { process, client: None };
    dev.shows("ready in", 1);

    set_mark(&service, "version2");
    dev.shows("ready in", 2);

    dev.serves("version2");
    dev.said(&expect![[r#"
        built in $T · ready in $T
        http  http://127.0.0.1:$N
        src/mark changed · built in $T · ready in $T
    "#]]);
    let log = fs::read_to_string(service.directory().join("dev.log")).expect("it is there");
    assert!(log.contains("service replaced"), "{log}");
}

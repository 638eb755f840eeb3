//! `dev` with the compiler itself, on a crate that `new` has made.
//! Does not know what else can fail.

use expect_test::expect;

use super::{Dev, without_times};
use crate::commands::new::kinds::{make, wait_for_turn};
use crate::support::{Signal, http};

/// The address is the default.
fn port(dev: &Dev) -> u16 {
    dev.process.wait_until("the address of kind `http`", |_, stderr| {
        stderr.rsplit_once("http://localhost:")?.1.lines().next()?.parse().ok()
    })
}

fn hello(dev: &Dev) -> String {
    http::get(port(dev), "/hello/Ada").text().to_owned()
}

#[test]
fn a_crate_is_edited_broken_and_mended() {
    let made = make("made-dev", &["http:0"]);
    let _turn = wait_for_turn();
    made.build();
    let dev = Dev::launch(made.command(["--log-format", "json", "dev"]));
    dev.shows("ready in", 1);
    assert_eq!(hello(&dev), "hello Ada");

    made.edit("src/lib.rs", "\"{} {name}\"", "\"{}, {name}\"");
    dev.shows("ready in", 2);
    assert_eq!(hello(&dev), "hello, Ada");
    made.edit("src/lib.rs", "settings.greeting", "settings.farewell");
    dev.shows("build failed", 1);
    assert_eq!(hello(&dev), "hello, Ada");
    made.edit("src/lib.rs", "settings.farewell", "settings.greeting");
    dev.shows("the component is the same", 1);

    let said = without_times(&dev.stopped_by(Signal::TERM));
    assert_eq!(said.matches("no field `farewell`").count(), 1, "{said}");
    // Cargo's progress has times and paths of its own.
    let progress = |line: &&str| ["Compiling ", "Finished "].iter().any(|verb| line.contains(verb));
    let lines = said.lines().filter(|line| !progress(line)).map(|line| line.to_owned() + "\n");
    expect![[r#"
        built in $T · ready in $T
        http  http://localhost:$N
        for this machine only; `--address ::` or `[host] address` lets others in
        src/lib.rs changed · built in $T · ready in $T
        error[E$N]: no field `farewell` on type `Settings`
          --> src/lib.rs:46:48
           |
        46 |         Ok(format!("{}, {name}", self.settings.farewell))
           |                                                ^^^^^^^^ unknown field
           |
           = note: available field is: `greeting`

        For more information about this error, try `rustc --explain E$N`.
        error: could not compile `made-dev` (lib) due to 1 previous error
        src/lib.rs changed · build failed after $T · still serving the version of $TIME
        src/lib.rs changed · built in $T · the component is the same · still serving the version of $TIME
    "#]].assert_eq(&lines.collect::<String>());
}

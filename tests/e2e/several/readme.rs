//! `examples/user-bff`, as its README says: every command line, in both ways of running.
//! What `--build` does is tested in `commands::build`; here the components are those of the tests.

use std::fs;

use super::{port, start};
use crate::support::{Host, Service, guests, http, workspace};

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).expect("the example is there")
}

/// The code blocks of `language`.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// The example with this `service.toml`, on free ports. It calls the greeter at a port of its own if it is given one.
fn example(path: &str, greeter: Option<u16>) -> Service {
    let guest = match path {
        "examples/greeter-grpc/service.toml" => guests::GREETER_GRPC,
        "examples/user-bff/service.toml" => guests::USER_BFF,
        other => panic!("the README runs `{other}`"),
    };
    let component = guest.component();
    let file = component.file_name().and_then(|name| name.to_str()).expect("its name is text");
    let mut text = read(path);
    let mut replace = |from: &str, to: &str| {
        assert!(text.contains(from), "`{path}` has no `{from}`");
        text = text.replace(from, to);
    };
    let named = format!("../../target/wasm32-wasip2/release/{file}");
    replace(&named, &component.display().to_string());
    replace("[host]", "[host]\naddress = '127.0.0.1'");
    match guest {
        guests::USER_BFF => {
            replace("http:8081", "http:0");
            if let Some(port) = greeter {
                replace(
                    "host = \"localhost\"\nport = 7070",
                    &format!("host = '127.0.0.1'\nport = {port}"),
                );
            }
        }
        _ => replace("grpc:7070", "grpc:0"),
    }
    Service::of_text(text)
}

/// The services that each command of the README runs.
fn commands() -> Vec<Vec<String>> {
    let commands = blocks(&read("examples/user-bff/README.md"), "sh");
    let paths = |command: String| {
        let paths = command.trim().strip_prefix("mikros-host run --build ");
        let paths = paths.unwrap_or_else(|| panic!("not a way to run the example: {command}"));
        paths.split(' ').map(str::to_owned).collect()
    };
    commands.into_iter().map(paths).collect()
}

/// Asks what the README asks, and demands the responses that it shows.
#[track_caller]
fn answers_as_shown(port: u16) {
    let mut count = 0;
    for block in blocks(&read("examples/user-bff/README.md"), "console") {
        for example in block.split("$ curl ").skip(1) {
            let (arguments, shown) = example.split_once('\n').expect("it shows a response");
            let address = arguments.trim_start_matches("-N ").trim_matches('\'');
            let path = address.strip_prefix("localhost:8081");
            let path = path.unwrap_or_else(|| panic!("not the example: {arguments}"));
            assert_eq!(http::get(port, path).text().trim_end(), shown.trim_end(), "{path}");
            count += 1;
        }
    }
    assert!(count >= 3, "it shows {count} commands");
}

#[test]
fn the_readme_runs_it_in_two_processes_and_in_one() {
    let commands = commands();
    let counts: Vec<_> = commands.iter().map(Vec::len).collect();

    assert_eq!(counts, [1, 1, 2], "the greeter, this service, both");
    let together: Vec<_> = commands[..2].concat();
    assert_eq!(together, commands[2], "both ways run the same");
}

#[test]
fn the_readme_tells_the_truth_about_two_processes() {
    let commands = commands();
    let called = example(&commands[0][0], None);
    let greeter = Host::start(&called);
    let calling = example(&commands[1][0], Some(port(&greeter, "greeter-grpc")));
    let host = Host::start(&calling);

    answers_as_shown(host.port());

    host.stop();
    greeter.stop();
}

#[test]
fn the_readme_tells_the_truth_about_one_process() {
    let services: Vec<_> = commands()[2].iter().map(|path| example(path, None)).collect();
    let host = start(&services.iter().collect::<Vec<_>>(), 2);

    answers_as_shown(port(&host, "user-bff"));

    host.stop();
}

/// The tests of the example are run by `cargo test --workspace`, if its README names its package.
#[test]
fn the_readme_names_the_package_that_is_tested() {
    let package: toml::Table = read("examples/user-bff/Cargo.toml").parse().expect("it is TOML");
    let name = package["package"]["name"].as_str().expect("it has a name");

    let readme = read("examples/user-bff/README.md");

    assert!(readme.contains(&format!("`cargo test -p {name}`")), "{readme}");
    assert!(workspace().join("examples/user-bff/src/tests.rs").exists());
}

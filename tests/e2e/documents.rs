//! Documents say what the code does: tables are those of the code, examples are valid.
//! Does not judge their prose.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use mikros_host::internals::{
    Cli, Definition, LoadContext, Variables, events_table, reference_table, variables_table,
};

use crate::layers::ORDER;
use crate::support::{Host, Service, guests, http, workspace};

fn read(path: &str) -> String {
    let text = fs::read_to_string(workspace().join(path));
    text.unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"))
}

/// The pages for users, below `docs`.
fn pages() -> Vec<String> {
    let files = fs::read_dir(workspace().join("docs")).expect("there are pages");
    let paths = files.map(|file| file.expect("a file").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let name = |path: PathBuf| path.file_name()?.to_str().map(str::to_owned);
    let mut pages: Vec<_> = paths.filter_map(name).collect();
    pages.sort();
    pages
}

/// All documents that people read, by their paths from the root.
fn documents() -> Vec<String> {
    let root = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "wit/README.md"];
    let pages = pages().into_iter().map(|name| format!("docs/{name}"));
    root.map(str::to_owned).into_iter().chain(pages).collect()
}

/// The text between `<!-- name -->` and `<!-- /name -->` in a page.
#[track_caller]
fn section(page: &str, name: &str) -> String {
    let text = read(page);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let section = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
    section.unwrap_or_else(|| panic!("the page has no part `{name}`")).0.to_owned()
}

/// The code blocks of `language` in a Markdown text.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let parts = text.split(&begin).skip(1);
    let blocks = parts.map(|part| part.split("```").next().unwrap_or_default().to_owned());
    blocks.collect()
}

/// A part of a `service.toml` with what it needs to be a whole one; a whole one as it is.
fn completed(text: &str) -> String {
    if text.starts_with("name =") || text.contains("\nname = ") && text.contains("product = ") {
        return text.to_owned();
    }
    let types = if text.starts_with("types =") { "" } else { "types = ['http']\n" };
    format!(
        "name = 'part'\nversion = 'v1'\nlanguage = 'rust'\nproduct = 'Docs'\n{types}{text}\n\
         [host]\ncomponent = 'part.wasm'\n"
    )
}

/// Checks a `service.toml` as the host does, with all variables set that it asks for.
#[track_caller]
fn loads(place: &str, text: &str) {
    let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
    let names = file.get("envs").and_then(toml::Value::as_array).into_iter().flatten();
    let names = names.filter_map(toml::Value::as_str).map(str::to_owned);
    let variables: Variables = names.map(|name| (name, "set".to_owned())).collect();
    let host = mikros_host::Host::builder().build().expect("no two features have the same name");
    let premises =
        LoadContext { variables, catalogue: host.catalogue().clone(), ..LoadContext::default() };
    // Parts of a definition name variables that nobody declares.
    let premises = if file.contains_key("envs") { premises } else { premises.incomplete() };
    // Next to files that documents name.
    let path = workspace().join("tests/e2e/documents/service.toml");
    if let Err(problems) = Definition::parse(&path, text, &premises) {
        panic!("{place} is not valid: {problems:#?}\n{text}");
    }
}

#[test]
fn the_page_about_service_toml_has_all_keys() {
    assert_eq!(section("docs/service-toml.md", "reference"), reference_table());
}

#[test]
fn the_page_about_service_toml_has_all_variables() {
    assert_eq!(section("docs/service-toml.md", "variables"), variables_table());
}

#[test]
fn the_page_about_events_has_all_of_them() {
    assert_eq!(section("docs/log-events.md", "events"), events_table());
}

#[test]
fn every_definition_in_a_document_is_valid() {
    let texts = documents().into_iter().map(|path| (path.clone(), read(&path)));
    let sdk = read("guest-sdk/sdk/src/lib.rs").replace("//! ", "").replace("//!", "");
    let texts = texts.chain([("the documentation of the SDK".to_owned(), sdk)]);

    let mut count = 0;
    for (place, text) in texts {
        for block in blocks(&text, "toml") {
            loads(&place, &completed(&block));
            count += 1;
        }
    }

    assert!(count >= 2, "the README and the SDK each show one");
}

#[test]
fn the_service_in_the_readme_is_the_one_that_the_sdk_compiles() {
    let readme = read("README.md");
    let sdk = read("guest-sdk/sdk/src/lib.rs");
    let documentation = sdk.lines().filter_map(|line| line.strip_prefix("//!"));
    let documentation: String = documentation
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        // Lines that begin so are compiled and not shown.
        .filter(|line| !line.starts_with("# fn main"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let compiled = documentation.split("```\n").nth(1).expect("there is an example");

    assert_eq!(blocks(&readme, "rust").first().map(String::as_str), Some(compiled));
}

/// The blocks `rust` of these pages are compiled and run with the SDK's documentation; all others are copies.
const COMPILED: [&str; 2] = ["coming-from.md", "migrating.md"];

#[test]
fn what_the_documents_take_from_examples_is_in_them() {
    let example = [
        "greeter-grpc/build.rs",
        "greeter-grpc/src/lib.rs",
        "cronjob/src/lib.rs",
        "native-ticker/src/lib.rs",
        "script-report/src/lib.rs",
        "feature-rust/src/main.rs",
        "user-bff/build.rs",
        "user-bff/src/lib.rs",
    ];
    let example = example.map(|file| read(&format!("examples/{file}")));

    for page in pages() {
        let text = read(&format!("docs/{page}"));
        let copies = if COMPILED.contains(&&*page) { "rust,ignore" } else { "rust" };
        for snippet in blocks(&text, copies) {
            assert!(example.iter().any(|file| file.contains(&snippet)), "{page}: {snippet}");
        }
    }
}

#[test]
fn the_readme_shows_what_the_example_answers() {
    let own = read("examples/hello-http/service.toml");
    let settings = own.split_once("[service]").expect("it has settings").1;
    let service =
        Service::new(guests::HELLO_HTTP, "http:0").tables(&format!("[service]{settings}"));
    let host = Host::start(&service);

    let mut count = 0;
    for block in blocks(&read("README.md"), "console") {
        for example in block.split("$ curl ").skip(1) {
            let (address, answer) = example.split_once('\n').expect("it shows an answer");
            let path = address.trim_matches('\'').strip_prefix("localhost:8080");
            let path = path.unwrap_or_else(|| panic!("not the example: {address}"));
            assert_eq!(http::get(host.port(), path).text(), answer.trim_end(), "{path}");
            count += 1;
        }
    }

    assert!(count >= 2, "it shows nothing");
    host.stop();
}

#[test]
fn every_example_is_valid_and_explained() {
    let examples = fs::read_dir(workspace().join("examples")).expect("there are examples");
    let readme = read("README.md");

    for example in examples {
        let name = example.expect("the examples can be read").file_name();
        let name = name.to_str().expect("names of examples are ASCII");
        let path = |file: &str| format!("examples/{name}/{file}");
        let has = |file: &str| workspace().join(path(file)).exists();
        let run = if has("src/main.rs") {
            // It is a host of its own, which alone knows what its `service.toml` may say.
            assert!(has("tests/runs.rs"), "`{name}` is not run by a test");
            format!("cargo run --release -p {name} -- run")
        } else {
            loads(&path("service.toml"), &read(&path("service.toml")));
            "mikros-host run".to_owned()
        };
        let own = read(&path("README.md"));
        assert!(own.contains(&run), "`{name}` does not say how it is run");
        assert!(readme.contains(&format!("(examples/{name})")), "README.md leaves out `{name}`");
    }
}

#[test]
fn the_page_about_the_command_line_names_every_command_and_option() {
    let page = read("docs/command-line.md");
    let command = Cli::command();

    let mut missing = Vec::new();
    for subcommand in command.get_subcommands() {
        let name = format!("mikros-host {}", subcommand.get_name());
        missing.extend((!page.contains(&name)).then_some(name));
    }
    let all = std::iter::once(&command).chain(command.get_subcommands());
    for option in all.flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long) {
        let name = format!("--{option}");
        missing.extend((!page.contains(&name)).then_some(name));
    }

    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_architecture_lists_the_modules_in_the_order_of_the_layers() {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));

    let modules: Vec<_> = rows.map(|(name, _)| name).filter(|name| ORDER.contains(name)).collect();

    assert_eq!(modules, ORDER);
}

#[test]
fn the_files_that_the_architecture_names_are_there() {
    let text = read("ARCHITECTURE.md");
    let names = text.split('`').filter(|word| {
        !word.contains(char::is_whitespace) && Path::new(word).extension() == Some("rs".as_ref())
    });
    let places = [workspace().join("host/src"), workspace().clone()];
    let missing: Vec<_> =
        names.filter(|name| !places.iter().any(|place| place.join(name).exists())).collect();

    assert!(missing.is_empty(), "{missing:?}");
}

/// They are where everybody begins; what is longer belongs into `docs`.
#[test]
fn the_first_documents_are_short() {
    for (path, most) in [("README.md", 160), ("ARCHITECTURE.md", 200)] {
        let lines = read(path).lines().count();
        assert!(lines <= most, "{path} has {lines} lines, at most {most} fit");
    }
}

/// What a heading is called in links, on a forge and in the book.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|part| part.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let here = workspace().join(&document);
            let path = if file.is_empty() { here } else { here.with_file_name(file) };
            let leads = path.exists()
                && (heading.is_empty() || {
                    let text = fs::read_to_string(&path).expect("a text");
                    let headings = text.lines().filter(|line| line.starts_with('#'));
                    headings.map(|line| anchor(line.trim_start_matches('#'))).any(|a| a == heading)
                });
            broken.extend((!leads).then(|| format!("{document}: {target}")));
        }
    }

    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_book_has_every_page() {
    let summary = read("docs/SUMMARY.md");
    let missing: Vec<_> = pages()
        .into_iter()
        .filter(|page| page != "SUMMARY.md" && !summary.contains(&format!("]({page})")))
        .collect();

    assert!(missing.is_empty(), "docs/SUMMARY.md leaves out {missing:?}");
}

/// Authors copy them, and wasm tools want each to be whole.
#[test]
fn the_worlds_of_the_contract_can_be_resolved() {
    let mut contract = wit_parser::Resolve::new();
    for directory in ["wit", "wit/plugin"] {
        let pushed = contract.push_dir(workspace().join(directory));
        pushed.unwrap_or_else(|error| panic!("{directory}: {error:#}"));
    }
    let worlds = blocks(&read("wit/README.md"), "wit");
    assert!(worlds.len() >= 6, "{} worlds", worlds.len());
    for (number, world) in worlds.into_iter().enumerate() {
        let pushed = contract.clone().push_str(format!("{number}.wit"), &world);
        pushed.unwrap_or_else(|error| panic!("{error:#}\n{world}"));
    }
}

#[test]
fn the_test_vectors_are_those_that_the_contract_names() {
    let text = read("wit/README.md");
    let files = fs::read_dir(workspace().join("tests/vectors")).expect("the vectors");
    for file in files {
        let name = file.expect("a file").file_name().into_string().expect("a name in ASCII");
        assert!(text.contains(&format!("| `{name}` |")), "wit/README.md does not name `{name}`");
    }
}

//! Crates that are made for the purpose, and the cargo of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect;

use super::*;
use crate::definition::LoadContext;

/// A directory that is gone, with all that is in it, when the value is dropped.
struct Directory(PathBuf);

impl Directory {
    /// Without symbolic links, so that cargo's paths begin with it.
    fn new() -> Self {
        let temporary = std::env::temp_dir().canonicalize().unwrap();
        let path = temporary.join(format!("mikros-sources-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// A library with more lines for its `Cargo.toml`.
    fn package(&self, directory: &str, rest: &str) {
        let name = directory.rsplit('/').next().unwrap();
        let manifest = format!("[package]\nname = '{name}'\nedition = '2024'\n{rest}");
        self.write(&format!("{directory}/Cargo.toml"), &manifest);
        self.write(&format!("{directory}/src/lib.rs"), "");
    }

    /// What is to be watched for the service in `directory`, one place per line.
    async fn found(&self, directory: &str, host: &str) -> String {
        let sources = self.sources(directory, host).await;
        assert!(sources.trouble.is_none(), "{:?}", sources.trouble);
        self.listed(&sources)
    }

    async fn sources(&self, directory: &str, host: &str) -> Sources {
        let path = self.0.join(directory).join("service.toml");
        let text = format!(
            "name = 'greeter'\ntypes = ['http']\nversion = 'v1'\nlanguage = 'rust'\n\
             product = 'Matrix'\n[host]\ncomponent = 'out/greeter.wasm'\n{host}"
        );
        let definition = Definition::parse(&path, &text, &LoadContext::default()).unwrap();
        Subject::of(&definition).find().await
    }

    /// Without the settings of cargo that are always asked for, but for the first of them.
    fn listed(&self, sources: &Sources) -> String {
        let shown = |path: &Path| path.strip_prefix(&self.0).unwrap_or(path).display().to_string();
        let place = |place: &WatchedPath| match place {
            WatchedPath::File(path) if SETTINGS[1..].iter().any(|name| path.ends_with(name)) => {
                None
            }
            WatchedPath::File(path) => Some(shown(path)),
            WatchedPath::Tree { root, except } if except.is_empty() => {
                Some(format!("{}/**", shown(root)))
            }
            WatchedPath::Tree { root, except } => {
                let except = except.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ");
                Some(format!("{}/** except {except}", shown(root)))
            }
        };
        sources.places.iter().filter_map(place).collect::<Vec<_>>().join("\n")
    }

    fn lock(&self, directory: &str) {
        let mut cargo = Command::new("cargo");
        cargo.args(["generate-lockfile", "--offline", "--quiet"]);
        assert!(cargo.current_dir(self.0.join(directory)).status().unwrap().success());
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn what_the_package_is_built_of_is_watched() {
    let directory = Directory::new();
    directory
        .write("repo/Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['app', 'libs/*']\n");
    directory.package(
        "repo/app",
        "[dependencies]\nnear = { path = '../libs/near' }\n\
         [dev-dependencies]\ntester = { path = '../libs/tester' }\n",
    );
    directory.package("repo/libs/near", "[build-dependencies]\nfar = { path = '../../../far' }\n");
    directory.package("repo/libs/tester", "");
    directory.package("repo/libs/unused", "");
    directory.package("far", "");

    let before = directory.found("repo/app", "").await;
    directory.lock("repo");
    let after = directory.found("repo/app", "").await;

    expect![[r"
        repo/app/service.toml
        repo/app/out/greeter.wasm
        far/**
        repo/app/**
        repo/libs/near/**
        repo/Cargo.toml
        repo/app/Cargo.toml"]]
    .assert_eq(&after);
    // Asked without a lock file, the answer is the same, and there is still none.
    assert_eq!(before, after);
}

#[tokio::test]
async fn no_lock_file_is_written() {
    let directory = Directory::new();
    directory.package("app", "");

    directory.found("app", "").await;

    assert!(!directory.0.join("app/Cargo.lock").exists());
}

#[tokio::test]
async fn what_packages_beyond_the_workspace_depend_on_is_known_with_a_lock_file() {
    let directory = Directory::new();
    directory.package("app", "[dependencies]\nnear = { path = '../near' }\n");
    directory.package("near", "[dependencies]\nfar = { path = '../far' }\n");
    directory.package("far", "");

    let without = directory.found("app", "").await;
    directory.lock("app");
    let with = directory.found("app", "").await;

    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/** except app/target
        near/**
        app/Cargo.toml"]]
    .assert_eq(&without);
    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/** except app/target
        far/**
        near/**
        app/Cargo.toml"]]
    .assert_eq(&with);
}

#[tokio::test]
async fn packages_inside_of_another_are_left_out_unless_they_are_used() {
    let directory = Directory::new();
    directory.package(
        "app",
        "[dependencies]\nused = { path = 'used' }\n[workspace]\nmembers = ['unused']\n",
    );
    directory.package("app/used", "");
    directory.package("app/unused", "");
    directory.write("app/.cargo/config.toml", "build.target-dir = 'out'\n");

    let sources = directory.sources("app", "").await;

    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/** except app/unused, app/out
        app/used/**
        app/Cargo.toml"]]
    .assert_eq(&directory.listed(&sources));
}

#[tokio::test]
async fn of_a_workspace_without_a_package_all_that_is_built_by_default_is_watched() {
    let directory = Directory::new();
    directory.write(
        "Cargo.toml",
        "[workspace]\nresolver = '3'\nmembers = ['a', 'b']\ndefault-members = ['b']\n",
    );
    directory.package("a", "");
    directory.package("b", "");

    expect![[r"
        service.toml
        out/greeter.wasm
        b/**
        Cargo.toml"]]
    .assert_eq(&directory.found("", "").await);
}

#[tokio::test]
async fn settings_of_cargo_are_watched() {
    let directory = Directory::new();
    directory.write("Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['app']\n");
    directory.package("app", "");

    let sources = directory.sources("app", "").await;

    for name in SETTINGS {
        for path in [directory.0.join(name), directory.0.join("app").join(name)] {
            assert!(sources.places.contains(&WatchedPath::File(path)), "{name}");
        }
    }
}

#[tokio::test]
async fn what_the_definition_says_counts() {
    let directory = Directory::new();
    directory.package("app", "");

    let found = directory.found("app", "dev.watch = ['src', '../proto']\n").await;
    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/src/** except app/target
        app/../proto/** except app/target"]]
    .assert_eq(&found);
    let found = directory.found("app", "dev.watch = []\n").await;
    expect![[r"
        app/service.toml
        app/out/greeter.wasm"]]
    .assert_eq(&found);
}

#[tokio::test]
async fn without_cargo_the_directory_of_the_definition_is_watched() {
    let directory = Directory::new();
    directory.write("app/main.py", "");

    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/** except app/target"]]
    .assert_eq(&directory.found("app", "").await);
}

#[tokio::test]
async fn a_broken_manifest_is_watched_too() {
    let directory = Directory::new();
    directory.write("app/Cargo.toml", "[package\n");

    let sources = directory.sources("app", "").await;

    expect![[r"
        app/service.toml
        app/out/greeter.wasm
        app/** except app/target
        app/Cargo.toml"]]
    .assert_eq(&directory.listed(&sources));
    let trouble = sources.trouble.unwrap().to_string();
    expect!["cannot find the sources in `$DIR/app`: cargo says: unclosed table, expected `]`"]
        .assert_eq(&trouble.replace(&directory.0.display().to_string(), "$DIR"));
}

//! The build command of a service, when it is one plain call of `cargo build`.
//!
//! Understands no shell: a command that does anything else could write anywhere.
//!
//! What such a call will write is a rule of cargo's, kept here for what looks before there is a build:
//! `target directory / target / profile / library.wasm`. After a build, cargo is asked.

use std::path::{Path, PathBuf};

/// What a `cargo build` was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The name of the compilation target.
    pub(crate) target: Option<String>,
    target_directory: Option<String>,
    /// As the directory is called.
    profile: Option<String>,
    package: Option<String>,
}

impl Invocation {
    /// `None`: the command is something else, or has options that change what is written where.
    pub(crate) fn parse(command: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./+,:@ ".contains(c);
        let mut words = command.split_whitespace();
        let is_cargo_build = words.next() == Some("cargo")
            && words
                .find(|word| !word.starts_with('+'))
                .is_some_and(|word| ["build", "b"].contains(&word));
        if !is_cargo_build || !command.chars().all(is_plain) {
            return None;
        }
        let mut invocation = Self::default();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let mut value = || value.or_else(|| words.next()).map(str::to_owned);
            match name {
                "--release" | "-r" => invocation.profile = Some("release".to_owned()),
                "--profile" => invocation.profile = value(),
                "--target" => invocation.target = value(),
                "--target-dir" => invocation.target_directory = value(),
                "--package" | "-p" => invocation.package = value(),
                "--features" | "-F" | "--jobs" | "-j" | "--message-format" | "--color" => {
                    drop(value());
                }
                "--lib"
                | "--locked"
                | "--offline"
                | "--frozen"
                | "--quiet"
                | "-q"
                | "--verbose"
                | "-v"
                | "--all-features"
                | "--no-default-features"
                | "--keep-going" => (),
                _ => return None,
            }
        }
        Some(invocation)
    }

    pub(crate) fn names_target_directory(&self) -> bool {
        self.target_directory.is_some()
    }

    /// Where it says that cargo is to write, run in `directory`.
    pub(crate) fn target_directory(&self, directory: &Path) -> Option<PathBuf> {
        self.target_directory.as_ref().map(|path| directory.join(path))
    }

    /// Whether it is about the package of this name, or whichever is in the directory.
    pub(crate) fn is_for(&self, package: &str) -> bool {
        self.package.as_ref().is_none_or(|name| name == package)
    }

    /// The file that cargo makes of a library, run in `directory`. `target_directory`: where cargo
    /// writes unless the command says so.
    pub(crate) fn component(
        &self,
        library: &str,
        directory: &Path,
        target_directory: &Path,
    ) -> Option<PathBuf> {
        let target_directory =
            self.target_directory(directory).unwrap_or_else(|| target_directory.to_owned());
        let profile = match self.profile.as_deref() {
            None | Some("dev" | "test") => "debug",
            Some("bench") => "release",
            Some(profile) => profile,
        };
        let file = format!("{library}.wasm");
        Some(target_directory.join(self.target.as_ref()?).join(profile).join(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn makes(command: &str, expected: Option<&str>) {
        let component =
            Invocation::parse(command).filter(|one| one.is_for("say-hello")).and_then(|one| {
                one.component("say_hello", Path::new("/code/hello"), Path::new("/code/target"))
            });
        assert_eq!(component, expected.map(PathBuf::from), "{command}");
    }

    #[test]
    fn options_decide_what_cargo_writes() {
        let target = "--target wasm32-wasip2";
        makes(
            &format!("cargo build {target}"),
            Some("/code/target/wasm32-wasip2/debug/say_hello.wasm"),
        );
        makes(
            "cargo +nightly b -r --target=wasm32-wasip2 --locked -j 2",
            Some("/code/target/wasm32-wasip2/release/say_hello.wasm"),
        );
        makes(
            &format!("cargo build --profile small {target} --target-dir out -p say-hello"),
            Some("/code/hello/out/wasm32-wasip2/small/say_hello.wasm"),
        );
    }

    #[test]
    fn what_is_not_understood_makes_nothing() {
        for command in [
            "cargo build --release",
            "make",
            "cargo test --target wasm32-wasip2",
            "RUSTFLAGS=-g cargo build --target wasm32-wasip2",
            "cargo build --target wasm32-wasip2 && cp a b",
            "cargo build --target wasm32-wasip2 --manifest-path other/Cargo.toml",
            "cargo build --target wasm32-wasip2 --target-dir '/tmp/a b'",
            "cargo build --target wasm32-wasip2 -p other",
            "cargo build --target",
            "",
        ] {
            makes(command, None);
        }
    }
}

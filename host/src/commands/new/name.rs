//! Which names a service and its crate can have.
//!
//! Does not know which names are taken.

mod latin;

use super::{CreateError, keys};
use crate::definition::kebab_case;

/// Longest name: it is part of file names.
const LONGEST: usize = 64;

/// Names that mean something else to the Rust compiler, which refuses them.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Crates that every service sees already.
const TAKEN: [&str; 8] =
    ["alloc", "core", "mikros-sdk", "mikros-sdk-build", "proc-macro", "serde", "std", "test"];

/// Checks a name and says how to write it when it cannot be one.
pub(super) fn check(name: &str) -> Result<(), CreateError> {
    let Some(reason) = mistake(name) else { return Ok(()) };
    Err(CreateError::Name { name: name.to_owned(), reason, help: help(name) })
}

fn mistake(name: &str) -> Option<&'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > LONGEST {
        Some("it is longer than 64 characters")
    } else if !name.bytes().all(is_plain) || name.is_empty() {
        Some("it must be in kebab-case: small letters from `a` to `z`, digits and hyphens")
    } else if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("it must start with a letter")
    } else if name.ends_with('-') || name.contains("--") {
        Some("a hyphen must stand between letters or digits")
    } else if KEYWORDS.contains(&name) {
        Some("it is a keyword of Rust")
    } else if TAKEN.contains(&name) {
        Some("it is the name of a crate that services use")
    } else {
        None
    }
}

fn help(name: &str) -> String {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let kebab = kebab_case(&latin::plain(&keys::printable(last)));
    let kebab = kebab.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let better = match mistake(kebab) {
        None => kebab.to_owned(),
        Some(_) if kebab.is_empty() || kebab.len() > LONGEST => "hello".to_owned(),
        Some(_) => format!("{kebab}-service"),
    };
    if name.contains('/') {
        format!("write `{better}`, and the directory after `--path`")
    } else {
        format!("for example `{better}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::CommandError;

    fn told(name: &str) -> String {
        let error = CommandError::from(check(name).expect_err("the name must be refused"));
        format!("{error} ({})", error.help().unwrap_or_default())
    }

    #[test]
    fn names_of_crates_are_names_of_services() {
        for name in ["hello", "h2", "say-hello-2", "a", &"a".repeat(64)] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn every_other_name_is_told_with_a_better_one() {
        let names = [
            "",
            "Hello",
            "HelloWorld",
            "say_hello",
            "say hello",
            "-hello",
            "hello-",
            "say--hello",
            "2fast",
            "42",
            "héllo",
            "Große Straße",
            "Łódź",
            "\u{1b}[31mred",
            "mod",
            "serde",
            "services/Hello",
            "..",
        ];

        let told: Vec<_> = names.into_iter().map(told).collect();

        expect_test::expect![[r"
            `` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `hello`)
            `Hello` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `hello`)
            `HelloWorld` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `hello-world`)
            `say_hello` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `say-hello`)
            `say hello` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `say-hello`)
            `-hello` cannot be the name of a service: it must start with a letter (for example `hello`)
            `hello-` cannot be the name of a service: a hyphen must stand between letters or digits (for example `hello`)
            `say--hello` cannot be the name of a service: a hyphen must stand between letters or digits (for example `say-hello`)
            `2fast` cannot be the name of a service: it must start with a letter (for example `fast`)
            `42` cannot be the name of a service: it must start with a letter (for example `hello`)
            `héllo` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `hello`)
            `Große Straße` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `grosse-strasse`)
            `Łódź` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `lodz`)
            `[31mred` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `red`)
            `mod` cannot be the name of a service: it is a keyword of Rust (for example `mod-service`)
            `serde` cannot be the name of a service: it is the name of a crate that services use (for example `serde-service`)
            `services/Hello` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (write `hello`, and the directory after `--path`)
            `..` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens (for example `hello`)
        "]].assert_eq(&(told.join("\n") + "\n"));
    }

    #[test]
    fn a_name_that_is_too_long_is_not_repeated_in_the_help() {
        assert!(told(&"a".repeat(65)).ends_with("(for example `hello`)"));
    }
}

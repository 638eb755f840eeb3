//! `service.toml`, damaged: no panic, and every problem has a place in the file.

use std::path::Path;

use super::{FILE, parse};
use crate::fuzz;

const SEEDS: [&str; 3] = [
    include_str!("everything.toml"),
    include_str!("../../../../examples/hello-http/service.toml"),
    include_str!("../../../../examples/feature-wasm/service.toml"),
];

#[test]
fn fuzz_service_toml() {
    fuzz::damage_text(&SEEDS, |text| {
        let variables = [("DATABASE_URL", "x"), ("PORT", "8080")];
        let (problems, is_refused) = match parse(text, &variables) {
            Ok(definition) => (definition.warnings, false),
            Err(problems) => (problems, true),
        };
        assert!(!is_refused || !problems.is_empty());
        for problem in problems {
            let Some(position) = problem.position else { continue };
            let line = text.split('\n').nth(position.line - 1);
            let line = line.unwrap_or_else(|| panic!("{problem:?}"));
            assert!((1..=line.chars().count() + 1).contains(&position.column), "{problem:?}");
            assert!(!problem.located(Path::new(FILE)).contains(char::is_control), "{problem:?}");
        }
    });
}

//! Properties that hold for any input.

use std::time::Duration;

use proptest::prelude::*;

use super::{parse, with};
use crate::definition::quantity::{format_duration, format_size, parse_duration, parse_size};
use crate::definition::{Instances, Kind};

/// Pieces of definitions, so that random text gets past the first rule.
const PIECES: [&str; 28] = [
    "name",
    "types",
    "envs",
    "version",
    " = ",
    "\n",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'''",
    ".",
    ",",
    "http:",
    "@env",
    "[services.http]\n",
    "[runtime.worker]\n",
    "[host.limits]\n",
    "memory",
    "1979-05-27",
    "-1",
    "nan",
    "\u{0}",
    "ä",
    "true",
];

const LIST: [(&str, &str); 3] =
    [("A", "x"), ("GREETER__A", "y@env"), ("MIKROS_SERVICE_DEPLOY", "\u{7f}")];

/// A large valid definition.
fn full() -> String {
    with(
        &[("types", r#"["http:8080", "worker"]"#), ("envs", r#"["A"]"#)],
        "instances = \"auto\"\nlimits = { memory = \"64MiB\", max_queue = 5 }\n\
         [log]\nlevel = \"warn\"\nattributes = { team = \"core\" }\n\
         [services.http]\nhealth = \"/h\"\nidle_timeout = 1000000000\n\
         [features.cache]\nenabled = false\n[clients.orders]\nport = 7070\n\
         [service]\nlist = [1, 2.5, { a = \"A@env\" }]\nday = 2026-11-22\n",
    )
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = parse(&text, &LIST);
    }

    #[test]
    fn text_that_resembles_a_definition_never_panics(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60)
    ) {
        let _ = parse(&pieces.concat(), &LIST);
    }

    #[test]
    fn one_edit_of_a_valid_definition_never_panics(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..8,
        piece in prop::sample::select(&PIECES[..]),
    ) {
        let text = full();
        let characters = text.chars().collect::<Vec<_>>();
        let start = place.index(characters.len());
        let end = (start + removed).min(characters.len());
        let edited = characters[..start]
            .iter()
            .copied()
            .chain(piece.chars())
            .chain(characters[end..].iter().copied())
            .collect::<String>();

        if let Err(problems) = parse(&edited, &LIST) {
            prop_assert!(!problems.is_empty());
            let lines = edited.split('\n').count();
            for problem in problems {
                let line = problem.position.map_or(1, |position| position.line);
                prop_assert!((1..=lines).contains(&line), "{:?}", problem);
            }
        }
    }

    #[test]
    fn values_of_variables_never_show(value in "[a-z0-9:@/ ]{12,20}", key in 0_usize..8) {
        let keys = ["name", "version", "product", "language", "types", "log", "envs", "clients"];
        let text = with(&[(keys[key], "\"A@env\"")], "address = \"A@env\"\n");

        if let Err(problems) = parse(&text, &[("A", &value)]) {
            let shown = format!("{problems:?}");
            prop_assert!(!shown.contains(value.trim()));
        }
    }

    #[test]
    fn quantities_are_read_back(nanoseconds in any::<u64>(), bytes in any::<u64>()) {
        let duration = Duration::from_nanos(nanoseconds);

        prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        prop_assert_eq!(parse_size(&format_size(bytes)), Some(bytes));
        prop_assert_eq!(parse_size(&format_size(bytes << 20)), Some(bytes << 20));
    }

    #[test]
    fn what_is_put_in_comes_out(
        port in any::<u16>(),
        seconds in 1_u64..86_400,
        mebibytes in 1_usize..4096,
        instances in 1_usize..1024,
        number in any::<i64>(),
        word in "[a-zA-Z0-9 _-]{0,20}",
    ) {
        let text = with(
            &[("types", &format!("[\"native\", \"http:{port}\"]"))],
            &format!(
                "instances = {instances}\nshutdown_timeout = \"{seconds}s\"\n\
                 limits.memory = \"{mebibytes}MiB\"\n[service]\nnumber = {number}\nword = {word:?}\n"
            ),
        );

        let definition = super::accepted(&text, &[]);

        prop_assert_eq!(&definition.kinds[0], &Kind::Native);
        let Kind::Http(http) = &definition.kinds[1] else { panic!("expected http") };
        prop_assert_eq!(http.port.number, port);
        prop_assert_eq!(definition.host.shutdown_timeout, Duration::from_secs(seconds));
        prop_assert_eq!(definition.host.limits.memory, mebibytes << 20);
        let Instances::Count(count) = definition.host.instances else { panic!("expected a count") };
        prop_assert_eq!(count.get(), instances);
        prop_assert_eq!(&definition.settings.table["number"], number);
        prop_assert_eq!(&definition.settings.table["word"], &word);
    }
}

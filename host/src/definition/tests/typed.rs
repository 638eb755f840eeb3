//! Settings that are not of their type.

use expect_test::expect;
use proptest::prelude::*;

use super::extensions::{accepted, catalogue, limiter, limiter_of, rejects};
use super::{parse_with, with};
use crate::definition::FeatureSource;

const SECRET: &str = "hunter2";

#[test]
fn a_value_of_the_wrong_type_is_told_in_the_words_of_the_house() {
    rejects(
        &limiter(
            "rate = \"5\"\nburst = 70000\nby = \"adress\"\nwindow = 60\nmemory = \"4 MiB\"\n\
             trusted = [\"::1\", \"localhost\", 5]\nroutes = { a = { rate = true }, b = 1 }\n\
             keys = [{ name = 1, secret = 2 }]\nstore = { durable = \"true\", shards = -1 }\n",
        ),
        &[],
        &expect![[r#"
            service.toml:10:8: `features.limiter.rate` must be an integer from 1 to 4294967295, found `"5"`
            help: remove the quotes
            service.toml:11:9: `features.limiter.burst` must be an integer from 0 to 65535, found the integer `70000`
            service.toml:12:6: `features.limiter.by` must be one of `address`, `identity`, found `"adress"`
            help: did you mean `address`?
            service.toml:13:10: `features.limiter.window` must be a duration such as `30s`, found the integer `60`
            help: write the unit, for example `"30s"`
            service.toml:14:10: `features.limiter.memory` must be a size such as `4MiB`, found `"4 MiB"`
            help: write an integer and a unit: `B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`
            service.toml:15:19: `features.limiter.trusted[1]` must be an IP address, found `"localhost"`
            service.toml:15:32: `features.limiter.trusted[2]` must be an IP address, found the integer `5`
            service.toml:16:25: `features.limiter.routes.a.rate` must be a number, found `true`
            service.toml:16:37: `features.limiter.routes.b` must be a table, found the integer `1`
            help: write `[features.limiter.routes.b]`
            service.toml:17:18: `features.limiter.keys[0].name` must be a string, found the integer `1`
            help: add quotes
            service.toml:17:30: `features.limiter.keys[0].secret` must be a string, found another value
            help: add quotes
            service.toml:18:21: `features.limiter.store.durable` must be `true` or `false`, found `"true"`
            help: remove the quotes
            service.toml:18:38: `features.limiter.store.shards` must be an integer from 0 to 255, found the integer `-1`"#]],
    );
}

#[test]
fn a_variable_is_what_the_type_wants() {
    let text = limiter(
        "rate = \"N@env\"\nburst = \"N@env\"\nroutes = { a = { rate = \"HALF@env\" } }\n\
         keys = [{ name = \"N@env\", secret = \"KEY@env\" }]\nstore = { durable = \"ON@env\" }\n",
    );
    let key = ("KEY", "1234567890123456");
    let definition = accepted(&text, &[("N", "12"), ("HALF", "0.5"), ("ON", "true"), key]);

    let limiter = limiter_of(&definition);
    assert_eq!((limiter.rate.get(), limiter.burst), (12, 12));
    assert_eq!(limiter.keys[0].name, "12", "a text stays a text");
    rejects(
        &text,
        &[("N", "0"), ("HALF", "1"), ("ON", SECRET), key],
        &expect![[r#"
        service.toml:10:8: `features.limiter.rate` must be an integer from 1 to 4294967295, found the value of `N`
        service.toml:14:21: `features.limiter.store.durable` must be `true` or `false`, found the value of `ON`"#]],
    );
}

#[test]
fn other_shapes_are_told_as_well() {
    rejects(
        &limiter(
            "rate = 0\nburst = 1.5\nby = 5\nwindow = \"soon\"\nmemory = []\ntrusted = \"::1\"\n\
             routes = [1]\nkeys = { name = \"a\" }\nstore = 2026-11-23\n",
        ),
        &[],
        &expect![[r#"
            service.toml:10:8: `features.limiter.rate` must be an integer from 1 to 4294967295, found the integer `0`
            service.toml:11:9: `features.limiter.burst` must be an integer from 0 to 65535, found the number `1.5`
            service.toml:12:6: `features.limiter.by` must be one of `address`, `identity`, found the integer `5`
            service.toml:13:10: `features.limiter.window` must be a duration such as `30s`, found `"soon"`
            help: write an integer and a unit: `ms`, `s`, `m` or `h`
            service.toml:14:10: `features.limiter.memory` must be a size such as `4MiB`, found an array
            service.toml:15:11: `features.limiter.trusted` must be an array, found `"::1"`
            service.toml:16:10: `features.limiter.routes` must be a table, found an array
            help: write `[features.limiter.routes]`
            service.toml:17:1: `features.limiter.keys` must be an array, found a table
            service.toml:18:9: `features.limiter.store` must be a table, found the date `2026-11-23`
            help: write `[features.limiter.store]`"#]],
    );
}

#[test]
fn unknown_keys_come_with_a_suggestion() {
    rejects(
        &limiter(
            "rate = 5\nbrust = 1\nzzzzzz = 2\nenabeld = true\nroutes.\"/a\" = { rate = 1, \"x y\" = 2 }\n\
             [[features.limiter.keys]]\nname = \"a\"\nsecret = \"12345678\"\nsecrets = 1\n\
             [features.plain]\nenabled = true\nanything = 1\n",
        ),
        &[],
        &expect![[r#"
            service.toml:11:1: unknown key `features.limiter.brust`
            help: did you mean `burst`?
            service.toml:12:1: unknown key `features.limiter.zzzzzz`
            help: expected one of `rate`, `burst`, `by`, `window`, `memory`, `trusted`, `routes`, `keys`, `store`, `enabled`, `stage`
            service.toml:13:1: unknown key `features.limiter.enabeld`
            help: did you mean `enabled`?
            service.toml:14:27: unknown key `features.limiter.routes."/a"."x y"`
            help: expected one of `rate`
            service.toml:18:1: unknown key `features.limiter.keys[0].secrets`
            help: did you mean `secret`?
            service.toml:21:1: unknown key `features.plain.anything`
            help: expected one of `enabled`, `stage`"#]],
    );
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    rejects(
        &limiter(
            "[[features.limiter.keys]]\n[[features.limiter.keys]]\nname = \"b\"\n\
             [features.limiter.routes.a]\n",
        ),
        &[],
        &expect![[r#"
            service.toml:8:11: `features.limiter.rate` is missing
            help: add `rate` to `[features.limiter]`
            service.toml:10:1: `features.limiter.keys[0].name` is missing
            help: add `name` to `features.limiter.keys[0]`
            service.toml:10:1: `features.limiter.keys[0].secret` is missing
            help: add `secret` to `features.limiter.keys[0]`
            service.toml:11:1: `features.limiter.keys[1].secret` is missing
            help: add `secret` to `features.limiter.keys[1]`
            service.toml:13:26: `features.limiter.routes.a.rate` is missing
            help: add `rate` to `[features.limiter.routes.a]`"#]],
    );
}

#[test]
fn what_is_wrong_is_not_missing_too() {
    rejects(
        &limiter("rate = -1\nkeys = [{ name = 5 }, { name = \"b\", secret = [] }]\n"),
        &[],
        &expect![[r#"
            service.toml:10:8: `features.limiter.rate` must be an integer from 1 to 4294967295, found the integer `-1`
            service.toml:11:9: `features.limiter.keys[0].secret` is missing
            help: add `secret` to `features.limiter.keys[0]`
            service.toml:11:18: `features.limiter.keys[0].name` must be a string, found the integer `5`
            help: add quotes
            service.toml:11:46: `features.limiter.keys[1].secret` must be a string, found another value"#]],
    );
}

#[test]
fn what_types_cannot_say_is_told_when_the_types_are_right() {
    let settings = "rate = 50000\nmemory = \"0B\"\n\
                    keys = [{ name = \"a\", secret = \"12345678\" }, { name = \"b\", secret = \"x\" }]\n";
    rejects(
        &limiter(settings),
        &[],
        &expect![[r#"
        service.toml:8:11: `features.limiter` allows no bursts
        service.toml:11:10: `features.limiter.memory.of.nothing` must not be empty
        service.toml:12:69: `features.limiter.keys[1].secret` must have at least 8 characters
        help: for example the output of `openssl rand -hex 16`"#]],
    );
    rejects(
        &limiter(&format!("{settings}burst = true\n")),
        &[],
        &expect![
            "service.toml:13:9: `features.limiter.burst` must be an integer from 0 to 65535, found `true`"
        ],
    );
}

#[test]
fn values_of_variables_never_show() {
    let text = limiter(
        "rate = \"V@env\"\nburst = \"V@env\"\nby = \"V@env\"\nwindow = \"V@env\"\nmemory = \"V@env\"\n\
         trusted = [\"V@env\"]\nroutes = { a = \"V@env\" }\nkeys = [{ name = \"a\", secret = \"S@env\" }]\n\
         store = { durable = \"V@env\", shards = \"V@env\" }\n",
    );
    let list = [("V", SECRET), ("S", "short")];

    rejects(
        &text,
        &list,
        &expect![[r#"
            service.toml:10:8: `features.limiter.rate` must be an integer from 1 to 4294967295, found the value of `V`
            service.toml:11:9: `features.limiter.burst` must be an integer from 0 to 65535, found the value of `V`
            service.toml:12:6: `features.limiter.by` must be one of `address`, `identity`, found the value of `V`
            service.toml:13:10: `features.limiter.window` must be a duration such as `30s`, found the value of `V`
            service.toml:14:10: `features.limiter.memory` must be a size such as `4MiB`, found the value of `V`
            service.toml:15:12: `features.limiter.trusted[0]` must be an IP address, found the value of `V`
            service.toml:16:16: `features.limiter.routes.a` must be a table, found the value of `V`
            help: write `[features.limiter.routes.a]`
            service.toml:18:21: `features.limiter.store.durable` must be `true` or `false`, found the value of `V`
            service.toml:18:39: `features.limiter.store.shards` must be an integer from 0 to 255, found the value of `V`"#]],
    );

    let problems = parse_with(catalogue(), &text, &list).unwrap_err();
    assert!(!format!("{problems:?}").contains(SECRET));
    // Validation errors name the key only.
    let text = limiter("rate = 5\nkeys = [{ name = \"a\", secret = \"S@env\" }]\n");
    rejects(
        &text,
        &list,
        &expect![[r#"
        service.toml:11:32: `features.limiter.keys[0].secret` must have at least 8 characters
        help: for example the output of `openssl rand -hex 16`"#]],
    );
}

#[test]
fn an_objection_that_quotes_a_variable_is_masked() {
    let keys = |name| {
        limiter(&format!("rate = 5\nkeys = [{{ name = \"{name}\", secret = \"0123456789\" }}]\n"))
    };

    rejects(
        &keys("two words"),
        &[],
        &expect![
            "service.toml:11:18: `features.limiter.keys[0].name` must be one word, found `two words`"
        ],
    );
    rejects(
        &keys("N@env"),
        &[("N", "two words")],
        &expect![
            "service.toml:11:18: `features.limiter.keys[0].name` must be one word, found `***`"
        ],
    );
}

#[test]
fn a_variable_that_is_not_set_is_one_problem() {
    rejects(
        &limiter("rate = 5\nwindow = \"W@env\"\n"),
        &[],
        &expect![[r#"
        service.toml:11:10: environment variable `W` is not set
        help: set `W`, or `GREETER__W` for this service only"#]],
    );
}

fn rules(settings: &str) -> String {
    with(&[], &format!("[features.rules]\nenabled = true\n{settings}"))
}

#[test]
fn what_is_read_as_a_whole_is_told_as_close_as_can_be() {
    accepted(
        &rules(
            "source = 5\nlabel = \"a\"\nstorage.file.path = \"x\"\n\
             list = [{ kind = \"header\", name = \"a\" }]\n",
        ),
        &[],
    );
    rejects(
        &rules(
            "source = true\nlabel = \"a b\"\nstorage.file.path = 5\n\
             list = [{ kind = \"heder\" }, { kind = \"header\", name = 5 }, { kind = \"header\" }, {}, \
             { kind = \"header\", name = \"a\", nmae = 1 }, { kind = \"both\", first = {}, second = 1 }]\n",
        ),
        &[],
        &expect![[r#"
            service.toml:10:10: `features.rules.source` must be a path or a port, found `true`
            service.toml:11:9: `features.rules.label` is not valid: `a b` holds blanks
            service.toml:12:21: `features.rules.storage.file.path` must be a string, found the integer `5`
            help: add quotes
            service.toml:13:18: `features.rules.list[0].kind` must be one of `both`, `header`, found `"heder"`
            help: did you mean `header`?
            service.toml:13:29: a value in `features.rules.list[1]` must be a string
            service.toml:13:60: `features.rules.list[2].name` is missing
            help: add `name` to `features.rules.list[2]`
            service.toml:13:81: `features.rules.list[3].kind` is missing
            help: add `kind` to `features.rules.list[3]`
            service.toml:13:116: unknown key `features.rules.list[4].nmae`
            help: did you mean `name`?
            service.toml:13:128: `kind` is missing somewhere in `features.rules.list[5]`"#]],
    );
    rejects(
        &rules("label = \"\"\nstorage = \"disk\"\nsource = []\n"),
        &[],
        &expect![[r#"
        service.toml:10:9: `features.rules.label` must not be empty
        service.toml:11:11: `features.rules.storage` must be one of `memory`, `file`, found `"disk"`
        service.toml:12:10: `features.rules.source` must be a path or a port, found an array"#]],
    );
}

#[test]
fn a_type_of_ones_own_does_not_show_values_of_variables() {
    let text = rules(
        "source = \"V@env\"\nlabel = \"V@env\"\nstorage = \"V@env\"\n\
         list = [{ kind = \"V@env\" }, { kind = \"header\", name = 5, \"x\" = \"V@env\" }]\n",
    );

    rejects(
        &text,
        &[("V", "hunter 2")],
        &expect![[r#"
            service.toml:11:9: `features.rules.label` is not valid, found the value of `V`
            service.toml:12:11: `features.rules.storage` must be one of `memory`, `file`, found the value of `V`
            service.toml:13:18: `features.rules.list[0].kind` must be one of `both`, `header`, found the value of `V`
            service.toml:13:29: a value in `features.rules.list[1]` must be a string"#]],
    );

    let problems = parse_with(catalogue(), &text, &[("V", "hunter 2")]).unwrap_err();
    assert!(!format!("{problems:?}").contains("hunter"));
}

const PIECES: [&str; 16] =
    ["\n", "[", "]", "{", "}", "\"", "=", ".", ",", "@env", "0", "-", "true", "1s", "\u{0}", "ä"];

proptest! {
    #[test]
    fn one_edit_of_valid_settings_never_panics(
        place in any::<prop::sample::Index>(),
        removed in 0_usize..8,
        piece in prop::sample::select(&PIECES[..]),
    ) {
        let valid = limiter(
            "rate = 5\nburst = 3\nby = \"identity\"\nwindow = \"1s\"\nmemory = \"1MiB\"\n\
             trusted = [\"::1\", \"V@env\"]\nroutes = { a = { rate = 1.5 } }\nstore.shards = 2\n\
             keys = [{ name = \"a\", secret = \"12345678\" }, { name = \"b\", secret = \"12345678\" }]\n\
             [features.rules]\nenabled = true\nlist = [{ kind = \"header\", name = \"a\" }]\n",
        );
        let characters = valid.chars().collect::<Vec<_>>();
        let start = place.index(characters.len());
        let end = (start + removed).min(characters.len());
        let before = characters[..start].iter().copied();
        let edited: String =
            before.chain(piece.chars()).chain(characters[end..].iter().copied()).collect();

        match parse_with(catalogue(), &edited, &[("V", "::2")]) {
            Ok(definition) => {
                let mut enabled = definition.features.iter().filter(|one| one.is_enabled);
                prop_assert!(enabled.all(|one| !matches!(one.source, FeatureSource::Absent)));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                let lines = edited.split('\n').count();
                for problem in problems {
                    let line = problem.position.map_or(1, |position| position.line);
                    prop_assert!((1..=lines).contains(&line), "{:?}", problem);
                }
            }
        }
    }
}

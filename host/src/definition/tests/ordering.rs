//! The order in which features start.

use expect_test::expect;
use proptest::prelude::*;

use super::extensions::{accepted, rejects};
use super::{parse, with};

/// Features as components, each with what it needs.
fn features(list: &[(&str, &[&str])]) -> String {
    let tables = list.iter().map(|(name, needs)| {
        format!("[features.{name}]\nenabled = true\ncomponent = \"x.wasm\"\nneeds = {needs:?}\n")
    });
    with(&[], &tables.collect::<String>())
}

#[track_caller]
fn order(text: &str) -> String {
    let definition = accepted(text, &[]);
    definition.features.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_needed_starts_first_and_the_rest_as_in_the_file() {
    assert_eq!(order(&features(&[("c", &[]), ("b", &[]), ("a", &[])])), "c b a");
    assert_eq!(order(&features(&[("c", &["a"]), ("b", &[]), ("a", &[])])), "b a c");
    assert_eq!(order(&features(&[("c", &["b", "a"]), ("b", &["a"]), ("a", &[])])), "a b c");
    assert_eq!(order(&features(&[("a", &[]), ("b", &["a", "a"]), ("c", &[])])), "a b c");
}

#[test]
fn features_of_the_host_and_components_are_in_one_order() {
    let text = "[features.needy]\nenabled = true\n[features.x]\nenabled = true\ncomponent = \"x.wasm\"\n\
                [features.plain]\nenabled = true\n";

    assert_eq!(order(&with(&[], text)), "x plain needy");
}

#[test]
fn those_that_are_not_enabled_come_last() {
    let text = "[features.z]\n[features.needy]\nenabled = true\n[features.a]\ncomponent = \"a.wasm\"\n\
                [features.plain]\nenabled = true\n";

    assert_eq!(order(&with(&[], text)), "plain needy z a");
}

#[test]
fn what_is_needed_has_to_be_enabled() {
    rejects(
        &with(&[], "[features.needy]\nenabled = true\n"),
        &[],
        &expect![[r#"
        service.toml:8:11: feature `needy` needs `plain`, which is not enabled
        help: add `[features.plain]` with `enabled = true`"#]],
    );
    rejects(
        &with(
            &[],
            "[features.needy]\nenabled = true\n[features.plain]\n[features.lost]\nenabled = true\n",
        ),
        &[],
        &expect![[r#"
            service.toml:8:11: feature `needy` needs `plain`, which is not enabled
            help: write `enabled = true` in `[features.plain]`
            service.toml:11:11: feature `lost` needs `nowhere`, which does not exist
            help: add `[features.nowhere]` with a `component`"#]],
    );
    rejects(
        &features(&[("a", &["plane", "bb", ""]), ("bbb", &[])]),
        &[],
        &expect![[r#"
            service.toml:11:10: feature `a` needs `plane`, which does not exist
            help: remove it from `needs`
            service.toml:11:19: feature `a` needs `bb`, which does not exist
            help: did you mean `bbb`?
            service.toml:11:25: feature `a` needs ``, which does not exist
            help: remove it from `needs`"#]],
    );
}

#[test]
fn circles_are_named() {
    rejects(
        &features(&[("a", &["a"])]),
        &[],
        &expect![[r#"
        service.toml:8:11: feature `a` needs itself
        help: remove it from its `needs`"#]],
    );
    rejects(
        &features(&[
            ("outside", &["c"]),
            ("a", &["b"]),
            ("b", &["c", "a"]),
            ("c", &["a"]),
            ("d", &["e"]),
            ("e", &["d"]),
        ]),
        &[],
        &expect![[r#"
            service.toml:12:11: features need each other in a circle: `a`, `b`, `a`
            help: remove one of them from the `needs` of the one before
            service.toml:20:11: features need each other in a circle: `c`, `a`, `b`, `c`
            help: remove one of them from the `needs` of the one before
            service.toml:24:11: features need each other in a circle: `d`, `e`, `d`
            help: remove one of them from the `needs` of the one before"#]],
    );
}

#[test]
fn what_is_wrong_with_a_feature_does_not_show_in_those_that_need_it() {
    rejects(
        &with(
            &[],
            "[features.x]\nenabled = true\ncomponent = \"x.wasm\"\nneeds = [\"limiter\", \"unknown\"]\n\
             [features.limiter]\nenabled = true\n[features.unknown]\nenabled = true\n",
        ),
        &[],
        &expect![[r#"
            service.toml:12:11: `features.limiter.rate` is missing
            help: add `rate` to `[features.limiter]`
            service.toml:14:11: unknown feature `unknown`
            help: remove it, write `enabled = false`, or name what implements it with `component = ".."`"#]],
    );
}

proptest! {
    #[test]
    fn every_feature_comes_after_its_needs(
        needs in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..12),
        shuffle in any::<prop::sample::Index>(),
    ) {
        // Feature `n` needs only features before it, and the file has them in another order.
        let count = needs.len();
        let needs = |index: usize| -> Vec<String> {
            let all = needs[index].iter().filter(|_| index > 0);
            all.map(|need| format!("f{}", need.index(index.max(1)))).collect()
        };
        let turned = (0..count).map(|index| (index * 5 + shuffle.index(count)) % count);
        let mut file = turned.collect::<Vec<_>>();
        file.sort_unstable();
        file.dedup();
        file.reverse();
        let missing = (0..count).filter(|index| !file.contains(index)).collect::<Vec<_>>();
        let tables = file.iter().chain(&missing).map(|index| {
            format!(
                "[features.f{index}]\nenabled = true\ncomponent = \"x.wasm\"\nneeds = {:?}\n",
                needs(*index)
            )
        });

        let definition = parse(&with(&[], &tables.collect::<String>()), &[]).expect("no circle");

        let order = definition.features.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        prop_assert_eq!(order.len(), count);
        for index in 0..count {
            let place = |name: &str| order.iter().position(|other| other == name);
            for need in needs(index) {
                prop_assert!(place(&need) < place(&format!("f{index}")), "{:?}", order);
            }
        }
    }
}

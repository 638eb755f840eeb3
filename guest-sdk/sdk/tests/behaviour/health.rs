//! What a service says about its health.

use mikros_sdk::health::set_serving;
use mikros_sdk::testing::Context;

#[test]
fn the_last_word_counts() {
    let context = Context::new();

    context.run(async {
        set_serving("", false);
        set_serving("shop.Items", false);
        set_serving("", true);
    });

    assert_eq!(context.is_serving(""), Some(true));
    assert_eq!(context.is_serving("shop.Items"), Some(false));
    assert_eq!(context.is_serving("shop.Orders"), None);
}

#[test]
#[should_panic(expected = "longer than 256 bytes")]
fn a_name_without_end_is_a_trap() {
    Context::new().run(async { set_serving(&"x".repeat(257), true) });
}

#[test]
#[should_panic(expected = "more than 1024 services")]
fn names_without_end_are_a_trap() {
    Context::new().run(async {
        for number in 0..=1024 {
            set_serving(&number.to_string(), true);
        }
    });
}

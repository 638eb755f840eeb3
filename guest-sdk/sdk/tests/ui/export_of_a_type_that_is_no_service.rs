use mikros_sdk::prelude::*;

struct Hello;

mikros_sdk::export!(Hello: native);

fn main() {}

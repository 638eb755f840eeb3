use mikros_sdk::env::Env;

#[derive(Env)]
enum Kind {
    A,
}

#[derive(Env)]
struct Url(String);

#[derive(Env)]
struct Nothing {}

fn main() {}

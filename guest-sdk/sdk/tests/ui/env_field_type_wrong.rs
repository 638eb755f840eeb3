use mikros_sdk::env::Env;

struct Url;

#[derive(Env)]
struct Database {
    database_url: Url,
}

fn main() {}

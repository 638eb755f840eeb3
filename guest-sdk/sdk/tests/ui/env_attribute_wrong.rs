use mikros_sdk::env::Env;

#[derive(Env)]
struct Database {
    #[env(name = "DATABASE_URL")]
    unknown_key: String,
    #[env(variable = "database-url")]
    bad_name: String,
    #[env(default = "1", default = "2")]
    twice: u8,
    #[env(default = b'1')]
    bad_default: u8,
}

fn main() {}

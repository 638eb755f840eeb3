use std::fmt;

#[derive(Debug, mikros_sdk::ServiceError)]
#[service_error(kind = not_found, message = "gone")]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gone")
    }
}

impl std::error::Error for Gone {}

fn main() {}

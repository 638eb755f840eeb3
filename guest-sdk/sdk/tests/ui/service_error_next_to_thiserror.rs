#[derive(Debug, thiserror::Error, mikros_sdk::ServiceError)]
enum LinkError {
    #[error("gone")]
    #[service_error(kind = not_found, message = "gone")]
    Gone,
}

fn main() {}

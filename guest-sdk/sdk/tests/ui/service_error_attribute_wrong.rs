use mikros_sdk::ServiceError;

#[derive(ServiceError)]
enum LinkError {
    Nothing,
    #[service_error(kind = not_fond, message = "gone")]
    UnknownKind,
    #[service_error(kind = not_found)]
    NoMessage,
    #[service_error(kind = internal)]
    NothingToSay,
    #[service_error(transparent)]
    TransparentWithoutField,
    #[service_error(transparent, message = "both")]
    Both(ServiceError),
    #[service_error(kind = custom, message = "x", kind = custom)]
    Twice,
    #[service_error(kind = custom, text = "x")]
    UnknownKey,
    #[service_error(kind = custom, message = "x")]
    FromNextToOthers(#[from] std::fmt::Error, u8),
}

fn main() {}

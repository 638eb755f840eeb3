//! The name of a service as that of a type.
//!
//! Does not know where it is written.

/// Types and traits that are in scope in `src/lib.rs` or in its tests, or that readers would take for others:
/// the preludes of Rust and of the SDK, and what the templates use.
const TAKEN: [&str; 78] = [
    "AsMut",
    "AsRef",
    "Body",
    "Box",
    "Bytes",
    "Cell",
    "Client",
    "Clone",
    "Context",
    "Copy",
    "Cronjob",
    "Debug",
    "Default",
    "Deserialize",
    "DoubleEndedIterator",
    "Drop",
    "Duration",
    "Eq",
    "Err",
    "ErrorKind",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Greeter",
    "GreeterClient",
    "GreeterServer",
    "Grpc",
    "Handover",
    "Hash",
    "Headers",
    "HelloReply",
    "HelloRequest",
    "Http",
    "Identity",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "IntoResponse",
    "Iterator",
    "Json",
    "Native",
    "None",
    "Ok",
    "Option",
    "OrServiceError",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Path",
    "Query",
    "Request",
    "Response",
    "Result",
    "Router",
    "Script",
    "Self",
    "Send",
    "Serialize",
    "Service",
    "ServiceError",
    "Settings",
    "Sized",
    "Some",
    "StatusCode",
    "String",
    "Sync",
    "Tick",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// The type that is the service: `shop_cart` is `ShopCart`, and what is taken gets a word more.
pub(super) fn type_name(library: &str) -> String {
    let words = library.split(['-', '_']);
    let name: String = words.map(capitalized).collect();
    let name = if name.starts_with(char::is_alphabetic) { name } else { format!("Service{name}") };
    if TAKEN.contains(&&*name) { format!("{name}Service") } else { name }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_the_name_of_its_service() {
        for (library, name) in [
            ("hello", "Hello"),
            ("shop_cart", "ShopCart"),
            ("say_2_hello", "Say2Hello"),
            ("h2", "H2"),
            ("_2fast", "Service2fast"),
            ("__", "ServiceService"),
            ("HTTP_gate", "HTTPGate"),
            ("été", "Été"),
        ] {
            assert_eq!(type_name(library), name);
        }
    }

    #[test]
    fn a_type_hides_no_other() {
        for (library, name) in [
            ("router", "RouterService"),
            ("greeter", "GreeterService"),
            ("hello_request", "HelloRequestService"),
            ("settings", "SettingsService"),
            ("vec", "VecService"),
        ] {
            assert_eq!(type_name(library), name);
        }
    }
}

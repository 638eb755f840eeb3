//! The import `acme:geo/lookup`, which the feature `geo` of the host implements.
//! On the developer's machine there is no host, so nobody knows any address.

mikros_sdk::bindings!(mod imported, world: "acme:geo/client", path: ["../../../wit", "../wit"]);

#[cfg(target_family = "wasm")]
pub(crate) fn country_of(address: &str) -> mikros_sdk::Result<String> {
    Ok(imported::acme::geo::lookup::country_of(address)?)
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn country_of(_address: &str) -> mikros_sdk::Result<String> {
    Err(mikros_sdk::ServiceError::not_found("there is no host"))
}

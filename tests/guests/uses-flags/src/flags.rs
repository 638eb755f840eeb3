//! The interface `acme:flags/flags` as functions of the service.
//! Outside of a component nobody provides it.

use serde::Serialize;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::absent::{asked, describe, is_enabled};
#[cfg(target_family = "wasm")]
pub(crate) use self::present::{asked, describe, is_enabled};

#[derive(Serialize)]
pub(crate) struct Description {
    name: String,
    enabled: bool,
    asked: u32,
    owner: Option<String>,
}

mikros_sdk::bindings!(
    mod imported,
    world: "acme:%flags/client",
    path: ["../../../wit", "../plugin-flags/wit"],
);

#[cfg(target_family = "wasm")]
mod present {
    use mikros_sdk::{Result, ServiceError};

    use super::Description;
    use super::imported::acme::flags::flags as imported;

    pub(crate) async fn is_enabled(name: String) -> Result<bool> {
        Ok(imported::is_enabled(name).await?)
    }

    pub(crate) async fn describe(name: String) -> Result<Description> {
        let imported::Description { name, enabled, asked, owner } =
            imported::describe(name).await?;
        Ok(Description { name, enabled, asked, owner })
    }

    pub(crate) fn asked() -> Result<Vec<String>> {
        imported::asked().map_err(ServiceError::internal)
    }
}

#[cfg(not(target_family = "wasm"))]
mod absent {
    use mikros_sdk::{Result, ServiceError};

    use super::Description;

    fn nobody() -> ServiceError {
        ServiceError::internal("nobody provides `acme:flags/flags`")
    }

    pub(crate) async fn is_enabled(_name: String) -> Result<bool> {
        Err(nobody())
    }

    pub(crate) async fn describe(_name: String) -> Result<Description> {
        Err(nobody())
    }

    pub(crate) fn asked() -> Result<Vec<String>> {
        Err(nobody())
    }
}

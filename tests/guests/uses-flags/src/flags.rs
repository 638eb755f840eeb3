//! The interface `acme:flags/flags` as functions of the service.
//! Outside of a component nobody provides it.

use serde::Serialize;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::absent::{asked, describe, give_back, is_enabled};
#[cfg(target_family = "wasm")]
pub(crate) use self::present::{asked, describe, give_back, is_enabled};

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

    /// One value of every type as text: what goes there, and what comes back.
    pub(crate) async fn give_back() -> Result<[String; 2]> {
        let all = imported::Everything {
            numbers: (u8::MAX, i8::MIN, u16::MAX, i16::MIN, u32::MAX, i32::MIN, u64::MAX, i64::MIN),
            real: 0.5,
            letter: '\u{1F980}',
            colour: imported::Colour::Green,
            rights: imported::Rights::READ | imported::Rights::OWN,
            shapes: vec![
                imported::Shape::Nothing,
                imported::Shape::Circle(1.25),
                imported::Shape::Named(None),
            ],
            texts: vec![Vec::new(), vec![String::new(), "text".to_owned()]],
            bytes: vec![0; 3],
            maybe: Some(None),
            outcome: Err("no".to_owned()),
            nothing: Ok(()),
        };
        let there = format!("{all:?}");
        Ok([there, format!("{:?}", imported::give_back(all).await?)])
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

    pub(crate) async fn give_back() -> Result<[String; 2]> {
        Err(nobody())
    }

    pub(crate) fn asked() -> Result<Vec<String>> {
        Err(nobody())
    }
}

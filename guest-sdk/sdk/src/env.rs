//! Environment variables that `service.toml` declares, with types.
//! Error messages never contain a value: variables hold secrets, and messages end up in logs.

mod duration;
mod variable;

use std::fmt;

use crate::error::{Result, ServiceError};
use crate::imports;

pub use mikros_sdk_macros::Env;
pub use variable::FromVariable;

/// The value of a variable.
///
/// | type | what the variable may hold |
/// |---|---|
/// | `String` | anything |
/// | integers, floats | a decimal number |
/// | `bool` | `true`, `false`, `1`, `0`, `t`, `f`, `T`, `F`, `TRUE`, `FALSE`, `True`, `False` |
/// | [`Duration`](std::time::Duration) | numbers with the units `h`, `m`, `s`, `ms`, `us`, `ns`: `1m30s` |
/// | `Vec<T>` | such values, separated by commas; blanks around them are ignored |
/// | `Option<T>` | the same as `T`; `None` when the variable is not declared |
///
/// ```
/// # use mikros_sdk::testing::Context;
/// # Context::new().variable("POOL_SIZE", "4").run(async {
/// use mikros_sdk::env;
///
/// let size: u16 = env::get("POOL_SIZE")?;
/// let hosts: Option<Vec<String>> = env::get("HOSTS")?;
/// # assert_eq!((size, hosts), (4, None));
/// # Ok::<_, mikros_sdk::ServiceError>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// Internal, when the variable is not declared in `envs` or its value does not fit. The message
/// names the variable and what it must be.
pub fn get<T: FromVariable>(name: &str) -> Result<T> {
    match read(name)? {
        Some(value) => Ok(value),
        None => T::undeclared().ok_or_else(|| undeclared(name)),
    }
}

/// The value of a variable, or `default` when it is not declared.
///
/// # Errors
///
/// Internal, when the value does not fit.
pub fn get_or<T: FromVariable>(name: &str, default: impl Into<T>) -> Result<T> {
    Ok(read(name)?.unwrap_or_else(|| default.into()))
}

/// Loads a struct that derives [`Env`](trait@Env).
///
/// ```
/// # use mikros_sdk::testing::Context;
/// # use mikros_sdk::Result;
/// use mikros_sdk::env::{self, Env};
/// use std::time::Duration;
///
/// #[derive(Env)]
/// struct Database {
///     /// Without attribute the variable is called like the field: `DATABASE_URL`.
///     database_url: String,
///     #[env(variable = "POOL_SIZE", default = "8")]
///     connections: u16,
///     query_timeout: Option<Duration>,
/// }
///
/// fn connect() -> Result<Database> {
///     env::load()
/// }
/// # let context = Context::new().variable("DATABASE_URL", "db://x");
/// # let database = context.run(async { connect() }).unwrap();
/// # assert_eq!((database.connections, database.query_timeout), (8, None));
/// # assert_eq!(database.database_url, "db://x");
/// ```
///
/// # Errors
///
/// Internal, with every variable that is missing or does not fit in one message.
pub fn load<T: Env>() -> Result<T> {
    T::load()
}

/// A struct whose fields are environment variables; derive it.
///
/// Each field is the variable of its name in upper case, unless `#[env(variable = "NAME")]` says
/// otherwise. `#[env(default = "8")]` is taken when the variable is not declared. For the types see
/// [`get`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded from environment variables",
    note = "add `#[derive(mikros_sdk::env::Env)]` to the struct"
)]
pub trait Env: Sized {
    /// Loads all fields.
    ///
    /// # Errors
    ///
    /// As [`load`].
    fn load() -> Result<Self>;
}

/// The names that `service.toml` declares in `envs`, in that order.
pub fn names() -> Vec<String> {
    imports::variable_names()
}

/// Where the service is deployed. Source: the variable `MIKROS_SERVICE_DEPLOY`, default `local`.
pub fn deployment() -> Deployment {
    match imports::deployment().as_str() {
        "local" => Deployment::Local,
        "dev" => Deployment::Dev,
        "test" => Deployment::Test,
        "stage" => Deployment::Stage,
        "prod" => Deployment::Prod,
        _ => Deployment::Unknown,
    }
}

/// Where a service is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deployment {
    /// A developer's machine.
    Local,
    /// Shared, for development.
    Dev,
    /// Automated tests.
    Test,
    /// The last step before production.
    Stage,
    /// Production.
    Prod,
    /// Something that no framework knows.
    Unknown,
}

/// As `MIKROS_SERVICE_DEPLOY` spells it.
impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Stage => "stage",
            Self::Prod => "prod",
            Self::Unknown => "unknown",
        })
    }
}

/// `None` when the variable is not declared.
fn read<T: FromVariable>(name: &str) -> Result<Option<T>> {
    let Some(text) = imports::variable(name) else { return Ok(None) };
    let value = T::parse(&text).ok_or_else(|| {
        let expected = T::expected();
        wrong(format!("environment variable `{name}` must be {expected}"))
    })?;
    Ok(Some(value))
}

fn undeclared(name: &str) -> ServiceError {
    wrong(format!(
        "environment variable `{name}` is not declared, add it to `envs` in `service.toml`"
    ))
}

fn wrong(message: String) -> ServiceError {
    ServiceError::internal("the environment does not fit").with_message(message)
}

/// Collects what is wrong with the fields of a struct; used by the derive.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// The field's value, `None` when it is wrong.
    pub fn field<T: FromVariable>(&mut self, name: &str) -> Option<T> {
        get(name).map_err(|error| self.0.push(error.message().to_owned())).ok()
    }

    /// The field's value or its default, `None` when the value is wrong.
    pub fn field_or<T: FromVariable>(&mut self, name: &str, default: &str) -> Option<T> {
        let value = read(name).and_then(|value| match value {
            Some(value) => Ok(value),
            None => T::parse(default).ok_or_else(|| {
                let expected = T::expected();
                wrong(format!("the default of environment variable `{name}` must be {expected}"))
            }),
        });
        value.map_err(|error| self.0.push(error.message().to_owned())).ok()
    }

    /// All that is wrong.
    pub fn into_error(self) -> ServiceError {
        wrong(self.0.join("; "))
    }
}

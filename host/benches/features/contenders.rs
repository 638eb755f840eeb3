//! Who takes part: the same service, each time with other features around it.
//!
//! Does not know what is asked of it.

use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::guest::Guest;
use super::processors::Processors;
use super::server::{self, LaunchError, Server};

/// How many there are.
pub(crate) const COUNT: usize = 6;

/// One definition of the service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// The longest time that a request may cost more than without features, in microseconds.
    pub(crate) most: Option<f64>,
    /// The tables below `[features]`. Components lie where that of the service does.
    features: &'static str,
}

/// The first one is what the others are compared with.
pub(crate) const CONTENDERS: [Contender; COUNT] = [
    Contender { name: "no features", most: None, features: "" },
    Contender {
        name: "all disabled",
        // Nothing; this much is the noise between two processes that do the same.
        most: Some(0.1),
        features: r#"
            [tracker]
            enabled = false
            [http_cors]
            enabled = false
            [http_auth]
            enabled = false
            [rate_limit]
            enabled = false
            [compression]
            enabled = false
            [looks]
            enabled = false
            component = "both_hooks_benchmark.wasm"
        "#,
    },
    Contender {
        name: "tracker",
        most: Some(1.0),
        features: "
            [tracker]
            enabled = true
        ",
    },
    Contender {
        name: "rate_limit",
        most: Some(1.0),
        features: r#"
            [rate_limit]
            enabled = true
            requests = 1_000_000_000
            per = "1s"
        "#,
    },
    Contender {
        name: "Wasm, request",
        most: Some(3.0),
        features: r#"
            [looks]
            enabled = true
            component = "one_hook_benchmark.wasm"
        "#,
    },
    Contender {
        name: "Wasm, both",
        // Two hooks.
        most: Some(6.0),
        features: r#"
            [looks]
            enabled = true
            component = "both_hooks_benchmark.wasm"
        "#,
    },
];

/// Why there is no definition with features.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the definition with `{name}` is not as this benchmark expects it: {reason}")]
    Parse { name: &'static str, reason: String },
}

/// The definition of a contender, in a file beside that of the guest.
pub(crate) fn write(guest: &Guest, contender: &Contender) -> Result<PathBuf, WriteError> {
    let path = &guest.definition;
    let text = std::fs::read_to_string(path)
        .map_err(|source| WriteError::Read { path: path.clone(), source })?;
    let Contender { name, features, .. } = *contender;
    let definition = with(&text, features).map_err(|reason| WriteError::Parse { name, reason })?;
    let path = path.with_file_name(format!("{}.toml", name.replace([' ', ','], "-")));
    std::fs::write(&path, definition)
        .map_err(|source| WriteError::Write { path: path.clone(), source })?;
    Ok(path)
}

fn with(definition: &str, features: &str) -> Result<String, String> {
    let parse = |text: &str| text.parse::<Table>().map_err(|error| error.to_string());
    let (mut definition, mut features) = (parse(definition)?, parse(features)?);
    let component = definition.get("host").and_then(|host| host.get("component"));
    let component = component.and_then(Value::as_str).ok_or("it has no `component`")?;
    for (_, feature) in &mut features {
        if let Some(Value::String(name)) = feature.get_mut("component") {
            *name = Path::new(component).with_file_name(&*name).display().to_string();
        }
    }
    definition.insert("features".to_owned(), Value::Table(features));
    Ok(definition.to_string())
}

/// Starts all of them, with the definitions that were written for them.
pub(crate) async fn launch(
    processors: &Processors,
    guest: &Guest,
    definitions: &[PathBuf],
) -> Result<Vec<Server>, LaunchError> {
    let mut servers = Vec::with_capacity(COUNT);
    for (contender, definition) in CONTENDERS.iter().zip(definitions) {
        let mut command = server::host(definition, &guest.cache);
        servers.push(Server::launch(contender.name, &mut command, processors).await?);
    }
    Ok(servers)
}

//! What can be typed about a service that is not there yet: `new` and `init`.
//!
//! Does not know what is made of it, nor which kinds go together.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use crate::definition::suggest_kind;
use crate::text::harmless;

#[derive(Debug, Args)]
pub struct New {
    /// Name of the service and of its crate, in kebab-case
    pub name: Option<String>,
    /// Directory of the crate
    ///
    /// Default: NAME in the current directory.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub sketch: Sketch,
}

#[derive(Debug, Args)]
pub struct Init {
    /// Directory of the crate
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    #[command(flatten)]
    pub sketch: Sketch,
}

/// What a service is to be.
#[derive(Debug, Args)]
pub struct Sketch {
    /// How the service is reached: `http`, `grpc`, `native`, `cronjob` or `script`
    ///
    /// Separate several with commas, or repeat the option. As in `types`, a port may follow: `http:8080`.
    /// `worker` is another word for `native`. `script` cannot be combined.
    #[arg(long = "kind", value_name = "KIND[:PORT]", value_delimiter = ',', value_parser = parse_kind)]
    pub kinds: Vec<SketchedKind>,
    /// Port of the only kind that listens
    ///
    /// Default: 8080 for `http`, 7070 for `grpc`. `0` takes any free port.
    #[arg(long)]
    pub port: Option<u16>,
    /// Product that the service belongs to: part of every log line
    ///
    /// Default: the name of the service.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub product: Option<String>,
    /// Checkout of the mikros-host repository to take the SDK from
    ///
    /// Default: the one that this program was built from. If its commit is in its only remote repository,
    /// cargo fetches the SDK from there, so that the project builds on other machines as well.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub sdk: Option<PathBuf>,
}

/// An entry of `types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SketchedKind {
    pub name: KindName,
    pub port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindName {
    Http,
    Grpc,
    Native,
    Cronjob,
    Script,
}

impl KindName {
    pub const ALL: [Self; 5] = [Self::Http, Self::Grpc, Self::Native, Self::Cronjob, Self::Script];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
            Self::Native => "native",
            Self::Cronjob => "cronjob",
            Self::Script => "script",
        }
    }

    /// The port when none is given; `None`: the kind does not listen.
    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Http => Some(8080),
            Self::Grpc => Some(7070),
            Self::Native | Self::Cronjob | Self::Script => None,
        }
    }

    fn parse(word: &str) -> Result<Self, String> {
        let spelled = |name: &Self| name.as_str() == word;
        let name = Self::ALL.into_iter().find(spelled).or(match word {
            // As in `types`.
            "worker" => Some(Self::Native),
            _ => None,
        });
        name.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str);
            let expected = names.join("`, `");
            let help = suggest_kind(word, names).map(|help| format!("; {help}"));
            let help = help.unwrap_or_default();
            format!("unknown kind `{}`, expected one of `{expected}`{help}", harmless(word))
        })
    }
}

/// `kind` or `kind:port`, for an option and for the answer to a question.
pub(crate) fn parse_kind(text: &str) -> Result<SketchedKind, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a kind is missing".to_owned());
    }
    let (word, port) = match text.split_once(':') {
        Some((word, port)) => (word, Some(port)),
        None => (text, None),
    };
    let name = KindName::parse(word)?;
    let Some(port) = port else { return Ok(SketchedKind { name, port: None }) };
    if name.default_port().is_none() {
        return Err(format!("kind `{word}` does not listen, write it without a port"));
    }
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits => Ok(SketchedKind { name, port: Some(port) }),
        _ => Err(format!("a port is a number from 0 to 65535, found `{}`", harmless(port))),
    }
}

//! Descriptors by what clients ask for.
//!
//! The name of a file is relative to a directory of whoever compiled it, so two sets may have different files
//! of one name: the later one gets a name of its own, also where it is imported. Files are otherwise
//! passed on as they are, because prost loses options that it does not know.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use prost::encoding::DecodeContext;
use prost::encoding::{decode_key, encode_key, encode_varint, skip_field, string};
use prost::{DecodeError, Message};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::telemetry::warn;

/// Files that are the same wherever they come from, apart from options and comments.
const WELL_KNOWN: &str = "google/protobuf/";

/// Numbers of fields of `google.protobuf.FileDescriptorProto`.
const NAME: u32 = 1;
const DEPENDENCY: u32 = 3;

/// A `google.protobuf.FileDescriptorSet` whose files are not taken apart.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    services: BTreeSet<String>,
    files: HashMap<String, File>,
    /// The names of the files that define them.
    symbols: HashMap<String, String>,
    /// By the type that is extended.
    extensions: HashMap<String, BTreeMap<i32, String>>,
}

#[derive(Debug)]
struct File {
    /// As it is passed on.
    encoded: Bytes,
    /// The same by its own name.
    resolved: Bytes,
}

/// What a file defines.
#[derive(Debug, Default)]
struct Definitions {
    symbols: Vec<String>,
    /// Type and number.
    extensions: Vec<(String, i32)>,
}

impl Index {
    /// `services` are those that clients are told of.
    pub(crate) fn new(services: impl IntoIterator<Item = String>) -> Self {
        Self { services: services.into_iter().collect(), ..Self::default() }
    }

    /// Adds a file of the host by a name that says whose it is.
    pub(crate) fn add_own(&mut self, set: &[u8], name: &str) -> Result<(), DecodeError> {
        let names = HashMap::new();
        for file in EncodedSet::decode(set)?.file {
            let file = renamed(&file, name, &names)?;
            self.add_file(&FileDescriptorProto::decode(&*file)?, file.clone(), &names)?;
        }
        Ok(())
    }

    /// Adds a set, in which files come after those that they import.
    pub(crate) fn add(&mut self, set: &[u8]) -> Result<(), DecodeError> {
        // By which name a file of this name is known now.
        let mut names = HashMap::new();
        for original in EncodedSet::decode(set)?.file {
            let file = FileDescriptorProto::decode(&*original)?;
            let known = self.add_file(&file, original, &names)?;
            names.insert(file.name().to_owned(), known);
        }
        Ok(())
    }

    /// Returns the name by which it is known.
    fn add_file(
        &mut self,
        file: &FileDescriptorProto,
        original: Bytes,
        names: &HashMap<String, String>,
    ) -> Result<String, DecodeError> {
        let is_renamed = |name: &String| names.get(name).is_some_and(|known| known != name);
        let resolved = if file.dependency.iter().any(is_renamed) {
            renamed(&original, file.name(), names)?
        } else {
            original
        };
        let definitions = Definitions::of(file);
        let mut known = file.name().to_owned();
        let mut copies = 1;
        while let Some(other) = self.files.get(&known) {
            if other.resolved == resolved || self.defines(&known, &definitions) {
                return Ok(known);
            }
            copies += 1;
            known = format!("{}~{copies}", file.name());
        }
        let encoded =
            if copies > 1 { renamed(&resolved, &known, names)? } else { resolved.clone() };
        self.define(&known, definitions);
        self.files.insert(known.clone(), File { encoded, resolved });
        Ok(known)
    }

    /// Whether a file has all of this. Another edition of it is not worth a second file, which clients could
    /// not load beside the first.
    fn defines(&self, file: &str, definitions: &Definitions) -> bool {
        let mut symbols = definitions.symbols.iter();
        let defines = symbols.all(|symbol| self.symbols.get(symbol).is_some_and(|it| it == file));
        if defines && !file.starts_with(WELL_KNOWN) {
            warn!(
                ReflectionAmbiguous,
                file,
                "two files of this name define the same symbols, reflection returns one of them"
            );
        }
        defines
    }

    fn define(&mut self, file: &str, definitions: Definitions) {
        for symbol in definitions.symbols {
            if let Some(other) = self.symbols.get(&symbol) {
                warn!(
                    ReflectionAmbiguous,
                    symbol,
                    file,
                    other,
                    "two files define a symbol, reflection returns one of them"
                );
                continue;
            }
            self.symbols.insert(symbol, file.to_owned());
        }
        for (extended, number) in definitions.extensions {
            let numbers = self.extensions.entry(extended).or_default();
            numbers.entry(number).or_insert_with(|| file.to_owned());
        }
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(String::as_str)
    }

    pub(super) fn file(&self, name: &str) -> Option<Bytes> {
        self.files.get(name).map(|file| file.encoded.clone())
    }

    pub(super) fn symbol(&self, name: &str) -> Option<Bytes> {
        self.file(self.symbols.get(name)?)
    }

    pub(super) fn extension(&self, extended: &str, number: i32) -> Option<Bytes> {
        self.file(self.extensions.get(extended)?.get(&number)?)
    }

    /// The numbers of all extensions of a type; `None` when there is no such type.
    pub(super) fn extensions(&self, extended: &str) -> Option<Vec<i32>> {
        match self.extensions.get(extended) {
            Some(numbers) => Some(numbers.keys().copied().collect()),
            None => self.symbols.contains_key(extended).then(Vec::new),
        }
    }
}

/// A file by another name, with those names of its imports by which they are known; everything else stays as
/// it is.
fn renamed(
    file: &Bytes,
    name: &str,
    names: &HashMap<String, String>,
) -> Result<Bytes, DecodeError> {
    let mut rest = file.clone();
    let mut renamed = Vec::with_capacity(file.len() + name.len());
    while !rest.is_empty() {
        let before = rest.clone();
        let (number, wire_type) = decode_key(&mut rest)?;
        if !matches!(number, NAME | DEPENDENCY) {
            skip_field(wire_type, number, &mut rest, DecodeContext::default())?;
            renamed.extend_from_slice(&before[..before.len() - rest.len()]);
            continue;
        }
        let mut value = String::new();
        string::merge(wire_type, &mut value, &mut rest, DecodeContext::default())?;
        let value = match number {
            NAME => name,
            _ => names.get(&value).unwrap_or(&value),
        };
        encode_key(number, wire_type, &mut renamed);
        encode_varint(value.len() as u64, &mut renamed);
        renamed.extend_from_slice(value.as_bytes());
    }
    Ok(renamed.into())
}

impl Definitions {
    fn of(file: &FileDescriptorProto) -> Self {
        let mut definitions = Self::default();
        let package = file.package();
        file.message_type.iter().for_each(|message| definitions.message(package, message));
        file.enum_type.iter().for_each(|one| definitions.enumeration(package, one));
        file.extension.iter().for_each(|field| definitions.extension(package, field));
        for service in &file.service {
            let name = definitions.symbol(package, service.name());
            for method in &service.method {
                definitions.symbol(&name, method.name());
            }
        }
        definitions
    }

    fn symbol(&mut self, scope: &str, name: &str) -> String {
        let name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.symbols.push(name.clone());
        name
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = self.symbol(scope, message.name());
        message.nested_type.iter().for_each(|nested| self.message(&name, nested));
        message.enum_type.iter().for_each(|nested| self.enumeration(&name, nested));
        message.extension.iter().for_each(|field| self.extension(&name, field));
        for field in &message.field {
            self.symbol(&name, field.name());
        }
        for oneof in &message.oneof_decl {
            self.symbol(&name, oneof.name());
        }
    }

    fn enumeration(&mut self, scope: &str, enumeration: &EnumDescriptorProto) {
        let name = self.symbol(scope, enumeration.name());
        for value in &enumeration.value {
            // Values stand beside their enum; some clients look for them in it.
            self.symbol(scope, value.name());
            self.symbol(&name, value.name());
        }
    }

    fn extension(&mut self, scope: &str, field: &FieldDescriptorProto) {
        self.symbol(scope, field.name());
        let extended = field.extendee().trim_start_matches('.');
        self.extensions.push((extended.to_owned(), field.number()));
    }
}

#[cfg(test)]
mod tests;

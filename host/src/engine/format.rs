//! What a file is that should be a component, from its first bytes, and how much of it is there.
//!
//! Does not know whether a component is valid: the compiler does.

use std::fmt;

use wasmparser::{Chunk, Parser, Payload};

const MAGIC: &[u8] = b"\0asm";
const MODULE: &[u8] = &[1, 0, 0, 0];

/// What stands in the place of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: no bytes.
    Empty,
    /// A program or library for a processor and its system: ELF, Mach-O or PE.
    Native,
    /// What `crate-type = ["staticlib"]` and `["rlib"]` make.
    Archive,
    /// WebAssembly in its text format.
    WebAssemblyText,
    Text,
    Compressed,
    /// Fewer bytes than any WebAssembly has.
    Beginning,
    Module(Origin),
    Unknown,
}

/// What a core module was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The target `wasm32-wasip1`, formerly `wasm32-wasi`.
    Preview1,
    /// JavaScript, by `wasm-bindgen`.
    Bindgen,
    /// A component: it carries the types of one, and only a tool was not run.
    Component,
    Unknown,
}

/// What the bytes are when they are no component at all; they may still be a broken one.
pub(super) fn mistaken(bytes: &[u8]) -> Option<Found> {
    match bytes.strip_prefix(MAGIC) {
        Some(rest) if rest.len() < MODULE.len() => Some(Found::Beginning),
        Some(rest) if rest.starts_with(MODULE) => Some(Found::Module(origin(bytes))),
        Some(_) => None,
        None => Some(other(bytes)),
    }
}

fn other(bytes: &[u8]) -> Found {
    // The values of `e_ident`, `mach_header.magic` and `IMAGE_DOS_HEADER`, then of ar, gzip and zstd.
    const NATIVE: [&[u8]; 4] =
        [b"\x7fELF", b"MZ", &[0xcf, 0xfa, 0xed, 0xfe], &[0xca, 0xfe, 0xba, 0xbe]];
    const COMPRESSED: [&[u8]; 3] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], b"PK\x03\x04"];
    let begins = |with: &&[u8]| bytes.starts_with(with);
    if bytes.is_empty() {
        Found::Empty
    } else if MAGIC.starts_with(bytes) {
        Found::Beginning
    } else if NATIVE.iter().any(begins) {
        Found::Native
    } else if bytes.starts_with(b"!<arch>\n") {
        Found::Archive
    } else if COMPRESSED.iter().any(begins) {
        Found::Compressed
    } else {
        str::from_utf8(bytes).map_or(Found::Unknown, text)
    }
}

fn text(text: &str) -> Found {
    let comment = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with(";;");
    let first = text.lines().find(|line| !comment(line)).unwrap_or_default().trim_start();
    if first.starts_with("(module") || first.starts_with("(component") {
        return Found::WebAssemblyText;
    }
    let is_binary = text.chars().any(|c| c.is_control() && !c.is_whitespace());
    if is_binary { Found::Unknown } else { Found::Text }
}

/// What a module was made for, by its imports and custom sections.
fn origin(module: &[u8]) -> Origin {
    let mut found = Origin::Unknown;
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        match payload {
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                return Origin::Component;
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports().map_while(Result::ok) {
                    match import.module {
                        "wasi_snapshot_preview1" | "wasi_unstable" => found = Origin::Preview1,
                        "wbg" | "__wbindgen_placeholder__" => found = Origin::Bindgen,
                        _ => (),
                    }
                }
            }
            _ => (),
        }
    }
    found
}

/// Whether the bytes end before the component does.
pub(super) fn is_cut_off(component: &[u8]) -> bool {
    let (mut rest, mut outer) = (component, Vec::new());
    let mut parser = Parser::new(0);
    loop {
        let (consumed, payload) = match parser.parse(rest, false) {
            Ok(Chunk::Parsed { consumed, payload }) => (consumed, payload),
            // Whether something is still open shows when it is told that nothing follows.
            Ok(Chunk::NeedMoreData(_)) => match parser.parse(rest, true) {
                Ok(Chunk::Parsed { consumed, payload }) => (consumed, payload),
                Ok(Chunk::NeedMoreData(_)) | Err(_) => return true,
            },
            Err(_) => return false,
        };
        rest = &rest[consumed..];
        match payload {
            Payload::ModuleSection { parser: inner, unchecked_range }
            | Payload::ComponentSection { parser: inner, unchecked_range } => {
                if unchecked_range.end > component.len() {
                    return true;
                }
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::End(_) => match outer.pop() {
                Some(one) => parser = one,
                None => return false,
            },
            _ => (),
        }
    }
}

impl Found {
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Empty | Self::Beginning => {
                "the file is not complete: build it again with `mikros-host build`"
            }
            Self::Native => {
                "it was compiled for a machine: let `[host] build` say `--target wasm32-wasip2`, and \
                 `[host] component` name the `.wasm` file that it writes"
            }
            Self::Archive => {
                "let `crate-type` in `Cargo.toml` be `[\"cdylib\"]`, and `[host] component` name the \
                 `.wasm` file that a `wasm32-wasip2` build writes"
            }
            Self::WebAssemblyText => "turn it into bytes with `wasm-tools parse FILE -o FILE.wasm`",
            Self::Compressed => "unpack it first",
            Self::Text | Self::Unknown => {
                "let `[host] component` name the `.wasm` file of a `wasm32-wasip2` build"
            }
            Self::Module(Origin::Component) => {
                "build it for the target `wasm32-wasip2`, or make it a component with `wasm-tools \
                 component new`"
            }
            Self::Module(_) => {
                "build it for the target `wasm32-wasip2`: change `--target` in `[host] build`, and the \
                 directory of the target in `[host] component`"
            }
        }
    }
}

/// The rest of a sentence that begins with the file.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Native => "is native code, expected a WebAssembly component",
            Self::Archive => "is an archive of object files, expected a WebAssembly component",
            Self::WebAssemblyText => "is WebAssembly as text, expected a component in binary form",
            Self::Text => "is a text, expected a WebAssembly component",
            Self::Compressed => "is a compressed file, expected a WebAssembly component",
            Self::Beginning => "is cut off: it holds not even the first eight bytes of a component",
            Self::Unknown => "is not a WebAssembly component",
            Self::Module(Origin::Preview1) => {
                "is a core WebAssembly module built for `wasm32-wasip1`, expected a component"
            }
            Self::Module(Origin::Bindgen) => {
                "is a core WebAssembly module built for JavaScript with `wasm-bindgen`, expected a \
                 component"
            }
            Self::Module(Origin::Component) => {
                "is a core WebAssembly module that was not made into a component yet"
            }
            Self::Module(Origin::Unknown) => {
                "is a core WebAssembly module, as builds for `wasm32-unknown-unknown` are, expected a \
                 component"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    /// A module with one function imported from `module`, and a custom section.
    fn module(module: &str, custom: &str) -> Vec<u8> {
        let length = |length: usize| u8::try_from(length).expect("tests have short sections");
        let mut bytes = [MAGIC, MODULE].concat();
        // One type, `func()`, and one import of it by the name `f`.
        bytes.extend([1, 4, 1, 0x60, 0, 0]);
        bytes.extend([2, length(module.len() + 6), 1, length(module.len())]);
        bytes.extend(module.as_bytes());
        bytes.extend([1, b'f', 0, 0]);
        bytes.extend([0, length(custom.len() + 1), length(custom.len())]);
        bytes.extend(custom.as_bytes());
        bytes
    }

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let found = [
            ("", Found::Empty),
            ("\0as", Found::Beginning),
            ("\0asm\x0d\0", Found::Beginning),
            ("\x7fELF\x02\x01", Found::Native),
            ("MZ\x07\0", Found::Native),
            ("!<arch>\n/ 0", Found::Archive),
            ("\n;; by hand\n(component)", Found::WebAssemblyText),
            ("  (module)", Found::WebAssemblyText),
            ("#!/bin/sh\n", Found::Text),
            ("PK\x03\x04", Found::Compressed),
            ("\x01\x02", Found::Unknown),
        ];

        for (bytes, expected) in found {
            assert_eq!(mistaken(bytes.as_bytes()), Some(expected), "{bytes:?}");
        }
        assert_eq!(mistaken(&[0xcf, 0xfa, 0xed, 0xfe, 7]), Some(Found::Native));
        assert_eq!(mistaken(&[0x1f, 0x8b, 8]), Some(Found::Compressed));
        assert_eq!(mistaken(&[0xff, 0xfe]), Some(Found::Unknown));
        assert_eq!(mistaken(COMPONENT), None);
    }

    #[test]
    fn modules_tell_what_they_were_made_for() {
        let made_for = [
            (module("wasi_snapshot_preview1", "producers"), Origin::Preview1),
            (module("wbg", "producers"), Origin::Bindgen),
            (module("wasi_snapshot_preview1", "component-type:service"), Origin::Component),
            (module("env", "producers"), Origin::Unknown),
            ([MAGIC, MODULE].concat(), Origin::Unknown),
            ([MAGIC, MODULE, &[2, 200]].concat(), Origin::Unknown),
        ];

        for (bytes, origin) in made_for {
            assert_eq!(mistaken(&bytes), Some(Found::Module(origin)), "{bytes:?}");
        }
    }

    #[test]
    fn a_component_is_cut_off_anywhere_but_between_its_sections() {
        let module = module("env", "name");
        let length = u8::try_from(module.len()).expect("it is short");
        let whole = [COMPONENT, &[1, length], &module, &[0, 2, 1, b'x']].concat();
        let (begin, end) = (COMPONENT.len(), COMPONENT.len() + 2 + module.len());

        for cut in begin + 1..whole.len() {
            assert_eq!(is_cut_off(&whole[..cut]), cut != end, "at {cut} of {}", whole.len());
        }
        assert!(!is_cut_off(&whole));
        assert!(!is_cut_off(b"\0asm\x0d\0\x01\0\xff\x01\0"));
    }
}

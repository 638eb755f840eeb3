//! What the macros that export take: `Type: word, ..`.
//! Deliberately does not know what the words mean.

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Token};

/// What the author wrote.
pub(crate) struct Input {
    pub(crate) target: Path,
    pub(crate) colon: Option<Token![:]>,
    pub(crate) words: Punctuated<Ident, Token![,]>,
}

impl Input {
    /// `usage` is for who wrote nothing, `wanted` says what follows the colon.
    pub(crate) fn parse(tokens: TokenStream, usage: &str, wanted: &str) -> syn::Result<Self> {
        let parse = |input: ParseStream<'_>| {
            if input.is_empty() {
                return Err(input.error(usage));
            }
            let target = input.parse()?;
            let colon: Option<Token![:]> = input.parse()?;
            if colon.is_none() && !input.is_empty() {
                return Err(input.error(format!("expected `:` and {wanted}; {usage}")));
            }
            Ok(Self { target, colon, words: Punctuated::parse_terminated(input)? })
        };
        parse.parse2(tokens)
    }

    /// What `find` knows, with the place of each word, and what is wrong with the others.
    pub(crate) fn known<T: PartialEq>(
        &self,
        find: impl Fn(&str) -> Result<T, String>,
    ) -> (Vec<(T, Span)>, Vec<syn::Error>) {
        let mut found: Vec<(T, Span)> = Vec::new();
        let mut errors = Vec::new();
        for word in &self.words {
            match find(&word.to_string()) {
                Err(message) => errors.push(syn::Error::new_spanned(word, message)),
                Ok(meaning) if found.iter().any(|(known, _)| *known == meaning) => {
                    let message = format!("`{word}` is named twice; remove one");
                    errors.push(syn::Error::new_spanned(word, message));
                }
                Ok(meaning) => found.push((meaning, word.span())),
            }
        }
        (found, errors)
    }
}

/// That `word` is none of `names`, and which of them may be meant; `what` says what they are.
pub(crate) fn unknown(what: &str, word: &str, names: &[&str]) -> String {
    let nearest = names
        .iter()
        .filter(|name| strsim::jaro(name, word) > 0.7)
        .max_by(|left, right| strsim::jaro(left, word).total_cmp(&strsim::jaro(right, word)));
    if let Some(name) = nearest {
        return format!("unknown {what} `{word}`, did you mean `{name}`?");
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("unknown {what} `{word}`, expected one of {}", names.join(", "))
}

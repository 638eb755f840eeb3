//! The known word that is closest to a mistyped one.
//!
//! Does not know whether a word is a key, a kind or a level.

/// ``did you mean `word`?`` when one of the words is close enough.
pub(crate) fn did_you_mean<'a>(
    found: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // A longer text is no mistyped word, and comparing it takes long.
    const LONGEST: usize = 64;
    let found = Some(found).filter(|found| found.len() <= LONGEST)?.to_lowercase();
    let tolerance = (found.chars().count() / 3).max(1);
    let (distance, word) = words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&found, &word.to_lowercase()), word))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= tolerance).then(|| format!("did you mean `{word}`?"))
}

//! Latin letters without what stands on, below or through them.
//!
//! Does not know languages: `ö` is `o`, though a German would write `oe`.

/// Letters that are written as the text in front of them.
const WRITTEN: [(&str, &str); 29] = [
    ("a", "àáâãäåāăąǎ"),
    ("ae", "æ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęěẽ"),
    ("g", "ĝğġģǧ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįıǐ"),
    ("ij", "ĳ"),
    ("j", "ĵ"),
    ("k", "ķĸ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŋ"),
    ("o", "òóôõöøōŏőǒ"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšșſ"),
    ("ss", "ßẞ"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųǔ"),
    ("w", "ŵẁẃẅ"),
    ("y", "ýÿŷỳ"),
    ("z", "źżž"),
    ("", "'’"),
    // Accents that follow their letter, as some keyboards and file systems write them.
    ("", "\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30a}"),
    ("", "\u{30b}\u{30c}\u{323}\u{326}\u{327}\u{328}\u{331}"),
    // What is not to be seen.
    ("", "\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}"),
    ("-", "–—‐‑"),
];

/// `text` in ASCII letters and digits, with a hyphen for everything else.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            plain.push(letter);
            continue;
        }
        let small = letter.to_lowercase().next().unwrap_or(letter);
        let written = WRITTEN.iter().find(|(_, letters)| letters.contains(small));
        let written = written.map_or("-", |(written, _)| written);
        let (first, rest) = written.split_at(written.len().min(1));
        plain.push_str(&if small == letter {
            first.to_owned()
        } else {
            first.to_ascii_uppercase()
        });
        plain.push_str(rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_what_stands_on_them() {
        for (text, expected) in [
            ("héllo", "hello"),
            ("he\u{301}llo", "hello"),
            ("Straße", "Strasse"),
            ("Ærø", "Aero"),
            ("łódź", "lodz"),
            ("l'été", "lete"),
            ("naïve café", "naive-cafe"),
            ("日本", "--"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}

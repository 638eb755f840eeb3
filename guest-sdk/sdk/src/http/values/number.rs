//! Types of numbers as clients read of them.
//! Deliberately names ranges: a client need not know Rust.

/// What a value of a numeric type has to be, by the type's name.
pub(in crate::http) fn in_words(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" => "a whole number from -9223372036854775808 to 9223372036854775807",
        "i128" => "a whole number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 to 18446744073709551615",
        "u128" => "a whole number that is not negative",
        "isize" if isize::BITS == 32 => return in_words("i32"),
        "isize" => return in_words("i64"),
        "usize" if usize::BITS == 32 => return in_words("u32"),
        "usize" => return in_words("u64"),
        "f32" | "f64" => "a number",
        _ => return None,
    })
}

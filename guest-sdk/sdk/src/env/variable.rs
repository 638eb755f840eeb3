//! What a variable can hold.
//! Deliberately strict: a value that is nearly right is wrong.

use std::borrow::Cow;
use std::time::Duration;

use super::duration;

/// A type that the text of an environment variable can be turned into.
///
/// Implement it for types of your own, so that [`get`](super::get) and the derive take them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an environment variable",
    label = "does not implement `FromVariable`",
    note = "use `String`, an integer, a float, `bool`, `Duration`, a `Vec` or an `Option` of those, or implement `mikros_sdk::env::FromVariable`"
)]
pub trait FromVariable: Sized {
    /// What the text must be, as in "must be …": `an integer from 0 to 255`.
    fn expected() -> Cow<'static, str>;

    /// The value, or `None` when the text does not fit.
    fn parse(text: &str) -> Option<Self>;

    /// The value when the variable is not declared, `None` when it must be. Default: it must be.
    fn undeclared() -> Option<Self> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl FromVariable for String {
    fn expected() -> Cow<'static, str> {
        "text".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// The spellings of Go's `strconv.ParseBool`, which other Mikros frameworks use.
#[diagnostic::do_not_recommend]
impl FromVariable for bool {
    fn expected() -> Cow<'static, str> {
        "`true` or `false`".into()
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl FromVariable for $type {
            fn expected() -> Cow<'static, str> {
                format!("an integer from {} to {}", Self::MIN, Self::MAX).into()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

macro_rules! floats {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl FromVariable for $type {
            fn expected() -> Cow<'static, str> {
                "a decimal number".into()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok().filter(|number: &Self| number.is_finite())
            }
        }
    )*};
}

floats! { f32 f64 }

#[diagnostic::do_not_recommend]
impl FromVariable for Duration {
    fn expected() -> Cow<'static, str> {
        "a duration such as `30s` or `1m30s`".into()
    }

    fn parse(text: &str) -> Option<Self> {
        duration::parse(text)
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromVariable> FromVariable for Vec<T> {
    fn expected() -> Cow<'static, str> {
        format!("a list of values separated by commas, each {}", T::expected()).into()
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::new());
        }
        text.split(',').map(|value| T::parse(value.trim())).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromVariable> FromVariable for Option<T> {
    fn expected() -> Cow<'static, str> {
        T::expected()
    }

    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(Some)
    }

    fn undeclared() -> Option<Self> {
        Some(None)
    }
}

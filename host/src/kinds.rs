//! The kinds that this host ships beside the built-in ones. Uses nothing but the seam that is there for
//! everybody: `extension`.

mod cronjob;

use crate::extension::AnyKind;

/// All of them, one value each.
pub(crate) fn shipped() -> Vec<Box<dyn AnyKind>> {
    vec![Box::new(cronjob::Cronjob)]
}

//! The features that this host ships. Uses nothing but the seam that is there for everybody: `extension`.

mod auth;

use crate::extension::AnyFeature;

/// All of them, one value each.
pub(crate) fn shipped() -> Vec<Box<dyn AnyFeature>> {
    vec![Box::new(auth::HttpAuth)]
}

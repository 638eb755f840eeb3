//! The features that this host ships. Uses nothing but the seam that is there for everybody: `extension`.

mod access_log;
mod admin;
mod auth;
mod compression;
mod cors;
mod metrics;
mod rate_limit;
mod routes;
#[cfg(test)]
mod testing;
mod tracker;
mod vary;

pub(crate) use self::admin::Settings as AdminSettings;
use crate::extension::AnyFeature;

/// All of them, one value each.
pub(crate) fn shipped() -> Vec<Box<dyn AnyFeature>> {
    vec![
        Box::new(tracker::Tracker),
        Box::new(cors::HttpCors),
        Box::new(auth::HttpAuth),
        Box::new(rate_limit::RateLimit),
        Box::new(compression::Compression),
        Box::new(access_log::AccessLog),
        Box::new(admin::Admin::default()),
        Box::new(metrics::Metrics::default()),
    ]
}

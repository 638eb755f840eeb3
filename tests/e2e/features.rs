//! Features, enabled in a service, with real requests.

mod auth;

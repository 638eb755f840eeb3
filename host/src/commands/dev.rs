//! `dev`: what people see and type while a service is developed, and the builds in between.
//!
//! Does not know what changed, nor how a version replaces another.

mod builder;
mod keys;
mod screen;
mod status;

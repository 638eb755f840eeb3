//! `http_auth` as a hook: requests in, decisions out. Talks to no socket.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

mod damaged;
mod forgeries;
mod key_files;
mod rotation;
mod routes;
mod secrets;
mod settings;
mod support;
mod tokens;

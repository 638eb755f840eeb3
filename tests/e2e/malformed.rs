//! Clients that break the rules of HTTP, or of good manners.
//! Does not know services that do; those are `faults`.

/// Request bodies.
mod bodies;
/// Request lines and header fields.
mod heads;
/// HTTP/2.
mod http2;
/// Clients that take too long, or take nothing.
mod slow;

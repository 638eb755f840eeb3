//! HTTP as clients see it: connections, routing, errors, bodies.
//! Does not know what happens to malformed requests and failing guests; they have subjects of their own.

/// A service of the `tower` ecosystem.
mod axum;
/// Request bodies and responses that are known whole.
mod bodies;
/// Protocol versions, keep-alive, addresses.
mod connections;
/// Cookies, signed and private ones too.
mod cookies;
/// Clients that leave while they are being answered.
mod departures;
/// Answers before the end of the request.
mod early_answers;
/// Errors on the wire and in the log.
mod errors;
/// Files of the service, conditions, ranges.
mod files;
/// What browsers' forms send.
mod forms;
/// Which responses have a body, and how long it is said to be.
mod framing;
/// The health check.
mod health;
/// Middleware, nested routers.
mod layers;
/// The id that every request has.
mod request_id;
/// Paths, methods, header fields.
mod routing;
/// Clients that take their time with responses.
mod slow_readers;
/// Bodies that flow.
mod streams;

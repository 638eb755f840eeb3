//! The component: one path per attack. Its clients are `web` over HTTP and `peer` over gRPC.
//! Deliberately knows nothing about what the host makes of it.

mod bindings {
    //! Rust bindings of the contract, generated.
    //! Deliberately only what a component without a lifecycle needs.

    #![allow(
        missing_docs,
        missing_debug_implementations,
        unused_qualifications,
        elided_lifetimes_in_paths,
        unreachable_pub,
        unsafe_code,
        clippy::pedantic,
        clippy::error_impl_error,
        clippy::allow_attributes_without_reason,
        reason = "generated code"
    )]

    wit_bindgen::generate!({
        inline: "
            package mikros:guest;
            world guest {
                include mikros:service/imports@0.2.0;
                import mikros:service/clients@0.2.0;
                export mikros:service/http@0.2.0;
            }
        ",
        path: "../../../wit",
        generate_all,
    });

    export!(Hostile with_types_in self);

    use super::Hostile;
}

mod floods;
mod forgeries;

use bindings::exports::mikros::service::http::{Body, Guest, Response};
use bindings::mikros::service::clients::{Compression, Failure, Options, Reason};
use bindings::mikros::service::errors::Error;

struct Hostile;

impl Guest for Hostile {
    /// What came of the attempts, one line for each.
    async fn handle(head: Vec<u8>, _body: Body) -> Result<Response, Error> {
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let path = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let lines = match path {
            b"/names" => forgeries::names().await,
            b"/protocols" => forgeries::protocols().await,
            b"/methods" => forgeries::methods().await,
            b"/metadata" => forgeries::metadata().await,
            b"/heads" => forgeries::heads().await,
            b"/sizes" => forgeries::sizes().await,
            b"/timeouts" => forgeries::timeouts().await,
            b"/dropped" => floods::dropped().await,
            b"/unread" => floods::unread().await,
            b"/endless-requests" => floods::endless_requests().await,
            b"/endless-writes" => floods::endless_writes().await,
            b"/halfway" => floods::halfway().await,
            b"/outlive" => floods::outlive(),
            _ => vec!["there".to_owned()],
        };
        let body = Body::Bytes(lines.join("\n").into_bytes());
        Ok(Response { status: 200, headers: Vec::new(), body })
    }
}

const OPTIONS: Options = Options { timeout: None, compression: Compression::Configured };

/// What is left of texts that are long.
const SHOWN: usize = 120;

fn show(text: &str) -> String {
    let text: String = text.escape_debug().collect();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

/// How one attempt ended.
fn line<T>(attempt: &str, outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(_) => format!("{}: made", show(attempt)),
        Err(error) => format!("{}: {:?}: {}", show(attempt), error.kind, show(&error.message)),
    }
}

/// The same for an RPC.
fn rpc_line<T>(attempt: &str, outcome: Result<T, Failure>) -> String {
    match outcome {
        Ok(_) => format!("{}: made", show(attempt)),
        Err(Failure { reason: Reason::Error(error), .. }) => line::<()>(attempt, Err(error.error)),
        Err(Failure { reason: Reason::Status(status), .. }) => {
            format!("{}: status {}: {}", show(attempt), status.code, show(&status.message))
        }
    }
}

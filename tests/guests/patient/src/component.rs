//! The component: the same contract, with functions that block until they are done.
//! Deliberately knows nothing about the host.

mod bindings {
    //! Rust bindings of the contract, generated without async.
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
                export mikros:service/http@0.2.0;
            }
        ",
        path: "../../../wit",
        generate_all,
        sync: true,
    });

    export!(Patient with_types_in self);

    use super::Patient;
}

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bindings::exports::mikros::service::http::{Body, Guest, Response};
use bindings::mikros::service::errors::Error;

/// How long a call takes.
const WORK: Duration = Duration::from_millis(20);

static INSIDE: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

struct Patient;

impl Guest for Patient {
    /// Works for a while and answers how many calls have been inside at the same time.
    fn handle(_head: Vec<u8>, _body: Body) -> Result<Response, Error> {
        let inside = INSIDE.fetch_add(1, Ordering::Relaxed) + 1;
        let most = MOST.fetch_max(inside, Ordering::Relaxed).max(inside);
        std::thread::sleep(WORK);
        INSIDE.fetch_sub(1, Ordering::Relaxed);
        let body = Body::Bytes(most.to_string().into_bytes());
        Ok(Response { status: 200, headers: Vec::new(), body })
    }
}

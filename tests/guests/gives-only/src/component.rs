//! A contract of its own, in which `handover` lacks a function.
//! Knows the real one well enough to get as far as that.

mod bindings {
    //! Rust bindings of that contract, generated.
    //! Deliberately only what it takes to be refused.

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
        inline: r"
            package mikros:service@0.2.0;

            interface definition {
                record description {
                    name: string,
                    version: string,
                    product: string,
                    language: string,
                    kinds: list<string>,
                }
            }

            interface errors {
                enum kind {
                    internal,
                    not-found,
                    invalid-arguments,
                    precondition-failed,
                    permission-denied,
                    rpc,
                    custom,
                    unauthenticated,
                    already-exists,
                    conflict,
                    resource-exhausted,
                    unavailable,
                    deadline-exceeded,
                    unimplemented,
                    cancelled,
                    out-of-range,
                    data-loss,
                }

                record field-violation {
                    field: string,
                    description: string,
                }

                record error {
                    kind: kind,
                    message: string,
                    code: s32,
                    cause: option<string>,
                    destination: option<string>,
                    status: option<u16>,
                    retry-after: option<u64>,
                    field-violations: list<field-violation>,
                    attributes: option<string>,
                }
            }

            interface native {
                use errors.{error};
                start: async func() -> result<_, error>;
                stop: async func() -> result<_, error>;
            }

            interface handover {
                use definition.{description};
                use errors.{error};
                give: async func(successor: description) -> result<option<list<u8>>, error>;
            }

            world one-sided {
                export native;
                export handover;
            }
        ",
        world: "one-sided",
    });

    export!(GivesOnly with_types_in self);

    use super::GivesOnly;
}

use bindings::exports::mikros::service::{handover, native};
use bindings::mikros::service::definition::Description;
use bindings::mikros::service::errors::Error;

struct GivesOnly;

impl native::Guest for GivesOnly {
    async fn start() -> Result<(), Error> {
        Ok(())
    }

    async fn stop() -> Result<(), Error> {
        Ok(())
    }
}

impl handover::Guest for GivesOnly {
    async fn give(_successor: Description) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }
}

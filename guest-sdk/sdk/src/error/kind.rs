//! What sort of failure an error is: its name in JSON and its HTTP status.
//! Deliberately the same table as the host's: needed where the SDK answers, or decodes, without it.

use ::http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $status:literal;)*) => {
        /// What sort of failure it is. Decides the status that the caller sees.
        ///
        /// There is a kind for every code of gRPC except OK.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name of this kind in JSON. All Mikros frameworks know the first seven.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The HTTP status of errors of this kind.
            pub fn status(self) -> StatusCode {
                let status = match self {
                    $(Self::$kind => $status,)*
                };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            #[cfg(target_family = "wasm")]
            pub(super) fn into_wit(self) -> super::contract::Kind {
                match self {
                    $(Self::$kind => super::contract::Kind::$kind,)*
                }
            }

            #[cfg(target_family = "wasm")]
            pub(super) fn from_wit(kind: super::contract::Kind) -> Self {
                match kind {
                    $(super::contract::Kind::$kind => Self::$kind,)*
                }
            }
        }
    };
}

kinds! {
    /// The service failed. HTTP 500, gRPC INTERNAL.
    Internal "InternalError" 500;
    /// What was asked for does not exist. HTTP 404, gRPC `NOT_FOUND`.
    NotFound "NotFoundError" 404;
    /// The request is wrong and will stay wrong. HTTP 400, gRPC `INVALID_ARGUMENT`.
    InvalidArguments "ValidationError" 400;
    /// The request is right, the state of the service is not. HTTP 412, gRPC `FAILED_PRECONDITION`.
    PreconditionFailed "ConditionError" 412;
    /// The caller is known and may not do this. HTTP 403, gRPC `PERMISSION_DENIED`.
    PermissionDenied "PermissionError" 403;
    /// A service that this one depends on failed. HTTP 500, gRPC UNAVAILABLE.
    Rpc "RPCError" 500;
    /// None of the others. HTTP 500, gRPC UNKNOWN.
    Custom "CustomError" 500;
    /// The caller has not proved who it is. HTTP 401, gRPC UNAUTHENTICATED.
    Unauthenticated "UnauthenticatedError" 401;
    /// What was to be created is there already. HTTP 409, gRPC `ALREADY_EXISTS`.
    AlreadyExists "AlreadyExistsError" 409;
    /// Somebody else has changed it at the same time. HTTP 409, gRPC ABORTED.
    Conflict "ConflictError" 409;
    /// A quota or rate limit is used up. HTTP 429, gRPC `RESOURCE_EXHAUSTED`.
    ResourceExhausted "ResourceExhaustedError" 429;
    /// The service cannot answer now. HTTP 503, gRPC UNAVAILABLE.
    Unavailable "UnavailableError" 503;
    /// It took too long. HTTP 504, gRPC `DEADLINE_EXCEEDED`.
    DeadlineExceeded "DeadlineExceededError" 504;
    /// The service has no such operation, or not yet. HTTP 501, gRPC UNIMPLEMENTED.
    Unimplemented "UnimplementedError" 501;
    /// The operation was cancelled. HTTP 499, gRPC CANCELLED.
    Cancelled "CancelledError" 499;
    /// Past the end of what is there. HTTP 400, gRPC `OUT_OF_RANGE`.
    OutOfRange "OutOfRangeError" 400;
    /// Data are lost or damaged beyond repair. HTTP 500, gRPC `DATA_LOSS`.
    DataLoss "DataLossError" 500;
}

impl ErrorKind {
    /// The kind with this name in JSON.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

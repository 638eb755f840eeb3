//! The codes of failed RPCs.
//! Deliberately without OK: what is fine is no failure, and has no status.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $number:literal $name:literal)*) => {
        /// Why an RPC failed, as all gRPC implementations know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant = $number,)*
        }

        impl Code {
            const ALL: [(Self, &'static str); 16] = [$((Self::$variant, $name),)*];
        }
    };
}

codes! {
    /// The caller cancelled it.
    Cancelled 1 "CANCELLED"
    /// Nothing is known about it.
    Unknown 2 "UNKNOWN"
    /// The request is wrong, whatever the state of the service.
    InvalidArgument 3 "INVALID_ARGUMENT"
    /// It took too long.
    DeadlineExceeded 4 "DEADLINE_EXCEEDED"
    /// What was asked for does not exist.
    NotFound 5 "NOT_FOUND"
    /// What was to be made exists.
    AlreadyExists 6 "ALREADY_EXISTS"
    /// The caller may not do this.
    PermissionDenied 7 "PERMISSION_DENIED"
    /// A quota, a limit or a disk is used up.
    ResourceExhausted 8 "RESOURCE_EXHAUSTED"
    /// The state of the service has to change before it makes sense to try again.
    FailedPrecondition 9 "FAILED_PRECONDITION"
    /// Another call got in between; try the whole again.
    Aborted 10 "ABORTED"
    /// What was asked for is past the end.
    OutOfRange 11 "OUT_OF_RANGE"
    /// There is no such method.
    Unimplemented 12 "UNIMPLEMENTED"
    /// The service failed.
    Internal 13 "INTERNAL"
    /// The service cannot be reached now; try again.
    Unavailable 14 "UNAVAILABLE"
    /// Data is lost or damaged for good.
    DataLoss 15 "DATA_LOSS"
    /// It is not known who the caller is.
    Unauthenticated 16 "UNAUTHENTICATED"
}

impl Code {
    /// The code with this number, `None` for OK, which is 0, and for numbers that mean nothing.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().map(|(code, _)| code).find(|code| code.number() == number)
    }

    /// Its number, 1 to 16.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// Its name as it is specified, for example `NOT_FOUND`.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(code, _)| *code == self);
        found.map_or("UNKNOWN", |(_, name)| name)
    }
}

/// The name.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

//! A handler's arguments and its response, one after the other.
//! Deliberately the same forms of functions as `handler` has, and nothing else.

use std::future::Future;

use super::{Description, OperationInput, OperationOutput};
use crate::http::handler::{WithService, WithoutService};

/// A handler all of whose types can be described.
///
/// `Arguments` is that of [`Handler`](crate::http::Handler); it is always inferred.
#[diagnostic::on_unimplemented(
    message = "this handler cannot be described",
    label = "a type in it has no description",
    note = "every extractor needs `OperationInput` and the response `OperationOutput`",
    note = "`Path<T>`, `Query<T>`, `Headers<T>` and `Json<T>` have them when `T` has `#[derive(JsonSchema)]`",
    note = "for an extractor `User` of your own write `impl OperationInput for User {{}}`"
)]
pub trait Documented<S: 'static, Arguments> {
    /// Describes the arguments, then the response.
    #[doc(hidden)]
    fn describe(description: &mut Description<'_>);
}

/// Implements both forms for the extractors given.
macro_rules! documented {
    ($($argument:ident)*) => {
        documented!(@one WithService (&'static S) $($argument)*);
        documented!(@one WithoutService () $($argument)*);
    };
    (@one $form:ident ($($service:ty)?)) => {
        impl<S, F, Fut> Documented<S, ($form,)> for F
        where
            S: 'static,
            F: Fn($($service)?) -> Fut,
            Fut: Future<Output: OperationOutput>,
        {
            fn describe(description: &mut Description<'_>) {
                Fut::Output::describe(description);
            }
        }
    };
    (@one $form:ident ($($service:ty)?) $($argument:ident)+) => {
        impl<S, F, Fut, Via, $($argument),+> Documented<S, ($form, Via, $($argument),+)> for F
        where
            S: 'static,
            F: Fn($($service,)? $($argument),+) -> Fut,
            Fut: Future<Output: OperationOutput>,
            $($argument: OperationInput,)+
        {
            fn describe(description: &mut Description<'_>) {
                $($argument::describe(description);)+
                Fut::Output::describe(description);
            }
        }
    };
}

documented!();
documented!(A1);
documented!(A1 A2);
documented!(A1 A2 A3);
documented!(A1 A2 A3 A4);
documented!(A1 A2 A3 A4 A5);
documented!(A1 A2 A3 A4 A5 A6);
documented!(A1 A2 A3 A4 A5 A6 A7);
documented!(A1 A2 A3 A4 A5 A6 A7 A8);

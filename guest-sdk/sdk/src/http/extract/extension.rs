//! Extracts what middleware has added to a request.
//! Deliberately knows none of these values.

use super::{FromHead, OptionalFromHead, Rejection};
use crate::error::ServiceError;
use crate::http::Head;

/// A value that [middleware](crate::http::Middleware) has added to the request, by its type.
///
/// It is cloned, and it must be [`Send`] and [`Sync`] although nothing leaves the thread: that is what
/// [`Extensions`](crate::http::Extensions) ask for. Put what cannot be cloned into an
/// [`Arc`](std::sync::Arc).
///
/// A value that is missing is the service's fault, 500. `Option<Extension<T>>` is `None` then.
///
/// ```
/// use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{Extension, Next};
///
/// #[derive(Clone)]
/// struct User(String);
///
/// async fn find_user(mut request: Request, next: Next) -> Result<Response> {
///     let name = request.head().header("x-user").or_permission_denied("say who you are")?;
///     let user = User(name.to_owned());
///     request.extensions_mut().insert(user);
///     Ok(next.run(request).await)
/// }
///
/// async fn whoami(Extension(User(name)): Extension<User>) -> String {
///     name
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().get("/whoami", whoami).layer(find_user));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extension<T>(pub T);

impl<S, T: Clone + Send + Sync + 'static> FromHead<S> for Extension<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Self, Rejection> {
        let value = head.extensions().get().cloned().map(Self);
        value.ok_or_else(|| {
            let name = std::any::type_name::<T>();
            let cause = format!("no layer has added a `{name}` to the extensions of the request");
            ServiceError::internal(cause).into()
        })
    }
}

impl<S, T: Clone + Send + Sync + 'static> OptionalFromHead<S> for Extension<T> {
    async fn from_head(head: &Head, _service: &'static S) -> Result<Option<Self>, Rejection> {
        Ok(head.extensions().get().cloned().map(Self))
    }
}

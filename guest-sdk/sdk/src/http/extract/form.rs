//! Extracts what an HTML form sends.
//! Deliberately the same as `Query` but for where it comes from.

use ::http::Method;
use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, Request, media_type, optional};
use crate::http::values::urlencoded;
use crate::http::{FieldError, Location};

const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The fields of a form, as a struct or a map.
///
/// It reads fields as [`Query`](super::Query) does: `on` is `true`, empty fields count as not sent where their type
/// refuses an empty text, lists take all values of their name, and everything that is wrong is in one 400. The body
/// must be `application/x-www-form-urlencoded`, otherwise the request is answered 415; forms with files are for
/// `Multipart`. A `GET` form is in the query, where it is read from. `Option<Form<T>>` is `None` when there is no body.
///
/// ```
/// # use mikros_sdk::prelude::*;
/// use mikros_sdk::http::{Form, Redirect};
///
/// #[derive(serde::Deserialize)]
/// struct SignUp {
///     name: String,
///     age: Option<u8>,
///     #[serde(default)]
///     newsletter: bool,
/// }
///
/// async fn sign_up(Form(form): Form<SignUp>) -> Redirect {
///     log::info!("signed up", name = form.name, newsletter = form.newsletter);
///     Redirect::to("/welcome")
/// }
/// # struct Shop;
/// # drop(Router::<Shop>::new().post("/sign-up", sign_up));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form<T>(pub T);

impl<S, T: DeserializeOwned> FromRequest<S> for Form<T> {
    async fn from_request(request: Request, _service: &'static S) -> Result<Self, Rejection> {
        let (head, body) = request.into_parts();
        if matches!(*head.method(), Method::GET | Method::HEAD) {
            let query = head.query().unwrap_or_default();
            return urlencoded::parse(query).into_fields(Location::Query).map(Form);
        }
        if media_type::essence(&head) != URLENCODED {
            return Err(media_type::unsupported(&head, URLENCODED));
        }
        let bytes = body.bytes().await?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_wrong| FieldError::new(Location::Body, "", "must be UTF-8"))?;
        urlencoded::parse(text).into_fields(Location::Body).map(Form)
    }
}

impl<S, T: DeserializeOwned> OptionalFromRequest<S> for Form<T> {
    async fn from_request(
        request: Request,
        service: &'static S,
    ) -> Result<Option<Self>, Rejection> {
        if matches!(*request.head().method(), Method::GET | Method::HEAD) {
            let has_query = request.head().query().is_some_and(|query| !query.is_empty());
            let form = async { <Self as FromRequest<S>>::from_request(request, service).await };
            return if has_query { form.await.map(Some) } else { Ok(None) };
        }
        match optional::with_body(request).await? {
            Some(request) => {
                <Self as FromRequest<S>>::from_request(request, service).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

//! The words that the probe understands beside those of `acts`.
//! Does not know where they are written.

use std::time::Duration;

use mikros_sdk::http::StatusCode;
use mikros_sdk::log::{self, Level};
use mikros_sdk::plugin::{Answer, Changes, Pass, RequestHead, ResponseHead};
use mikros_sdk::{Caller, ErrorKind, OrServiceError as _, Result, ServiceError};

/// The level of the log is the only thing that one instance can tell the next one.
pub(crate) const MARK: Level = Level::Internal;

/// A word and what follows its `=`.
pub(crate) type Action<'a> = (&'a str, &'a str);

/// The actions of a list.
pub(crate) fn read(list: &str) -> impl Iterator<Item = Action<'_>> {
    let actions = list.split(',').map(str::trim).filter(|action| !action.is_empty());
    actions.map(|action| action.split_once('=').unwrap_or((action, "")))
}

/// - `pass`
/// - `set=name:value`, `append=name:value`, `remove=name`, `attribute=name:value`
/// - `identify=subject` or `identify=subject:role`
/// - `refuse=status` or `refuse=status:code`, `answer=status` or `answer=status:body`; what stands behind
///   them is not done
/// - `challenge`: 401 with `www-authenticate`
/// - `break-line`: a header whose value begins another line
/// - `tell`: headers `x-saw-…` with all that it sees
/// - `log`, `sleep=milliseconds`, `mark`
pub(crate) async fn about_request(
    pass: Pass,
    (word, argument): Action<'_>,
    request: &RequestHead,
    seen: u32,
) -> Result<Pass, Answer> {
    let (name, value) = argument.split_once(':').unwrap_or((argument, ""));
    Ok(match word {
        "pass" => pass,
        "set" => pass.set_header(name, value),
        "append" => pass.append_header(name, value),
        "remove" => pass.remove_header(name),
        "attribute" => pass.attribute(name, value),
        "break-line" => pass.set_header("x-broken", "1\r\nx-forged: 2"),
        "identify" if value.is_empty() => pass.identify(Caller::new(name, "probe")),
        "identify" => pass.identify(Caller::new(name, "probe").with_claim("role", value)),
        "refuse" => return Err(refuse(name, value)?),
        "answer" => return Err(Answer::response(status(name)?, value.to_owned())),
        "challenge" => return Err(Answer::unauthenticated("who are you?", "Probe")),
        "tell" => tell(pass, request, seen),
        "log" => {
            log::info!("probe is asked", path = request.path(), seen);
            pass
        }
        "mark" => {
            log::set_level(MARK);
            pass
        }
        _ => {
            wait_or_act(word, argument).await?;
            pass
        }
    })
}

/// The same without identity, refusal and answer.
pub(crate) async fn about_response(
    changes: Changes,
    (word, argument): Action<'_>,
    response: &ResponseHead,
) -> Result<Changes> {
    let (name, value) = argument.split_once(':').unwrap_or((argument, ""));
    Ok(match word {
        "pass" => changes,
        "set" => changes.set_header(name, value),
        "append" => changes.append_header(name, value),
        "remove" => changes.remove_header(name),
        "attribute" => changes.attribute(name, value),
        "break-line" => changes.set_header("x-broken", "1\r\nx-forged: 2"),
        "tell" => changes
            .set_header("x-saw-status", response.status().as_str())
            .set_header("x-saw-headers", response.header_lines().count().to_string())
            .set_header("x-saw-grpc-status", response.header("grpc-status").unwrap_or("none"))
            .set_header("x-saw-caller", subject(response.caller())),
        "log" => {
            log::info!("probe is asked about a response", status = response.status().as_u16());
            changes
        }
        _ => {
            wait_or_act(word, argument).await?;
            changes
        }
    })
}

async fn wait_or_act(word: &str, argument: &str) -> Result<()> {
    if word != "sleep" {
        return acts::act(word).await;
    }
    let time = argument.parse().or_invalid_arguments("`sleep` takes milliseconds")?;
    mikros_sdk::sleep(Duration::from_millis(time)).await;
    Ok(())
}

fn tell(pass: Pass, request: &RequestHead, seen: u32) -> Pass {
    pass.set_header("x-saw-method", request.method().as_str())
        .set_header("x-saw-path", request.path())
        .set_header("x-saw-query", request.query().unwrap_or("none"))
        .set_header("x-saw-transport", format!("{:?}", request.transport()).to_lowercase())
        .set_header("x-saw-peer", request.peer().to_string())
        .set_header("x-saw-id", request.request_id().unwrap_or_else(|| "none".to_owned()))
        .set_header("x-saw-caller", subject(request.caller()))
        .set_header("x-saw-headers", request.header_lines().count().to_string())
        .set_header("x-saw-requests", seen.to_string())
}

fn subject(caller: Option<Caller>) -> String {
    caller.map_or_else(|| "none".to_owned(), |caller| caller.subject().to_owned())
}

/// `kind` is the name of one in JSON, or empty.
fn refuse(kind: &str, wanted: &str) -> Result<Answer> {
    let kind = ErrorKind::from_name(kind).unwrap_or(ErrorKind::PermissionDenied);
    let error = ServiceError::of_kind(kind, "refused by the probe").with_cause("told to");
    let answer = Answer::error(error).with_header("x-refused", "yes");
    Ok(if wanted.is_empty() { answer } else { answer.with_status(status(wanted)?) })
}

fn status(text: &str) -> Result<StatusCode> {
    text.parse().or_invalid_arguments("a status has three digits")
}

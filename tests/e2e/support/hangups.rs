//! SIGHUP in programs that tests start. Does not know what they do with it.

use std::sync::Once;

use tokio::runtime::Builder;
use tokio::signal::unix::{self, SignalKind};

/// Lets programs that are started from now on hear SIGHUP although the tests run under `nohup`.
///
/// A signal that is ignored stays ignored across `exec`, one that is heard becomes the default.
pub(crate) fn let_programs_hear_them() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let runtime = Builder::new_current_thread().enable_io().build();
        let runtime = runtime.expect("the system gives a test what it needs");
        let _entered = runtime.enter();
        // Whatever becomes of this stream, the process goes on hearing it.
        drop(unix::signal(SignalKind::hangup()).expect("SIGHUP can be heard"));
    });
}

//! The certificates of a version's listeners: read when it is loaded, and again when their files change, on a thread
//! of its own, because disks may be slow.
//!
//! Does not know what is in the files.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use super::load::LoadError;
use super::thread;
use crate::definition::{Definition, Kind, ListenerTls};
use crate::telemetry::{info, warn};
use crate::tls::{ServerFileError, ServerTls, gone};
use crate::watch::{Watch, WatchedPath};

/// Between two looks that no event has asked for: some file systems have none, and time passes for certificates too.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// How long files that cannot be used have to stay as they are before the log is told: a certificate and its key
/// are written one after the other.
const SETTLE: Duration = Duration::from_secs(1);

/// The TLS of the kinds that use it.
#[derive(Debug, Default)]
pub(super) struct Certificates(Vec<(ListenerTls, Arc<ServerTls>)>);

impl Certificates {
    /// Reads the files of all listeners, and again when they change for as long as somebody serves with them.
    ///
    /// Blocks while it reads.
    pub(super) fn load(definition: &Definition) -> Result<Self, LoadError> {
        let all = definition.listener_tls().into_iter().map(|settings| {
            let server = ServerTls::load(settings.files.clone())
                .map_err(|error| LoadError::Certificates(located(definition, settings, &error)))?;
            let server = Arc::new(server);
            follow(&server).map_err(LoadError::Thread)?;
            Ok((settings.clone(), server))
        });
        all.collect::<Result<_, _>>().map(Self)
    }

    /// Of a kind; `None` is plaintext.
    pub(super) fn of(&self, definition: &Definition, kind: &Kind) -> Option<Arc<ServerTls>> {
        let settings = definition.tls(kind)?;
        let found = self.0.iter().find(|(known, _)| known == settings);
        found.map(|(_, server)| server.clone())
    }
}

/// What is wrong with a file, and where it is named.
fn located(definition: &Definition, settings: &ListenerTls, error: &ServerFileError) -> String {
    settings.problem(error).located(&definition.path)
}

/// Starts the thread that reads the files again.
fn follow(server: &Arc<ServerTls>) -> io::Result<()> {
    let follower = Follower {
        server: Arc::downgrade(server),
        files: server.files().paths().map(PathBuf::from).collect(),
        is_out_of_date: false,
    };
    let mut lifetime = server.lifetime();
    thread::start("certificates".to_owned(), move |runtime| {
        runtime.block_on(async {
            tokio::select! {
                () = follower.run() => (),
                () = gone(&mut lifetime) => (),
            }
        });
    })
}

/// Reads files again.
struct Follower {
    server: Weak<ServerTls>,
    files: Vec<PathBuf>,
    /// Whether the log has been told so of the certificate.
    is_out_of_date: bool,
}

impl Follower {
    async fn run(mut self) {
        let places = self.files.iter().cloned().map(WatchedPath::File).collect();
        let mut watch = Watch::start(places, false).await.ok();
        let changed = async |watch: &mut Option<Watch>| match watch {
            Some(watch) => drop(watch.changed().await),
            None => std::future::pending().await,
        };
        let mut told = None;
        loop {
            // First of all: the files may have changed before they were watched.
            let trouble = self.look();
            if trouble.is_none() {
                told = None;
            } else if trouble != told {
                if timeout(SETTLE, changed(&mut watch)).await.is_ok() {
                    continue;
                }
                let trouble = self.look();
                self.tell(trouble.as_deref());
                told = trouble;
            }
            let _looks_anyway = timeout(LOOK_INTERVAL, changed(&mut watch)).await;
        }
    }

    /// Uses what the files hold now. Returns why that is not possible.
    fn look(&mut self) -> Option<String> {
        let server = self.server.upgrade()?;
        let reloaded = server.reload();
        if let Ok(true) = reloaded {
            self.is_out_of_date = false;
            info!(CertificatesReloaded, path = %self.path(), "certificates read again");
        }
        self.check_dates(&server);
        reloaded.err().map(|error| error.to_string())
    }

    fn tell(&self, trouble: Option<&str>) {
        let Some(trouble) = trouble else { return };
        let message = "certificates cannot be read again, keeping those from before";
        warn!(CertificatesReloadFailed, path = %self.path(), error = trouble, "{message}");
    }

    fn check_dates(&mut self, server: &ServerTls) {
        let checked = server.validity().check(SystemTime::now());
        if let Err(out_of_date) = checked
            && !self.is_out_of_date
        {
            let path = self.path();
            warn!(CertificateOutOfDate, %path, "the certificate of a listener {out_of_date}");
        }
        self.is_out_of_date = checked.is_err();
    }

    /// Of the certificate.
    fn path(&self) -> std::path::Display<'_> {
        self.files[0].display()
    }
}

//! What the admin listener serves on behalf of features.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};

/// Answers requests of operators at one path. Runs on the thread of the admin listener, one request at a time: it must
/// not wait for a guest.
pub trait Page: Send + Sync + 'static {
    /// The request has a body of at most 4 KiB. Of its path, what is below the page's comes as well.
    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes>;
}

/// The pages of all services of a process. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Pages(Arc<Mutex<Vec<Entry>>>);

struct Entry {
    path: &'static str,
    page: Arc<dyn Page>,
}

/// A page that is served until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct PageGuard {
    pages: Pages,
    path: &'static str,
}

impl Pages {
    /// Serves `page` at `path`, for example `/metrics`, which no other page has.
    pub fn add(&self, path: &'static str, page: Arc<dyn Page>) -> PageGuard {
        let mut pages = self.lock();
        debug_assert!(pages.iter().all(|entry| entry.path != path), "`{path}` is served twice");
        pages.push(Entry { path, page });
        PageGuard { pages: self.clone(), path }
    }

    /// The page at `path`.
    pub fn find(&self, path: &str) -> Option<Arc<dyn Page>> {
        let pages = self.lock();
        pages.iter().find(|entry| entry.path == path).map(|entry| entry.page.clone())
    }

    /// In alphabetical order.
    pub fn paths(&self) -> Vec<&'static str> {
        let mut paths: Vec<_> = self.lock().iter().map(|entry| entry.path).collect();
        paths.sort_unstable();
        paths
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PageGuard {
    fn drop(&mut self) {
        self.pages.lock().retain(|entry| entry.path != self.path);
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}

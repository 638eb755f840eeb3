//! What the admin listener serves on behalf of features.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use http::{Request, Response};

/// Answers requests of operators at one path. Runs on the thread of the admin listener, one request at a time: it must
/// not wait for a guest.
pub trait Page: Send + Sync + 'static {
    /// The request has a body of at most 4 KiB.
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
#[must_use]
pub struct PageGuard {
    pages: Pages,
    page: Weak<dyn Page>,
}

impl Pages {
    /// Serves `page` at `path`, for example `/metrics`. Of two pages at one path, the one that was added last counts.
    pub fn add(&self, path: &'static str, page: Arc<dyn Page>) -> PageGuard {
        let guard = PageGuard { pages: self.clone(), page: Arc::downgrade(&page) };
        self.lock().push(Entry { path, page });
        guard
    }

    /// The page at `path`.
    pub fn find(&self, path: &str) -> Option<Arc<dyn Page>> {
        let pages = self.lock();
        pages.iter().rfind(|entry| entry.path == path).map(|entry| entry.page.clone())
    }

    /// In alphabetical order.
    pub fn paths(&self) -> Vec<&'static str> {
        let mut paths: Vec<_> = self.lock().iter().map(|entry| entry.path).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PageGuard {
    fn drop(&mut self) {
        self.pages
            .lock()
            .retain(|entry| !std::ptr::addr_eq(Arc::as_ptr(&entry.page), self.page.as_ptr()));
    }
}

impl fmt::Debug for PageGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageGuard").finish_non_exhaustive()
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}

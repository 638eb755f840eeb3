//! The paths that a service answers, as far as it has declared them.

use std::sync::{Arc, OnceLock};

/// A route of a service. Their number is bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Of HTTP `/users/{id}` with the base path; of gRPC `/helloworld.Greeter/SayHello`.
    pub pattern: Arc<str>,
    /// Tells it from the other routes of the same version and transport; below their number.
    pub index: usize,
}

/// Finds the route of a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct RouteTable {
    paths: matchit::Router<Route>,
    count: usize,
}

/// Most routes of a service; further ones are not known.
const MOST_ROUTES: usize = 1024;
/// Longest pattern, in bytes.
const LONGEST: usize = 256;

impl RouteTable {
    /// A table with patterns of matchit, whose indices begin at `first`. Those that it does not take, and those that are
    /// too many, too long, or there already are left out.
    pub(crate) fn new(first: usize, patterns: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self { paths: matchit::Router::new(), count: first };
        for pattern in patterns {
            if table.count == MOST_ROUTES || pattern.len() > LONGEST {
                continue;
            }
            let route = Route { pattern: pattern.as_str().into(), index: table.count };
            if table.paths.insert(pattern, route).is_ok() {
                table.count += 1;
            }
        }
        table
    }

    pub(crate) fn find(&self, path: &str) -> Option<Route> {
        self.paths.at(path).ok().map(|found| found.value.clone())
    }
}

/// The routes of kind `http`: the health check, and what the guest declares. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeclaredRoutes(Arc<Declared>);

#[derive(Debug, Default)]
struct Declared {
    base: String,
    own: RouteTable,
    guest: OnceLock<RouteTable>,
}

impl DeclaredRoutes {
    /// `health` is the path of the health check, `base` what is before the paths of the guest.
    pub(crate) fn new(base: &str, health: Option<&str>) -> Self {
        let own = RouteTable::new(0, health.map(str::to_owned));
        Self(Arc::new(Declared { base: base.to_owned(), own, guest: OnceLock::new() }))
    }

    /// What the guest declares. All instances of a component declare the same; the first one counts.
    pub(crate) fn declare(&self, patterns: Vec<String>) {
        let Declared { base, own, guest } = &*self.0;
        let patterns = patterns.into_iter().map(|pattern| format!("{base}{pattern}"));
        guest.get_or_init(|| RouteTable::new(own.count, patterns));
    }

    pub(crate) fn find(&self, path: &str) -> Option<Route> {
        self.0.own.find(path).or_else(|| self.0.guest.get()?.find(path))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn table(patterns: &[&str]) -> RouteTable {
        RouteTable::new(0, patterns.iter().map(|pattern| (*pattern).to_owned()))
    }

    fn found(table: &RouteTable, path: &str) -> Option<String> {
        table.find(path).map(|route| route.pattern.to_string())
    }

    #[test]
    fn a_path_has_the_most_precise_of_its_patterns() {
        let table = table(&["/users/{id}", "/users/me", "/files/{*path}"]);

        assert_eq!(found(&table, "/users/7").as_deref(), Some("/users/{id}"));
        assert_eq!(found(&table, "/users/me").as_deref(), Some("/users/me"));
        assert_eq!(found(&table, "/files/a/b").as_deref(), Some("/files/{*path}"));
        assert_eq!(found(&table, "/users/7/8"), None);
        assert_eq!(found(&table, ""), None);
    }

    #[test]
    fn what_a_guest_declares_is_bounded_and_harmless() {
        let long = format!("/{}", "x".repeat(LONGEST));
        let table = table(&["/a", "/a", "/{", &long, "/b/{one}", "/b/{two}", "/c"]);

        let indices = ["/a", "/b/1", "/c"].map(|path| table.find(path).map(|route| route.index));
        assert_eq!(indices, [Some(0), Some(1), Some(2)]);
        assert_eq!(found(&table, &long), None);
        let many = RouteTable::new(3, (0..5000).map(|number| format!("/{number}")));
        assert_eq!(many.find("/0").map(|route| route.index), Some(3));
        assert_eq!(many.find("/1020").map(|route| route.index), Some(MOST_ROUTES - 1));
        assert!(many.find("/1021").is_none());
    }

    #[test]
    fn the_first_instance_declares_and_the_base_path_comes_first() {
        let routes = DeclaredRoutes::new("/api", Some("/health"));
        assert!(routes.find("/api/a").is_none());

        routes.declare(vec!["/a".to_owned()]);
        routes.declare(vec!["/b".to_owned()]);

        let pattern = |path| routes.find(path).map(|route| route.pattern.to_string());
        assert_eq!(pattern("/api/a").as_deref(), Some("/api/a"));
        assert_eq!(pattern("/health").as_deref(), Some("/health"));
        assert_eq!((pattern("/api/b"), pattern("/a")), (None, None));
    }
}

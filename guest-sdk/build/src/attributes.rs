//! Attributes that authors set on what is generated for services.
//! Deliberately matches paths as prost does it for messages.

/// What an attribute is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Module,
    Trait,
    Server,
    ClientModule,
    Client,
}

/// Attributes with the services that they are for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes(Vec<(Target, String, String)>);

impl Attributes {
    pub(crate) fn add(&mut self, target: Target, path: &str, attribute: &str) {
        self.0.push((target, path.to_owned(), attribute.to_owned()));
    }

    /// Those for `service`, given by its full name.
    pub(crate) fn of(&self, target: Target, service: &str) -> impl Iterator<Item = &str> {
        let matching =
            self.0.iter().filter(move |(it, path, _)| *it == target && matches(path, service));
        matching.map(|(_, _, attribute)| &**attribute)
    }
}

/// Whether `path` is a package or service that `service` is or is in, with a dot at its beginning, or the end
/// of its name.
fn matches(path: &str, service: &str) -> bool {
    let rest = match path.strip_prefix('.') {
        Some("") => return true,
        Some(begin) => service.strip_prefix(begin).map(|rest| rest.starts_with('.')),
        None => service.strip_suffix(path).map(|rest| rest.ends_with('.')),
    };
    path.trim_start_matches('.') == service || rest == Some(true)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn paths_match_whole_names_at_the_beginning_or_the_end() {
        for path in
            [".", ".shop", ".shop.v1", ".shop.v1.Store", "Store", "v1.Store", "shop.v1.Store"]
        {
            assert!(matches(path, "shop.v1.Store"), "{path}");
        }
        for path in
            ["", ".sho", ".v1", ".shop.v1.Stor", "tore", "shop", "1.Store", ".shop.v1.Store.X"]
        {
            assert!(!matches(path, "shop.v1.Store"), "{path}");
        }
    }
}

//! A service at a glance, as aligned text or as JSON.
//!
//! Does not know where the facts come from.

use std::fmt;

use serde::Serialize;

use crate::definition::client::Protocol;
use crate::definition::{
    Catalogue, Client, Definition, Effective, Feature, FeatureSource, Kind, Stage,
};
use crate::engine::{Service, Surface};
use crate::text::harmless;

#[derive(Debug, Serialize)]
pub(super) struct Overview<'a> {
    name: &'a str,
    version: &'a str,
    product: &'a str,
    language: &'a str,
    path: String,
    component: Component<'a>,
    kinds: Vec<KindOverview>,
    /// Those that are enabled, in the order in which they start.
    features: Vec<FeatureOverview<'a>>,
    clients: Vec<ClientOverview<'a>>,
    settings: &'a [Effective],
}

#[derive(Debug, Serialize)]
struct Component<'a> {
    path: String,
    /// In alphabetical order: that of the component depends on how it was linked. `None`: there is no component
    /// that can be read.
    exports: Option<Vec<String>>,
    imports: Option<Vec<String>>,
    /// The gRPC services that it declares.
    services: Option<&'a [Service]>,
}

#[derive(Debug, Serialize)]
struct KindOverview {
    kind: &'static str,
    /// `None`: the kind does not listen. 0: any free port.
    port: Option<u16>,
    tls: bool,
}

#[derive(Debug, Serialize)]
struct FeatureOverview<'a> {
    feature: &'a str,
    stage: &'static str,
    /// `None`: it is a part of this host.
    component: Option<String>,
}

#[derive(Debug, Serialize)]
struct ClientOverview<'a> {
    client: &'a str,
    protocol: Protocol,
    /// Host and port.
    address: String,
    tls: bool,
    /// Whether its service runs in the same process, so that address and TLS do not count.
    in_process: bool,
}

impl<'a> Overview<'a> {
    /// `all`: the services of the process.
    pub(super) fn new(
        (definition, all): (&'a Definition, &[Definition]),
        catalogue: &Catalogue,
        surface: Option<&'a Surface>,
    ) -> Self {
        let identity = &definition.identity;
        Self {
            name: &identity.name,
            version: &identity.version,
            product: &identity.product,
            language: &identity.language,
            path: definition.path.display().to_string(),
            component: Component {
                path: definition.host.component.display().to_string(),
                exports: surface.map(|surface| sorted(&surface.exports)),
                imports: surface.map(|surface| sorted(&surface.imports)),
                services: surface
                    .and_then(|surface| surface.services.as_ref().ok())
                    .map(|declared| declared.services.as_slice()),
            },
            kinds: {
                let kinds = definition.kinds.iter();
                kinds.map(|kind| KindOverview::new(definition, kind)).collect()
            },
            features: definition
                .features
                .iter()
                .filter(|feature| feature.is_enabled)
                .map(|feature| FeatureOverview::new(feature, catalogue))
                .collect(),
            clients: definition
                .clients
                .iter()
                .map(|client| ClientOverview::new(client, all))
                .collect(),
            settings: definition.explain(),
        }
    }
}

impl KindOverview {
    fn new(definition: &Definition, kind: &Kind) -> Self {
        let port = kind.port().map(|port| port.number);
        Self { kind: kind.name(), port, tls: definition.tls(kind).is_some() }
    }
}

impl<'a> ClientOverview<'a> {
    fn new(client: &'a Client, all: &[Definition]) -> Self {
        let (protocol, address) = (client.protocol, client.authority());
        let in_process = all.iter().any(|service| client.is_served_by(service));
        Self { client: &client.name, protocol, address, tls: client.tls.is_some(), in_process }
    }
}

impl<'a> FeatureOverview<'a> {
    fn new(feature: &'a Feature, catalogue: &Catalogue) -> Self {
        let entry = catalogue.features.iter().find(|entry| entry.name == feature.name);
        let (stage, component) = match &feature.source {
            FeatureSource::Component(component) => {
                (component.stage, Some(component.component.display().to_string()))
            }
            FeatureSource::Native(_) | FeatureSource::Absent => {
                let own = entry.map_or(Stage::Adapt, |entry| entry.stage);
                (feature.stage.unwrap_or(own), None)
            }
        };
        Self { feature: &feature.name, stage: stage.as_str(), component }
    }
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

impl fmt::Display for Overview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = ["unknown".to_owned()];
        let kinds = self.kinds.iter().map(KindOverview::to_string).collect::<Vec<_>>();
        let methods: Vec<_> =
            self.component.services.iter().copied().flatten().flat_map(Service::lines).collect();
        for (label, lines) in [
            ("service", &[format!("{} {}", self.name, self.version)][..]),
            ("product", &[self.product.to_owned()]),
            ("language", &[self.language.to_owned()]),
            ("definition", std::slice::from_ref(&self.path)),
            ("component", std::slice::from_ref(&self.component.path)),
            ("kinds", &kinds),
            ("exports", self.component.exports.as_deref().unwrap_or(&unknown)),
            ("imports", self.component.imports.as_deref().unwrap_or(&unknown)),
        ] {
            write_block(f, label, lines)?;
        }
        let features = self.features.iter().map(FeatureOverview::to_string).collect::<Vec<_>>();
        if !features.is_empty() {
            write_block(f, "features", &features)?;
        }
        let clients = self.clients.iter().map(ClientOverview::to_string).collect::<Vec<_>>();
        if !clients.is_empty() {
            write_block(f, "clients", &clients)?;
        }
        if !methods.is_empty() {
            write_block(f, "methods", &methods)?;
        }
        writeln!(f)?;
        write_settings(f, self.settings)
    }
}

impl fmt::Display for KindOverview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls { " with TLS" } else { "" };
        match self.port {
            Some(0) => write!(f, "{} on any free port{tls}", self.kind),
            Some(port) => write!(f, "{} on port {port}{tls}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

impl fmt::Display for FeatureOverview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at stage {}, ", self.feature, self.stage)?;
        match &self.component {
            Some(component) => write!(f, "component {component}"),
            None => write!(f, "native"),
        }
    }
}

impl fmt::Display for ClientOverview<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, protocol, address, tls, in_process } = self;
        if *in_process {
            return write!(f, "{client} in this process, {}", protocol.as_str());
        }
        let tls = if *tls { " with TLS" } else { "" };
        write!(f, "{client} at {address}, {}{tls}", protocol.as_str())
    }
}

/// A label beside its lines; `none` when there are none.
fn write_block(f: &mut fmt::Formatter<'_>, label: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return writeln!(f, "{label:<10}  none");
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    for (label, line) in labels.zip(lines) {
        writeln!(f, "{label:<10}  {}", harmless(line))?;
    }
    Ok(())
}

fn write_settings(f: &mut fmt::Formatter<'_>, settings: &[Effective]) -> fmt::Result {
    let heading = ["setting", "value", "from"].map(str::to_owned);
    let rows =
        settings.iter().map(|one| [one.key.clone(), harmless(&one.value), one.origin.to_string()]);
    let rows = std::iter::once(heading).chain(rows).collect::<Vec<_>>();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (keys, values) = (width(0), width(1));
    for [key, value, origin] in &rows {
        writeln!(f, "{key:<keys$}  {value:<values$}  {origin}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The order in which features start: each after those that it needs.
//!
//! Does not know where they say what they need.

use super::super::document::{Place, spelled};
use super::super::indirection::quoted;
use super::super::reader::{Reader, Section};
use super::super::suggestion::did_you_mean;
use super::super::{Feature, FeatureSource};
use super::needs;

/// Those that are enabled, sorted; then the others.
///
/// `section` is the table that they are in.
pub(super) fn sorted(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    features: Vec<(Feature, Place)>,
) -> Vec<Feature> {
    let (enabled, disabled): (Vec<_>, Vec<_>) =
        features.into_iter().partition(|(feature, _)| feature.is_enabled);
    note_absent_needs(reader, section, &enabled, &disabled);
    let graph = graph(reader, &enabled);
    for cycle in cycles(&graph) {
        note_cycle(reader, &enabled, &cycle);
    }
    let order = order(&graph);
    let mut enabled: Vec<_> = enabled.into_iter().map(Some).collect();
    let started = order.into_iter().filter_map(|index| enabled[index].take());
    started.chain(disabled).map(|(feature, _)| feature).collect()
}

/// For each feature the indices of those that it needs.
type Graph = Vec<Vec<usize>>;

fn graph(reader: &Reader<'_>, enabled: &[(Feature, Place)]) -> Graph {
    let index = |name: &str| enabled.iter().position(|(feature, _)| feature.name == name);
    let indices = |feature| needs(reader, feature).into_iter().filter_map(index).collect();
    enabled.iter().map(|(feature, _)| indices(feature)).collect()
}

/// Always the first that is ready. What waits in a cycle comes last.
pub(super) fn order(graph: &[Vec<usize>]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut waiting: Vec<usize> = (0..graph.len()).collect();
    loop {
        let is_ready = |index: &usize| graph[*index].iter().all(|need| order.contains(need));
        let Some(next) = waiting.iter().position(is_ready) else { break };
        order.push(waiting.remove(next));
    }
    order.extend(waiting);
    order
}

/// Ways that lead from a feature back to itself: one for each feature that is on none of those before.
pub(super) fn cycles(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut cycles: Vec<Vec<usize>> = Vec::new();
    for start in 0..graph.len() {
        if cycles.iter().flatten().any(|known| *known == start) {
            continue;
        }
        cycles.extend(way_back(graph, start));
    }
    cycles
}

/// The shortest way from a feature to itself.
fn way_back(graph: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = vec![false; graph.len()];
    while let Some(way) = ways.pop_front() {
        for need in way.last().into_iter().flat_map(|last| &graph[*last]) {
            if *need == start {
                return Some(way);
            }
            if !std::mem::replace(&mut seen[*need], true) {
                ways.push_back(way.iter().copied().chain([*need]).collect());
            }
        }
    }
    None
}

fn note_cycle(reader: &mut Reader<'_>, enabled: &[(Feature, Place)], cycle: &[usize]) {
    let names: Vec<_> = cycle.iter().map(|index| quoted(&enabled[*index].0.name)).collect();
    let Some((first, others)) = names.split_first() else { return };
    let (message, help) = match others {
        [] => (format!("feature {first} needs itself"), "remove it from its `needs`".to_owned()),
        _ => (
            format!("features need each other in a circle: {}, {first}", names.join(", ")),
            "remove one of them from the `needs` of the one before".to_owned(),
        ),
    };
    reader.problem(enabled[cycle[0]].1, message, Some(help));
}

/// Where a feature says that it needs another one; `None`: the host says so.
fn place_of_need(section: &Section<'_>, feature: &str, need: &str) -> Option<Place> {
    let needs = section.section_as(feature, "*").value("needs")?.get_ref().as_array()?;
    needs.iter().find(|item| item.get_ref().as_str() == Some(need)).map(Place::of)
}

fn note_absent_needs(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    enabled: &[(Feature, Place)],
    disabled: &[(Feature, Place)],
) {
    let is_in = |list: &[(Feature, Place)], name: &str| list.iter().any(|one| one.0.name == name);
    for (feature, place) in enabled {
        for need in needs(reader, feature) {
            if is_in(enabled, need) {
                continue;
            }
            let known = reader.catalogue().features.iter().map(|entry| entry.name);
            let (state, help) = if is_in(disabled, need) {
                (
                    "is not enabled",
                    format!("write `enabled = true` in `[features.{}]`", spelled(need)),
                )
            } else if known.clone().any(|name| name == need) {
                (
                    "is not enabled",
                    format!("add `[features.{}]` with `enabled = true`", spelled(need)),
                )
            } else {
                let tables = enabled.iter().chain(disabled).map(|(other, _)| other.name.as_str());
                let others = known.chain(tables).filter(|name| *name != feature.name);
                let help = did_you_mean(need, others);
                ("does not exist", help.unwrap_or_else(|| remedy(feature, need)))
            };
            let place = place_of_need(section, &feature.name, need).unwrap_or(*place);
            let (name, need) = (quoted(&feature.name), quoted(need));
            reader.problem(
                place,
                format!("feature {name} needs {need}, which {state}"),
                Some(help),
            );
        }
    }
}

/// What to do about a need that nothing can meet.
fn remedy(feature: &Feature, need: &str) -> String {
    match feature.source {
        FeatureSource::Component(_) => "remove it from `needs`".to_owned(),
        // The file says nothing of what a feature of the host needs.
        FeatureSource::Native(_) | FeatureSource::Absent => {
            format!("add `[features.{}]` with a `component`", spelled(need))
        }
    }
}

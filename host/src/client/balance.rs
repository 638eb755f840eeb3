//! Which address a request goes to.
//!
//! Those that are connected come first, then those that may be, then those that were not to be reached a moment ago.
//! Ejected ones are left out as long as there are others.

use std::sync::Arc;

use super::endpoint::{Endpoint, Readiness};
use super::settings::LoadBalancing;

/// What one request has tried, by place in the list.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    tried: Vec<usize>,
}

impl Candidates {
    pub(super) fn are_exhausted(&self, endpoints: &[Arc<Endpoint>]) -> bool {
        self.tried.len() >= endpoints.len()
    }
}

/// One of the endpoints that were not tried. There must be one.
pub(super) fn pick<'e>(
    endpoints: &'e [Arc<Endpoint>],
    rule: LoadBalancing,
    turn: usize,
    candidates: &mut Candidates,
) -> &'e Arc<Endpoint> {
    let count = endpoints.len();
    let rank = |place: usize| {
        let endpoint = &endpoints[place];
        let load = match rule {
            LoadBalancing::RoundRobin => 0,
            LoadBalancing::LeastLoaded => endpoint.load(),
        };
        (endpoint.is_ejected(), endpoint.readiness(), load)
    };
    // Beginning with the one whose turn it is: the first of several equal ones is taken.
    let places = (0..count).map(|offset| (turn % count + offset) % count);
    let place = places
        .filter(|place| !candidates.tried.contains(place))
        .min_by_key(|&place| rank(place))
        .unwrap_or_default();
    candidates.tried.push(place);
    if rank(place).1 == Readiness::Connected {
        // Not this request's business, but the next ones profit.
        for endpoint in endpoints.iter().filter(|one| one.readiness() == Readiness::Untried) {
            endpoint.warm(false);
        }
    }
    &endpoints[place]
}

//! What a component declares of its services, as the contract has it in custom sections.
//! Deliberately computed by the compiler: a component tells it without running any code.

use super::services::Declaration;

/// How many bytes [`names`] are.
///
/// # Panics
///
/// While compiling, when a service is declared twice.
pub const fn names_length(services: &[Declaration]) -> usize {
    let (mut length, mut next) = (0, 0);
    while next < services.len() {
        let mut other = 0;
        while other < next {
            let is_same = is_equal(services[other].name.as_bytes(), services[next].name.as_bytes());
            assert!(!is_same, "`Grpc::Services` names a service twice; remove one");
            other += 1;
        }
        length += services[next].name.len() + 1;
        next += 1;
    }
    length
}

/// The full names of the services, a line for each.
pub const fn names<const LENGTH: usize>(services: &[Declaration]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (mut start, mut next) = (0, 0);
    while next < services.len() {
        start = append(&mut bytes, start, services[next].name.as_bytes());
        start = append(&mut bytes, start, b"\n");
        next += 1;
    }
    bytes
}

/// How many bytes [`descriptors`] are.
pub const fn descriptors_length(services: &[Declaration]) -> usize {
    let (mut length, mut next) = (0, 0);
    while next < services.len() {
        length += services[next].descriptors.len();
        next += 1;
    }
    length
}

/// The descriptors of the services: protobuf messages that follow each other are one, with the
/// fields of all.
pub const fn descriptors<const LENGTH: usize>(services: &[Declaration]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (mut start, mut next) = (0, 0);
    while next < services.len() {
        start = append(&mut bytes, start, services[next].descriptors);
        next += 1;
    }
    bytes
}

/// Writes `part` to where `start` is and returns where it ends.
const fn append(bytes: &mut [u8], start: usize, part: &[u8]) -> usize {
    let (_, rest) = bytes.split_at_mut(start);
    let (target, _) = rest.split_at_mut(part.len());
    target.copy_from_slice(part);
    start + part.len()
}

const fn is_equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut next = 0;
    while next < left.len() {
        if left[next] != right[next] {
            return false;
        }
        next += 1;
    }
    true
}

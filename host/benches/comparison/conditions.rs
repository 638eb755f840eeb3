//! What a reader of figures has to know first: where they were measured, and for how long.
//!
//! Does not know of what.

use super::processors::Processors;
use super::rounds::Extent;

/// Says where it is measured and for how long.
pub(crate) fn tell(extent: &Extent, processors: &Processors, quick: bool) {
    let Extent { rounds, turn } = extent;
    let Processors { server, client } = processors;
    let turn = humantime::format_duration(*turn);
    println!("{rounds} rounds of {turn} each, servers on CPU {server}, client on CPU {client}");
    if processors.are_shared() {
        println!("there is one CPU only: client and servers compete, the figures mean nothing");
    }
    if quick {
        println!("`--quick`: this shows that the benchmark works, the figures mean nothing");
    }
}

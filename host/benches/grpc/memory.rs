//! How much memory a server occupies, now and at most. In MiB, all pages that are in memory.
//!
//! Does not know what it uses it for.

use std::fs;
use std::io;

use super::process;

/// Makes the kernel forget how much it was at most.
const FORGET_PEAK: &str = "5";

/// How much it is now.
pub(crate) fn resident(process: u32) -> io::Result<f64> {
    process::memory(process, "status", ["VmRSS:"]).map(|[resident]| resident)
}

/// How much it was at most since [`forget_peak`].
pub(crate) fn peak(process: u32) -> io::Result<f64> {
    process::memory(process, "status", ["VmHWM:"]).map(|[peak]| peak)
}

/// Begins to watch for the highest; the result is how much it is now.
pub(crate) fn forget_peak(process: u32) -> io::Result<f64> {
    fs::write(format!("/proc/{process}/clear_refs"), FORGET_PEAK)?;
    resident(process)
}

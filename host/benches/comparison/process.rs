//! What the kernel knows of a process: time it used, memory it occupies.
//!
//! Does not know what the process does.

use std::fs;
use std::io;
use std::time::Duration;

/// How long all threads of a process have used a processor.
pub(crate) fn time(process: u32) -> io::Result<Duration> {
    let mut time = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let schedule = fs::read_to_string(task?.path().join("schedstat"))?;
        let nanoseconds = schedule.split(' ').next().and_then(|first| first.parse().ok());
        let nanoseconds =
            nanoseconds.ok_or_else(|| io::Error::other("`schedstat` has no number"))?;
        time += Duration::from_nanos(nanoseconds);
    }
    Ok(time)
}

/// Fields such as `Rss:` of a file such as `smaps_rollup`, in MiB.
pub(crate) fn memory<const COUNT: usize>(
    process: u32,
    file: &str,
    fields: [&str; COUNT],
) -> io::Result<[f64; COUNT]> {
    let text = fs::read_to_string(format!("/proc/{process}/{file}"))?;
    let mut memory = [0.0; COUNT];
    for (memory, field) in memory.iter_mut().zip(fields) {
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u32>().ok());
        *memory = kibibytes
            .map(|kibibytes| f64::from(kibibytes) / 1024.0)
            .ok_or_else(|| io::Error::other(format!("`{file}` has no `{field}`")))?;
    }
    Ok(memory)
}

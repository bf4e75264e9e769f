//! What the system knows of a running process; nothing where there is no /proc.

use std::{collections::BTreeMap, ffi::OsString, fs, time::Duration};

/// CPU time so far, in seconds.
pub fn cpu_of(pid: u32) -> f64 {
    ticks(&pid.to_string(), 11)
}

/// CPU time of every process that this one started and waited for, in seconds.
pub fn cpu_of_ended() -> f64 {
    ticks("self", 13)
}

/// What stands in two neighbouring fields behind a process's name, in seconds.
fn ticks(process: &str, at: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(at).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// What one thread has had of the machine so far.
#[derive(Clone, Copy, Default)]
pub struct Thread {
    pub wakes: u64,
    /// To the nanosecond, where `cpu_of` counts hundredths of a second.
    pub cpu: Duration,
}

/// Each of its threads, by number.
pub fn threads_of(pid: u32) -> BTreeMap<OsString, Thread> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return BTreeMap::new() };
    let thread = |thread: fs::DirEntry| {
        let read = |file| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let (status, schedule) = (read("status"), read("schedstat"));
        let wakes = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
        let cpu = schedule.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        let cpu = Duration::from_nanos(cpu.unwrap_or_default());
        (thread.file_name(), Thread { wakes: wakes.unwrap_or_default(), cpu })
    };
    threads.flatten().map(thread).collect()
}

/// Bytes that it holds in memory.
pub fn resident(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// The most bytes that it has held in memory at a time.
pub fn peak(pid: u32) -> u64 {
    noted(pid, "VmHWM:")
}

/// Bytes in memory that are its own alone: not the pages of its program, which the system keeps for every process.
pub fn own(pid: u32) -> u64 {
    noted(pid, "RssAnon:")
}

fn noted(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

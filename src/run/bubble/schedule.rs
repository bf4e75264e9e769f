//! Greedy list scheduling: whenever an agent is free, it takes the first job whose dependencies are done. Not the best
//! schedule there is, which is hard to find; at most twice as long as that (Graham 1966).

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

/// Work that one agent does in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Milliseconds.
    pub ms: u64,
    /// Places of the jobs that it waits for; later places than its own are passed over.
    pub after: Vec<usize>,
}

/// How long the jobs take so many agents, in milliseconds. Jobs stand in the order in which they are taken.
#[must_use]
pub fn schedule(jobs: &[Job], agents: usize) -> u64 {
    let mut waits: Vec<usize> = Vec::with_capacity(jobs.len());
    let mut next: Vec<Vec<usize>> = vec![vec![]; jobs.len()];
    for (at, job) in jobs.iter().enumerate() {
        let after: BTreeSet<usize> = job.after.iter().copied().filter(|before| *before < at).collect();
        waits.push(after.len());
        after.into_iter().for_each(|before| next[before].push(at));
    }
    let mut ready: BTreeSet<usize> = (0..jobs.len()).filter(|at| waits[*at] == 0).collect();
    let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let (mut now, mut free) = (0, agents.max(1));
    loop {
        while free > 0
            && let Some(at) = ready.pop_first()
        {
            free -= 1;
            busy.push(Reverse((now + jobs[at].ms, at)));
        }
        let Some(Reverse((end, at))) = busy.pop() else { return now };
        (now, free) = (end, free + 1);
        for later in &next[at] {
            waits[*later] -= 1;
            if waits[*later] == 0 {
                ready.insert(*later);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(ms: u64, after: &[usize]) -> Job {
        Job { ms, after: after.to_vec() }
    }

    #[test]
    fn independent_jobs_are_spread_over_the_agents() {
        let jobs = [job(30, &[]), job(20, &[]), job(20, &[]), job(10, &[])];
        assert_eq!(schedule(&jobs, 1), 80);
        // One does 30 and 10, the other 20 and 20.
        assert_eq!(schedule(&jobs, 2), 40);
        assert_eq!(schedule(&jobs, 4), 30);
        assert_eq!(schedule(&jobs, 64), 30);
        assert_eq!(schedule(&[], 3), 0);
    }

    #[test]
    fn dependencies_are_kept() {
        // A diamond: 10, then 20 beside 30, then 5.
        let jobs = [job(10, &[]), job(20, &[0]), job(30, &[0]), job(5, &[1, 2])];
        assert_eq!(schedule(&jobs, 2), 45);
        assert_eq!(schedule(&jobs, 1), 65);
        // A chain gains nothing from company.
        let chain = [job(10, &[]), job(10, &[0]), job(10, &[1])];
        assert_eq!(schedule(&chain, 8), 30);
    }

    #[test]
    fn it_is_greedy_and_says_no_better() {
        // Taken in order, the long one comes last: 10 and 10, then 20. The best would be 20.
        let jobs = [job(10, &[]), job(10, &[]), job(20, &[])];
        assert_eq!(schedule(&jobs, 2), 30);
    }

    #[test]
    fn what_waits_for_itself_or_for_later_jobs_is_not_waited_for() {
        assert_eq!(schedule(&[job(10, &[0, 1, 7]), job(5, &[0, 0])], 2), 15);
    }
}

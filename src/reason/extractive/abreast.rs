//! Work on all cores at once. Results come in the order of what they are of, whoever was faster; a panic goes on in the
//! caller.

use std::{
    num::NonZero,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Does `work` to each of the things. Every thread makes itself a `bench`, which it takes along from one to the next.
pub fn abreast<T: Sync, B, R: Send>(
    things: &[T],
    bench: impl Fn() -> B + Sync,
    work: impl Fn(&mut B, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut bench = bench();
        let mut done: Vec<(usize, R)> = Vec::new();
        while let Some((at, thing)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, things.get(at)?)))
        {
            done.push((at, work(&mut bench, thing)));
        }
        done
    };
    let threads = cores().min(things.len());
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Does two things at once, one after the other where there is one core.
pub fn both<A, B: Send>(here: impl FnOnce() -> A, beside: impl FnOnce() -> B + Send) -> (A, B) {
    if cores() == 1 {
        return (here(), beside());
    }
    thread::scope(|scope| {
        let beside = scope.spawn(beside);
        (here(), beside.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<usize> = (0..1_000).collect();
        let doubled = abreast(&things, || (), |(), thing| thing * 2);
        assert!(doubled.iter().copied().eq((0..1_000).map(|thing| thing * 2)));
        assert_eq!(abreast(&[], || (), |(), thing: &usize| *thing), [0; 0]);
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}

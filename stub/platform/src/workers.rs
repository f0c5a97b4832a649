//! Work on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::host;

/// The most threads. Each one in a cold start takes about 6 MiB at most; the launcher may take 64
/// MiB.
const MAX_WORKERS: usize = 6;

/// Runs `work` on every item, on several threads, until the first error, which it returns. Each
/// thread has its own state.
pub fn run_all<T: Sync, S: Default, E: Send>(
    items: &[T],
    work: impl Fn(&mut S, &T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let worker = || {
        let mut state = S::default();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(&mut state, item) {
                next.store(items.len(), Ordering::Relaxed);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    on_threads(items.len(), &worker);
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Runs `worker` on this thread and on others, at most on `most`. Not generic, since each instance would bring
/// the code that starts threads.
fn on_threads(most: usize, worker: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 1..host::processors().min(MAX_WORKERS).min(most) {
            // If the system refuses another thread, the existing ones do all the work.
            if std::thread::Builder::new().spawn_scoped(scope, worker).is_err() {
                break;
            }
        }
        worker();
    });
}

/// Runs `work` on every item, on several threads, and returns the results in the order of the
/// items.
pub fn map_all<T: Sync, R: Send + Sync, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let slots: Vec<_> = items.iter().map(|item| (item, OnceLock::new())).collect();
    run_all(&slots, |(), (item, slot)| {
        let _ = slot.set(work(item)?);
        Ok(())
    })?;
    Ok(slots.into_iter().filter_map(|(_, slot)| slot.into_inner()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1000).collect();
        let doubled = map_all(&items, |item| Ok::<_, ()>(item * 2)).unwrap();
        assert!(doubled.iter().enumerate().all(|(index, value)| *value as usize == index * 2));
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let items: Vec<u32> = (0..10_000).collect();
        let done = AtomicUsize::new(0);
        let result = run_all(&items, |(), item| {
            done.fetch_add(1, Ordering::Relaxed);
            if *item == 3 { Err(*item) } else { Ok(()) }
        });
        assert_eq!(result, Err(3));
        assert!(done.into_inner() < items.len());
    }
}

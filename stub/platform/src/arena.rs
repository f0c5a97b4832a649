//! The launcher's allocator. A warm start needs a few kilobytes and never has to free them. The C
//! library's allocator would put each size on a page of its own, and a page fault costs as much as
//! five calls of `stat`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The size of the arena in bytes: enough for a warm start with its buffer for the launch plan.
/// Pages that are never touched cost nothing.
const LENGTH: usize = 64 << 10;

/// Memory that is handed out in order and never freed. When it is used up, the C library's
/// allocator takes over.
pub struct Arena {
    memory: Memory,
    used: AtomicUsize,
}

#[repr(align(4096))]
struct Memory(UnsafeCell<[u8; LENGTH]>);

// SAFETY: each byte is handed out once, by an atomic counter.
unsafe impl Sync for Arena {}

impl Arena {
    /// An empty arena.
    #[allow(clippy::new_without_default, clippy::large_stack_arrays, reason = "it is a static")]
    pub const fn new() -> Self {
        Self { memory: Memory(UnsafeCell::new([0; LENGTH])), used: AtomicUsize::new(0) }
    }

    fn start(&self) -> *mut u8 {
        self.memory.0.get().cast()
    }

    /// The pointer's offset in the arena; `None` if it points elsewhere.
    fn offset(&self, pointer: *mut u8) -> Option<usize> {
        let offset = (pointer as usize).wrapping_sub(self.start() as usize);
        (offset < LENGTH).then_some(offset)
    }

    /// Takes a new piece of the arena, which is zero because it was never used; `None` if the arena
    /// is too full.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let start = used.next_multiple_of(layout.align());
            let end = start.checked_add(layout.size()).filter(|end| *end <= LENGTH)?;
            let order = Ordering::Relaxed;
            match self.used.compare_exchange_weak(used, end, order, order) {
                // SAFETY: `start` is inside.
                Ok(_) => return Some(unsafe { self.start().add(start) }),
                Err(now) => used = now,
            }
        }
    }

    /// Makes a piece longer where it is, if it is the newest one. Returns whether it did.
    fn extend(&self, offset: usize, old: usize, new: usize) -> bool {
        let (end, order) = (offset + old, Ordering::Relaxed);
        offset.checked_add(new).is_some_and(|longer| {
            longer >= end
                && longer <= LENGTH
                && self.used.compare_exchange(end, longer, order, order).is_ok()
        })
    }
}

// SAFETY: pieces of the arena are aligned, inside it and disjoint; all others are `System`'s.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if self.offset(pointer).is_none() {
            // SAFETY: not in the arena, so it is `System`'s.
            unsafe { System.dealloc(pointer, layout) }
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(offset) = self.offset(pointer) else {
            // SAFETY: not in the arena, so it is `System`'s.
            return unsafe { System.realloc(pointer, layout, size) };
        };
        if size <= layout.size() || self.extend(offset, layout.size(), size) {
            return pointer;
        }
        // SAFETY: the caller promises that `size` is such that this is a layout.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as the caller promises; the new piece is another, and longer.
        unsafe {
            let to = self.alloc(new);
            if !to.is_null() {
                std::ptr::copy_nonoverlapping(pointer, to, layout.size());
            }
            to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn pieces_are_aligned_disjoint_and_zero() {
        static ARENA: Arena = Arena::new();
        let arena = &ARENA;
        let mut end = arena.start() as usize;
        for (size, align) in [(3, 1), (8, 8), (1, 1), (64, 64), (5, 2), (4096, 4096)] {
            let piece = arena.take(layout(size, align)).unwrap();
            assert!((piece as usize).is_multiple_of(align) && piece as usize >= end);
            end = piece as usize + size;
            // SAFETY: the piece is ours and has that length.
            let bytes = unsafe { std::slice::from_raw_parts_mut(piece, size) };
            assert!(bytes.iter().all(|byte| *byte == 0));
            bytes.fill(1);
        }
    }

    #[test]
    fn the_newest_piece_grows_where_it_is_and_others_move() {
        static ARENA: Arena = Arena::new();
        let arena = &ARENA;
        // SAFETY: each pointer is used with its own layout.
        unsafe {
            let first = arena.alloc(layout(4, 1));
            first.copy_from(b"abcd".as_ptr(), 4);
            assert_eq!(arena.realloc(first, layout(4, 1), 8), first);
            arena.alloc(layout(1, 1));
            let moved = arena.realloc(first, layout(8, 1), 16);
            assert_ne!(moved, first);
            assert_eq!(std::slice::from_raw_parts(moved, 4), b"abcd");
        }
    }

    #[test]
    fn long_pieces_belong_to_the_c_library_from_birth_to_death() {
        static ARENA: Arena = Arena::new();
        let arena = &ARENA;
        // SAFETY: each pointer is used with its own layout.
        unsafe {
            let long = arena.alloc_zeroed(layout(LENGTH + 1, 8));
            assert!(arena.offset(long).is_none() && *long.add(LENGTH) == 0);
            let longer = arena.realloc(long, layout(LENGTH + 1, 8), 2 * LENGTH);
            arena.dealloc(longer, layout(2 * LENGTH, 8));
            let inside = arena.alloc(layout(LENGTH - 8, 8));
            assert_eq!(arena.offset(inside), Some(0));
            let outside = arena.realloc(inside, layout(LENGTH - 8, 8), LENGTH + 8);
            assert!(arena.offset(outside).is_none());
            arena.dealloc(inside, layout(LENGTH - 8, 8));
            arena.dealloc(outside, layout(LENGTH + 8, 8));
        }
    }
}

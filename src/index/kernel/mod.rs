//! Comparing a block of codes with a group of queries: one implementation for each instruction set, chosen at run time.
//!
//! All of them answer alike. Codes are compared eight at a time (a *group*). In `Order::Rows` the codes of a group lie
//! one after another as they do on disk; in `Order::Words` the first words of the eight come first, then their second
//! words, and so on, so that a register holds one word of each code and popcounts add up without a shuffle. For codes of
//! one word the two are the same. A block that many queries look at is brought into the second order once.
//!
//! Unsafe code of the index is in this folder alone: loads through pointers, and calls of functions that need an
//! instruction set, each behind the check that the machine has it.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use std::ops::Range;
use std::sync::OnceLock;

use super::select::Selection;

/// Codes that are compared at once.
pub(super) const GROUP: usize = 8;

/// Names the kernel to use: `avx512`, `avx2`, `neon` or `portable`. For tests and measurements.
pub const KERNEL_VARIABLE: &str = "SOUNDALIKE_KERNEL";

/// An implementation that this machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

/// How the words of a group of codes lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Rows,
    Words,
}

/// Which rows the codes of a block are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows<'a> {
    From(u32),
    List(&'a [u32]),
}

/// Whole groups of codes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub words: &'a [u64],
    pub order: Order,
    /// Which codes may be found, a byte for each group, the first code in bit 0. Without it, all.
    pub allowed: Option<&'a [u8]>,
    pub rows: Rows<'a>,
}

/// Which entries of a table are wanted: those that differ from `tag` in at most `reach` bits, but for the bits of their
/// first word that are the row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub tag: [u64; 2],
    pub row_mask: u64,
    pub reach: u32,
    /// How many, with those that were found before, are so many that it is worth looking at them first.
    pub enough: usize,
}

impl Kernel {
    /// The one to use on this machine: the fastest, or the one that [`KERNEL_VARIABLE`] names.
    pub fn chosen() -> Self {
        static CHOSEN: OnceLock<Kernel> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let available = Self::available();
            let Some(name) = std::env::var_os(KERNEL_VARIABLE) else { return available[0] };
            available.iter().copied().find(|kernel| name == kernel.name()).unwrap_or_else(|| {
                tracing::warn!(
                    "{KERNEL_VARIABLE} names {name:?}, which this machine has not; using {}",
                    available[0].name()
                );
                available[0]
            })
        })
    }

    /// Those that this machine can run, fastest first.
    pub fn available() -> Vec<Self> {
        let mut kernels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt");
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq") && avx2 {
                kernels.push(Self(Set::Avx512));
            }
            if avx2 {
                kernels.push(Self(Set::Avx2));
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            kernels.push(Self(Set::Neon));
        }
        kernels.push(Self(Set::Portable));
        kernels
    }

    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "neon",
            Set::Portable => "portable",
        }
    }

    /// What comparing a code of so many words with one of many queries takes, in nanoseconds: between what was measured on a
    /// Zen 4 core and on a Zen 5, which takes two thirds of it. A constant, so that the same codes give the same index.
    pub(super) fn code_nanos(self, words: usize) -> f32 {
        let words = words as f32;
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => 0.04 + 0.03 * words,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => 0.22 * words,
            #[cfg(target_arch = "aarch64")]
            Set::Neon => 0.5 * words,
            Set::Portable => 1.5 * words,
        }
    }

    /// Offers each selection the codes of the block that are nearer to its query than its limit.
    ///
    /// # Panics
    /// Where the block is not whole groups of `W` words a code, or queries and selections are not as many.
    pub(super) fn scan<const W: usize>(self, block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
        let groups = block.words.len() / (W * GROUP);
        assert_eq!(block.words.len(), groups * W * GROUP, "whole groups of codes");
        assert_eq!(queries.len(), selections.len(), "a selection for each query");
        assert!(block.allowed.is_none_or(|allowed| allowed.len() == groups), "a byte for each group");
        match self.0 {
            // SAFETY: `available` makes this value only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512::scan(block, queries, selections) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::scan(block, queries, selections) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon::scan(block, queries, selections) },
            Set::Portable => portable::scan(block, queries, selections),
        }
    }

    /// The distance of `query` to each of `codes`.
    pub(super) fn distances<const W: usize>(self, codes: &[[u64; W]], query: &[u64; W], out: &mut Vec<u16>) {
        match self.0 {
            // SAFETY: `available` makes this value only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512::distances(codes, query, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::distances(codes, query, out) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => portable::distances(codes, query, out),
            Set::Portable => portable::distances(codes, query, out),
        }
    }

    /// Ones of all words together.
    pub(super) fn count_ones(self, words: &[u64]) -> usize {
        match self.0 {
            // SAFETY: `available` makes these values only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 | Set::Avx2 => unsafe { avx2::count_ones(words) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => portable::count_ones(words),
            Set::Portable => portable::count_ones(words),
        }
    }

    /// Appends, of the entries in `ranges` that are wanted, in how many bits the tag differs (upper half) and the row (lower). An
    /// entry has so many words, 1 or 2. Where there are enough it leaves off, and gives the number of the range that is to be
    /// gone on with, from where it then starts.
    ///
    /// # Panics
    /// Where a range is not among the entries.
    pub(super) fn entries_within(
        self,
        entries: &[u64],
        words: usize,
        ranges: &mut [Range<u32>],
        wanted: Wanted,
        out: &mut Vec<u64>,
    ) -> usize {
        match words {
            1 => self.entries_within_by::<1>(entries.as_chunks().0, ranges, wanted, out),
            _ => self.entries_within_by::<2>(entries.as_chunks().0, ranges, wanted, out),
        }
    }

    fn entries_within_by<const E: usize>(
        self,
        entries: &[[u64; E]],
        ranges: &mut [Range<u32>],
        wanted: Wanted,
        out: &mut Vec<u64>,
    ) -> usize {
        match self.0 {
            // SAFETY: `available` makes this value only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512::entries_within(entries, ranges, wanted, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2::entries_within(entries, ranges, wanted, out) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => portable::entries_within(entries, ranges, wanted, out),
            Set::Portable => portable::entries_within(entries, ranges, wanted, out),
        }
    }

    /// Replaces buckets that hold rows by how many before them do so. A word of the directory tells of 32 buckets which hold
    /// rows (lower half), and how many before these do (upper).
    ///
    /// # Panics
    /// Where the directory has no such buckets.
    pub(super) fn numbers(self, directory: &[u64], buckets: &mut [u32]) {
        match self.0 {
            // SAFETY: `available` makes these values only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 | Set::Avx2 => unsafe { avx2::numbers(directory, buckets) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => portable::numbers(directory, buckets),
            Set::Portable => portable::numbers(directory, buckets),
        }
    }

    /// Appends the distance of `query` to the codes of `rows`.
    ///
    /// # Panics
    /// Where there is no such row.
    pub(super) fn distances_of<const W: usize>(
        self,
        codes: &[[u64; W]],
        rows: &[u32],
        query: &[u64; W],
        out: &mut Vec<u16>,
    ) {
        match self.0 {
            // SAFETY: `available` makes these values only where the machine has these instructions.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 | Set::Avx2 => unsafe { avx2::distances_of(codes, rows, query, out) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon => portable::distances_of(codes, rows, query, out),
            Set::Portable => portable::distances_of(codes, rows, query, out),
        }
    }
}

impl Block<'_> {
    fn allowed(&self, group: usize) -> u8 {
        match self.allowed {
            Some(allowed) => allowed[group],
            None => u8::MAX,
        }
    }

    fn row(&self, code: usize) -> u32 {
        match self.rows {
            Rows::From(first) => first + code as u32,
            Rows::List(rows) => rows[code],
        }
    }

    /// Inlined as [`Block::admit`] is.
    #[inline(always)]
    fn distance<const W: usize>(&self, group: usize, lane: usize, query: &[u64; W]) -> u32 {
        let words = &self.words[group * W * GROUP..][..W * GROUP];
        let word = |at: usize| match self.order {
            Order::Rows => words[lane * W + at],
            Order::Words => words[at * GROUP + lane],
        };
        (0..W).map(|at| (word(at) ^ query[at]).count_ones()).sum()
    }

    /// Offers each selection the codes of a group whose bit is set in `near`: those that are near to some query. Rare, as
    /// most groups have nothing near: which query it is is found out here, not in the loops that compare.
    ///
    /// Inlined into a cold function of each kernel, where the machine's popcount counts.
    #[inline(always)]
    fn admit<const W: usize>(&self, group: usize, near: u8, queries: &[[u64; W]], selections: &mut [Selection]) {
        let mut near = near & self.allowed(group);
        while near != 0 {
            let lane = near.trailing_zeros() as usize;
            near &= near - 1;
            for (query, selection) in queries.iter().zip(&mut *selections) {
                let distance = self.distance(group, lane, query);
                if distance < selection.limit() {
                    selection.offer(distance, self.row(group * GROUP + lane));
                }
            }
        }
    }
}

/// Asks for memory that will be read soon, where the machine can be asked.
#[inline(always)]
pub(super) fn prefetch<T>(soon: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: changes nothing but what is in the cache, and the reference is to memory that may be read.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(soon).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}

/// Brings whole groups of codes of `W` words from [`Order::Rows`] into [`Order::Words`].
pub(super) fn interleave<const W: usize>(rows: &[u64], words: &mut [u64]) {
    for (group, out) in rows.chunks_exact(W * GROUP).zip(words.chunks_exact_mut(W * GROUP)) {
        for (lane, code) in group.as_chunks::<W>().0.iter().enumerate() {
            for (at, &word) in code.iter().enumerate() {
                out[at * GROUP + lane] = word;
            }
        }
    }
}

#[cfg(test)]
mod tests;

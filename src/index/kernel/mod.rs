//! Comparing a block of codes with a group of queries. There is one implementation for each instruction set, and the
//! program chooses one when it runs.
//!
//! All implementations give the same answers. Eight codes are compared at a time (a *group*). In `Order::Rows` the
//! codes of a group follow one another, as they do on disk. In `Order::Words` the first words of the eight codes come
//! first, then their second words, and so on. Then a vector register holds one word of each code, and counting ones
//! needs no shuffle. For codes of one word the two orders are the same. A block that many queries are compared with is
//! brought into the second order once.
//!
//! This folder loads values through pointers and calls functions that need an instruction set. Each call stands behind
//! a check that the machine has that instruction set.
#![allow(unsafe_code, reason = "vector instructions: pointer loads, and calls behind a check of the processor")]

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

/// The number of codes that are compared at a time.
pub(super) const GROUP: usize = 8;

/// The environment variable that names the kernel: `avx512`, `avx2`, `neon` or `portable`. For tests and measurements.
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

/// The rows of the codes of a block.
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
    /// Which codes may be found: one byte for each group, with the first code in bit 0. `None`: all codes.
    pub allowed: Option<&'a [u8]>,
    pub rows: Rows<'a>,
}

/// Which entries of a table are wanted: those whose tag differs from `tag` in at most `reach` bits. The bits of an
/// entry's first word that are its row do not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub tag: [u64; 2],
    pub row_mask: u64,
    pub reach: u32,
    /// When this number of entries is found, together with earlier ones, it pays to look at them before going on.
    pub enough: usize,
}

impl Kernel {
    /// The kernel of this machine: the fastest, or the one that [`KERNEL_VARIABLE`] names.
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

    /// The kernels that this machine can run, the fastest first.
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

    /// The time to compare a code of `words` words with one of many queries, in nanoseconds: between the times measured
    /// on a Zen 4 and on a Zen 5, which takes two thirds of the Zen 4's. It is a constant, so the same codes give the
    /// same index on every machine.
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
    /// If the block is not whole groups of codes of `W` words, or if there are not as many queries as selections.
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

    /// Appends the distance from `query` to each of `codes`.
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

    /// The number of ones in all words together.
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

    /// Looks at the entries in `ranges`. For each wanted entry it appends the number of differing bits of the tag
    /// (upper half) and the row (lower half). An entry has `words` words, 1 or 2. When enough entries are found it
    /// stops early, and returns the number of the range to continue with; the start of that range is then where to
    /// continue.
    ///
    /// # Panics
    /// If a range is not among the entries.
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

    /// Replaces each bucket by the number of buckets before it that hold rows. All `buckets` must hold rows. A word of
    /// the directory describes 32 buckets: which of them hold rows (lower half), and how many buckets before them do
    /// (upper half).
    ///
    /// # Panics
    /// If the directory has no such buckets.
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

    /// Appends the distance from `query` to the codes of `rows`.
    ///
    /// # Panics
    /// If there is no such row.
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

    /// Inlined for the same reason as [`Block::admit`].
    #[inline(always)]
    fn distance<const W: usize>(&self, group: usize, lane: usize, query: &[u64; W]) -> u32 {
        let words = &self.words[group * W * GROUP..][..W * GROUP];
        let word = |at: usize| match self.order {
            Order::Rows => words[lane * W + at],
            Order::Words => words[at * GROUP + lane],
        };
        (0..W).map(|at| (word(at) ^ query[at]).count_ones()).sum()
    }

    /// Offers each selection the codes of a group whose bit is set in `near`: the codes that are near to some query.
    /// Most groups have no such code. So the loops that compare find only that a code is near, and this function finds
    /// to which queries.
    ///
    /// Inlined into a cold function of each kernel, so that it uses that instruction set's popcount.
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

/// Prefetches memory that will be read soon, if the machine has an instruction for that.
#[inline(always)]
pub(super) fn prefetch<T>(soon: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: prefetching changes nothing but the cache, and the reference points to readable memory.
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

//! Numbers that are in memory of their own or in a mapped file.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

/// An unchanging array of numbers, cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Stretch<T> {
    Owned(Arc<Vec<T>>),
    /// Bytes of a file: aligned for `T` and whole, as [`Stretch::mapped`] made sure.
    Mapped(Arc<Mmap>, Range<usize>),
}

impl<T: Pod> Stretch<T> {
    /// The bytes in `range` of a file, or `None` where it has no such bytes or they are no whole, aligned numbers.
    pub fn mapped(map: &Arc<Mmap>, range: Range<usize>) -> Option<Self> {
        let bytes = map.get(range.clone())?;
        bytemuck::try_cast_slice::<u8, T>(bytes).ok()?;
        Some(Self::Mapped(map.clone(), range))
    }
}

impl<T> From<Vec<T>> for Stretch<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self::Owned(Arc::new(numbers))
    }
}

impl<T: Pod> Deref for Stretch<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(numbers) => numbers,
            Self::Mapped(map, range) => bytemuck::cast_slice(&map[range.clone()]),
        }
    }
}

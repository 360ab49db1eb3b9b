//! Arrays of numbers in memory or in a mapped file.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

/// An array of numbers that never changes. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Stretch<T> {
    Owned(Arc<Vec<T>>),
    /// Bytes of a file. [`Stretch::mapped`] has checked that they are whole numbers, aligned for `T`.
    Mapped(Arc<Mmap>, Range<usize>),
}

impl<T: Pod> Stretch<T> {
    /// The bytes in `range` of a file. `None` if the file has no such bytes, or if they are not whole, aligned numbers.
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

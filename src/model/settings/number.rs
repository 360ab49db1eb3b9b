//! The values of settings as numbers: read from text, and checked against their ranges.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::ConfigError;

/// The types of the settings' values.
pub(super) trait Number: Copy + FromStr + PartialOrd + Display {
    const IS_WHOLE: bool;

    fn to_f64(self) -> f64;
}

impl Number for usize {
    const IS_WHOLE: bool = true;

    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Number for u32 {
    const IS_WHOLE: bool = true;

    fn to_f64(self) -> f64 {
        self.into()
    }
}

impl Number for u64 {
    const IS_WHOLE: bool = true;

    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Number for f32 {
    const IS_WHOLE: bool = false;

    fn to_f64(self) -> f64 {
        // The decimal number as the person wrote it (0.1), not the f32's exact value (0.100000001...).
        self.to_string().parse().unwrap_or(self.into())
    }
}

impl Number for f64 {
    const IS_WHOLE: bool = false;

    fn to_f64(self) -> f64 {
        self
    }
}

pub(super) fn read<T: Number>(text: &str, range: RangeInclusive<T>) -> Result<T, String> {
    let kind = if T::IS_WHOLE { "a whole number" } else { "a number" };
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.ok_or_else(|| format!("{kind} from {} to {}", range.start(), range.end()))
}

pub(super) fn within<T: Number>(value: T, option: &str, range: RangeInclusive<T>) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (from, to) = (range.start(), range.end());
    Err(ConfigError::new(format!("{option} must be from {from} to {to}, not {value}")))
}

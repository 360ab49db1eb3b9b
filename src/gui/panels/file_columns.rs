//! The columns of the table of files: which ones have room, and where they are.

use egui::{Rect, vec2};

use crate::gui::theme::size;
use crate::gui::widgets::row::{take_left, take_right};

/// The columns that fit, and their widths.
pub struct Columns {
    picture: f32,
    length: Option<f32>,
    level: Option<f32>,
    rate: Option<f32>,
    pitch: Option<f32>,
    brightness: Option<f32>,
}

/// The indentation of a folder below the one above it.
pub const INDENT: f32 = 12.0;

const LENGTH: f32 = 46.0;
const LEVEL: f32 = 40.0;
const RATE: f32 = 48.0;
const PITCH: f32 = 40.0;
const BRIGHTNESS: f32 = 44.0;
/// The width of the scroll bar, which lies over the right end of the rows.
const BAR: f32 = 12.0;
/// The room that a name gets before the length, and before further columns.
const NAME: f32 = 120.0;
const NAME_BESIDE_FIGURES: f32 = 200.0;

impl Columns {
    /// The columns for a table of this width. Names come first: further figures are left out, and then the length.
    pub fn of(width: f32) -> Self {
        let picture = if width < 280.0 { 32.0 } else { 48.0 };
        let mut left = width - 16.0 - INDENT - picture - BAR - size::GAP;
        let mut fits = |column: f32, name: f32| {
            let fits = left - column - size::GAP >= name;
            left -= if fits { column + size::GAP } else { 0.0 };
            fits.then_some(column)
        };
        let length = fits(LENGTH, NAME);
        let level = fits(LEVEL, NAME_BESIDE_FIGURES);
        let rate = fits(RATE, NAME_BESIDE_FIGURES);
        let pitch = fits(PITCH, NAME_BESIDE_FIGURES);
        Self { picture, length, level, rate, pitch, brightness: fits(BRIGHTNESS, NAME_BESIDE_FIGURES) }
    }

    /// The cells of a row with this inner rectangle.
    pub fn cells(&self, mut rect: Rect) -> Cells {
        let whole = rect.expand2(vec2(8.0, 4.0));
        let picture = take_left(&mut rect, self.picture);
        let similar = rect.with_min_x(rect.right() - size::CONTROL);
        take_right(&mut rect, BAR - size::GAP);
        let brightness = self.brightness.map(|width| take_right(&mut rect, width));
        let pitch = self.pitch.map(|width| take_right(&mut rect, width));
        let rate = self.rate.map(|width| take_right(&mut rect, width));
        let level = self.level.map(|width| take_right(&mut rect, width));
        let length = self.length.map(|width| take_right(&mut rect, width));
        Cells { whole, picture, name: rect, length, level, rate, pitch, brightness, similar }
    }
}

/// The cells of a row, or of the headings.
pub struct Cells {
    pub whole: Rect,
    pub picture: Rect,
    pub name: Rect,
    pub length: Option<Rect>,
    pub level: Option<Rect>,
    pub rate: Option<Rect>,
    pub pitch: Option<Rect>,
    pub brightness: Option<Rect>,
    pub similar: Rect,
}

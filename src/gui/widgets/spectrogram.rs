//! A spectrogram as a texture. The picture was computed elsewhere. It gets its colours here, once for each sound and
//! theme.

use std::sync::Arc;

use egui::{Color32, ColorImage, Id, Painter, Rect, TextureHandle, TextureOptions, Ui, pos2};

use crate::audio::spectrogram::{ROWS, Spectrogram};
use crate::engine::SoundPreview;
use crate::gui::theme;

/// The last drawing at a place.
#[derive(Clone)]
struct Drawn {
    preview: Arc<SoundPreview>,
    dark: bool,
    /// The number of the spectrogram's columns in one column of the texture.
    together: usize,
    texture: TextureHandle,
}

/// Paints a stretch of a sound's spectrogram, in seconds, over all of `rect`. `place` names the place on the screen,
/// because each place keeps its last texture.
pub fn paint(ui: &Ui, painter: &Painter, place: Id, rect: Rect, preview: &Arc<SoundPreview>, stretch: (f64, f64)) {
    let (id, dark) = (place.with("spectrogram"), ui.visuals().dark_mode);
    let together = together(ui, rect, preview, stretch);
    let drawn = ui.data(|data| data.get_temp::<Drawn>(id));
    let drawn = match drawn
        .filter(|drawn| Arc::ptr_eq(&drawn.preview, preview) && drawn.dark == dark && drawn.together <= together)
    {
        Some(drawn) => drawn,
        None => {
            let image = coloured(&preview.spectrogram, &theme::spectrum(ui.visuals()), together);
            let texture = ui.ctx().load_texture("spectrogram", image, TextureOptions::LINEAR);
            let drawn = Drawn { preview: preview.clone(), dark, together, texture };
            ui.data_mut(|data| data.insert_temp(id, drawn.clone()));
            drawn
        }
    };
    // The last column may reach past the end of the sound.
    let columns = preview.spectrogram.columns.next_multiple_of(drawn.together);
    let covered = columns as f64 * preview.spectrogram.column_secs;
    let share = |secs: f64| (secs / covered.max(1e-9)).clamp(0.0, 1.0) as f32;
    let part = Rect::from_min_max(pos2(share(stretch.0), 0.0), pos2(share(stretch.1), 1.0));
    painter.image(drawn.texture.id(), rect, part, Color32::WHITE);
}

/// How many columns of a spectrogram may become one column of the texture, so that a small picture needs a small texture.
fn together(ui: &Ui, rect: Rect, preview: &SoundPreview, stretch: (f64, f64)) -> usize {
    let shown = (stretch.1 - stretch.0) / preview.spectrogram.column_secs.max(1e-9);
    let pixels = f64::from(rect.width() * ui.ctx().pixels_per_point()).max(1.0);
    let together = (shown / pixels).max(1.0) as usize;
    // A power of two, so that a picture that changes its size slowly is seldom coloured again.
    1 << together.ilog2()
}

/// The picture in colours, with high frequencies at the top. A column is the loudest of some columns.
fn coloured(picture: &Spectrogram, colours: &[Color32; 256], together: usize) -> ColorImage {
    let columns = picture.columns.div_ceil(together);
    let loudest = |row: usize, column: usize| {
        let of = column * together..((column + 1) * together).min(picture.columns);
        of.map(|column| picture.levels[column * ROWS + row]).max().unwrap_or(0)
    };
    let pixels = (0..ROWS).rev().flat_map(|row| (0..columns).map(move |column| (row, column)));
    let pixels = pixels.map(|(row, column)| colours[usize::from(loudest(row, column))]);
    ColorImage::new([columns, ROWS], pixels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_frequency_is_the_first_line_of_pixels() {
        let levels = (0..2 * ROWS).map(|i| i as u8).collect();
        let picture = Spectrogram { columns: 2, levels, column_secs: 0.1, highest_hz: 4000.0 };
        let mut colours = [Color32::BLACK; 256];
        (0..=255u8).for_each(|level| colours[usize::from(level)] = Color32::from_gray(level));
        let image = coloured(&picture, &colours, 1);
        let gray = |i: usize| image.pixels[i].r();
        assert_eq!(image.size, [2, ROWS]);
        assert_eq!((gray(0), gray(1)), (ROWS as u8 - 1, 2 * ROWS as u8 - 1));
        assert_eq!((gray(2 * ROWS - 2), gray(2 * ROWS - 1)), (0, ROWS as u8));
        let pooled = coloured(&picture, &colours, 2);
        assert_eq!((pooled.size, pooled.pixels[0].r()), ([1, ROWS], 2 * ROWS as u8 - 1), "the louder of both");
    }
}

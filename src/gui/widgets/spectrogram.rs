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
    texture: TextureHandle,
}

/// Paints a stretch of a sound's spectrogram, in seconds, over all of `rect`. `place` names the place on the screen,
/// because each place keeps its last texture.
pub fn paint(ui: &Ui, painter: &Painter, place: Id, rect: Rect, preview: &Arc<SoundPreview>, stretch: (f64, f64)) {
    let (id, dark) = (place.with("spectrogram"), ui.visuals().dark_mode);
    let drawn = ui.data(|data| data.get_temp::<Drawn>(id));
    let drawn = match drawn.filter(|drawn| Arc::ptr_eq(&drawn.preview, preview) && drawn.dark == dark) {
        Some(drawn) => drawn,
        None => {
            let image = coloured(&preview.spectrogram, &theme::spectrum(ui.visuals()));
            let texture = ui.ctx().load_texture("spectrogram", image, TextureOptions::LINEAR);
            let drawn = Drawn { preview: preview.clone(), dark, texture };
            ui.data_mut(|data| data.insert_temp(id, drawn.clone()));
            drawn
        }
    };
    // The last column may reach past the end of the sound.
    let covered = preview.spectrogram.columns as f64 * preview.spectrogram.column_secs;
    let share = |secs: f64| (secs / covered.max(1e-9)).clamp(0.0, 1.0) as f32;
    let part = Rect::from_min_max(pos2(share(stretch.0), 0.0), pos2(share(stretch.1), 1.0));
    painter.image(drawn.texture.id(), rect, part, Color32::WHITE);
}

/// The picture in colours, with high frequencies at the top.
fn coloured(picture: &Spectrogram, colours: &[Color32; 256]) -> ColorImage {
    let pixels = (0..ROWS).rev().flat_map(|row| picture.levels.iter().skip(row).step_by(ROWS));
    ColorImage::new([picture.columns, ROWS], pixels.map(|&level| colours[usize::from(level)]).collect())
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
        let image = coloured(&picture, &colours);
        let gray = |i: usize| image.pixels[i].r();
        assert_eq!(image.size, [2, ROWS]);
        assert_eq!((gray(0), gray(1)), (ROWS as u8 - 1, 2 * ROWS as u8 - 1));
        assert_eq!((gray(2 * ROWS - 2), gray(2 * ROWS - 1)), (0, ROWS as u8));
    }
}

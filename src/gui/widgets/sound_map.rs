//! The map drawn: dots into a picture that is made anew only when something about it changes, so that a frame with a
//! hundred thousand of them costs no more than one with none.

use egui::{Color32, ColorImage, Context, Id, Painter, Rect, TextureHandle, TextureOptions, pos2};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::engine::MapReport;
use crate::gui::explore::map::{Kinds, View};

/// Radius of a dot, in points, where there are few and where there are many.
const LARGEST: f32 = 4.5;
const SMALLEST: f32 = 1.1;

/// The part of the plane that dots should cover.
const COVERED: f32 = 0.12;

/// What is drawn.
pub struct Plane<'a> {
    pub report: &'a Arc<MapReport>,
    pub kinds: &'a Arc<Kinds>,
    pub view: View,
    /// Each kind's colour, dimmed or not.
    pub colours: &'a [Color32],
    pub rect: Rect,
}

#[derive(Clone)]
struct Drawn {
    key: u64,
    texture: TextureHandle,
}

impl Plane<'_> {
    /// Where a place of the map is on the screen.
    pub fn on_screen(&self, place: [f32; 2]) -> egui::Pos2 {
        let centre = self.rect.center();
        pos2(
            centre.x + (place[0] - self.view.centre[0]) * self.view.scale,
            centre.y + (place[1] - self.view.centre[1]) * self.view.scale,
        )
    }

    /// Where on the map a point of the screen is.
    pub fn on_map(&self, at: egui::Pos2) -> [f32; 2] {
        let from_centre = at - self.rect.center();
        [self.view.centre[0] + from_centre.x / self.view.scale, self.view.centre[1] + from_centre.y / self.view.scale]
    }

    /// Lowest and highest coordinates of what is in view, and of `margin` points around it.
    pub fn bounds(&self, margin: f32) -> ([f32; 2], [f32; 2]) {
        let rect = self.rect.expand(margin);
        (self.on_map(rect.min), self.on_map(rect.max))
    }

    pub fn paint(&self, painter: &Painter, id: Id) {
        let ctx = painter.ctx();
        let scale = painter.pixels_per_point();
        let size = [self.rect.width() * scale, self.rect.height() * scale].map(|side| side.round().max(1.0) as usize);
        let key = self.key(size);
        let drawn = ctx.data(|data| data.get_temp::<Drawn>(id));
        let texture = match drawn {
            Some(drawn) if drawn.key == key => drawn.texture,
            drawn => self.draw(ctx, id, size, scale, key, drawn),
        };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(texture.id(), self.rect, whole, Color32::WHITE);
    }

    fn draw(
        &self,
        ctx: &Context,
        id: Id,
        size: [usize; 2],
        scale: f32,
        key: u64,
        before: Option<Drawn>,
    ) -> TextureHandle {
        let image = self.image(size, scale);
        let texture = match before {
            Some(mut drawn) => {
                drawn.texture.set(image, TextureOptions::LINEAR);
                drawn.texture
            }
            None => ctx.load_texture("sound map", image, TextureOptions::LINEAR),
        };
        ctx.data_mut(|data| data.insert_temp(id, Drawn { key, texture: texture.clone() }));
        texture
    }

    /// The same key, the same picture.
    fn key(&self, size: [usize; 2]) -> u64 {
        let mut hasher = DefaultHasher::new();
        let bits = [self.view.centre[0], self.view.centre[1], self.view.scale].map(f32::to_bits);
        (bits, size, self.colours, Arc::as_ptr(self.report) as usize, Arc::as_ptr(self.kinds) as usize)
            .hash(&mut hasher);
        hasher.finish()
    }

    /// Every dot that is in view, in a picture of `size` pixels.
    fn image(&self, size: [usize; 2], scale: f32) -> ColorImage {
        let mut image = ColorImage::filled(size, Color32::TRANSPARENT);
        let (low, high) = self.bounds(LARGEST);
        let dots = &self.report.dots;
        let shown = dots.within(low, high).count();
        let stamp = Stamp::new(radius(self.rect, shown) * scale);
        for dot in dots.within(low, high) {
            let at = self.on_screen(dots.places()[dot]) - self.rect.min;
            let kind = self.kinds.of.get(dot).map_or(0, |&kind| usize::from(kind));
            if let Some(&colour) = self.colours.get(kind) {
                stamp.print(&mut image, at.x * scale, at.y * scale, colour);
            }
        }
        image
    }
}

fn radius(plane: Rect, dots: usize) -> f32 {
    (plane.area() * COVERED / (std::f32::consts::PI * dots.max(1) as f32)).sqrt().clamp(SMALLEST, LARGEST)
}

/// A disc with a soft edge, as how much of each pixel it covers.
struct Stamp {
    side: usize,
    cover: Vec<f32>,
}

impl Stamp {
    fn new(radius: f32) -> Self {
        let reach = radius.ceil() as usize;
        let side = 2 * reach + 1;
        let away = |pixel: usize| pixel as f32 - reach as f32;
        let cover = (0..side * side).map(|at| (radius + 0.5 - away(at % side).hypot(away(at / side))).clamp(0.0, 1.0));
        Self { side, cover: cover.collect() }
    }

    fn print(&self, image: &mut ColorImage, x: f32, y: f32, colour: Color32) {
        let [width, height] = image.size;
        let corner = |at: f32| at.floor() as isize - (self.side / 2) as isize;
        let (left, top) = (corner(x), corner(y));
        for row in 0..self.side {
            let Some(y) = top.checked_add_unsigned(row).and_then(|y| usize::try_from(y).ok()).filter(|y| *y < height)
            else {
                continue;
            };
            for column in 0..self.side {
                let cover = self.cover[row * self.side + column];
                let x = left.checked_add_unsigned(column).and_then(|x| usize::try_from(x).ok());
                if let Some(x) = x.filter(|x| *x < width && cover > 0.0) {
                    let pixel = &mut image.pixels[y * width + x];
                    *pixel = over(*pixel, colour, cover);
                }
            }
        }
    }
}

/// `colour` over what is there already, by as much as it covers.
fn over(below: Color32, colour: Color32, cover: f32) -> Color32 {
    let cover = (cover * 256.0) as u16;
    let left = 256 - (u16::from(colour.a()) * cover).div_ceil(255).min(256);
    let mix = |above: u8, below: u8| ((u16::from(above) * cover + u16::from(below) * left) >> 8).min(255) as u8;
    Color32::from_rgba_premultiplied(
        mix(colour.r(), below.r()),
        mix(colour.g(), below.g()),
        mix(colour.b(), below.b()),
        mix(colour.a(), below.a()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_covers_a_disc_and_is_cut_off_at_the_edges() {
        let red = Color32::from_rgb(255, 0, 0);
        let mut image = ColorImage::filled([20, 10], Color32::TRANSPARENT);
        let stamp = Stamp::new(3.0);
        stamp.print(&mut image, 10.0, 5.0, red);
        assert!(image.pixels[5 * 20 + 10].r() > 250);
        assert_eq!(image.pixels[5 * 20 + 15], Color32::TRANSPARENT);
        let inked = image.pixels.iter().map(|pixel| f32::from(pixel.a()) / 255.0).sum::<f32>();
        assert!((inked - std::f32::consts::PI * 9.0).abs() < 3.0, "{inked}");
        for (x, y) in [(0.0, 0.0), (19.5, 9.5), (-2.0, 4.0), (50.0, 50.0)] {
            stamp.print(&mut image, x, y, red);
        }
    }

    /// `cargo test picture_of_a_large_map -- --ignored --nocapture`: what moving a map costs a frame; at rest it costs nothing.
    #[test]
    #[ignore = "measures; prints a time"]
    fn picture_of_a_large_map() {
        use crate::engine::{MapChunk, NamedFile};
        use crate::map::Dots;
        let count = 100_000;
        let turn = |i: usize| (i as f32 * 2.4).sin_cos();
        let places = (0..count).map(|i| [turn(i).0 * (i as f32).sqrt(), turn(i).1 * (i as f32).sqrt()]).collect();
        let report = Arc::new(MapReport {
            index_generation: 1,
            files: vec![NamedFile { id: crate::dataset::FileId(1), path: "/a.wav".into() }],
            chunks: vec![MapChunk { file: 0, start_secs: 0.0, end_secs: 0.1 }; count],
            dots: Dots::new(places),
            of: count,
            neighbours_kept: 1.0,
            seconds: 0.0,
        });
        let kinds = Arc::new(Kinds { of: (0..count).map(|i| (i % 10) as u8).collect(), names: Vec::new() });
        let rect = Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(1100.0, 800.0));
        let view = View::of_all(&report, rect.size().into());
        let colours: Vec<Color32> = (0..10).map(|i| Color32::from_rgb(20 * i, 200, 100)).collect();
        for zoom in [1.0, 3.0, 10.0] {
            let view = view.zoomed(zoom, [0.0, 0.0], view);
            let plane = Plane { report: &report, kinds: &kinds, view, colours: &colours, rect };
            let began = std::time::Instant::now();
            let drawn = (0..10).map(|_| plane.image([1100, 800], 1.0).pixels.len()).sum::<usize>();
            println!("{count} dots, zoomed {zoom} times: {:?} a picture ({drawn} pixels)", began.elapsed() / 10);
        }
    }

    #[test]
    fn a_dimmed_colour_lets_through_what_is_below() {
        let below = Color32::from_rgb(0, 200, 0);
        let mixed = over(below, Color32::from_rgb(255, 0, 0).gamma_multiply(0.25), 1.0);
        assert!(mixed.g() > 100 && mixed.r() > 40, "{mixed:?}");
        assert_eq!(over(below, Color32::from_rgb(255, 0, 0), 1.0).g(), 0);
    }
}

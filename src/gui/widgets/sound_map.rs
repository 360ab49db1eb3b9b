//! Draws the dots of the map into a picture. The picture is drawn again only when something about it changes. So a frame
//! with 100,000 dots costs no more than a frame without any.

use egui::{Color32, ColorImage, Context, Id, Painter, Rect, TextureHandle, TextureOptions, pos2};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::engine::MapReport;
use crate::gui::explore::kinds::Kinds;
use crate::gui::explore::map::View;
use crate::map::Dots;

/// The radius of a dot in points, when there are few dots and when there are many.
const LARGEST: f32 = 4.5;
const SMALLEST: f32 = 1.1;

/// The share of the plane that the dots should cover.
const COVERED: f32 = 0.12;

/// What is drawn.
pub struct Plane<'a> {
    pub report: &'a Arc<MapReport>,
    /// Whether each sound has one dot. Otherwise each moment has one.
    pub sounds: bool,
    pub kinds: &'a Arc<Kinds>,
    pub view: View,
    /// The colour of each kind. Some may be dimmed.
    pub colours: &'a [Color32],
    pub rect: Rect,
}

#[derive(Clone)]
struct Drawn {
    /// A hash of everything that is drawn, without the view.
    key: u64,
    view: View,
    at_secs: f64,
    texture: TextureHandle,
}

/// While a map of many dots is moved, its old picture is moved. It is drawn again at most once in this time.
const DRAW_EVERY_SECS: f64 = 0.05;
const MANY: usize = 20_000;

impl Plane<'_> {
    /// Converts coordinates of the map into a point of the screen.
    pub fn on_screen(&self, place: [f32; 2]) -> egui::Pos2 {
        let centre = self.rect.center();
        pos2(
            centre.x + (place[0] - self.view.centre[0]) * self.view.scale,
            centre.y + (place[1] - self.view.centre[1]) * self.view.scale,
        )
    }

    /// Converts a point of the screen into coordinates of the map.
    pub fn on_map(&self, at: egui::Pos2) -> [f32; 2] {
        let from_centre = at - self.rect.center();
        [self.view.centre[0] + from_centre.x / self.view.scale, self.view.centre[1] + from_centre.y / self.view.scale]
    }

    /// The dots that are drawn.
    pub fn dots(&self) -> &Dots {
        if self.sounds { &self.report.sounds.dots } else { &self.report.dots }
    }

    /// The chunk of the report for which a drawn dot stands.
    pub fn chunk(&self, dot: usize) -> usize {
        if self.sounds { self.report.sounds.of.get(dot).map_or(dot, |chunk| *chunk as usize) } else { dot }
    }

    /// The lowest and highest coordinates in view, with a margin of `margin` points.
    pub fn bounds(&self, margin: f32) -> ([f32; 2], [f32; 2]) {
        let rect = self.rect.expand(margin);
        (self.on_map(rect.min), self.on_map(rect.max))
    }

    pub fn paint(&self, painter: &Painter, id: Id) {
        let ctx = painter.ctx();
        let scale = painter.pixels_per_point();
        let size = [self.rect.width() * scale, self.rect.height() * scale].map(|side| side.round().max(1.0) as usize);
        let (key, now) = (self.key(size), ctx.input(|input| input.time));
        let drawn = ctx.data(|data| data.get_temp::<Drawn>(id));
        let drawn = match drawn {
            Some(drawn) if drawn.key == key && drawn.view == self.view => drawn,
            Some(drawn) if drawn.key == key && self.dots().len() > MANY && now - drawn.at_secs < DRAW_EVERY_SECS => {
                ctx.request_repaint_after_secs((drawn.at_secs + DRAW_EVERY_SECS - now) as f32);
                drawn
            }
            before => {
                let texture = self.texture(ctx, self.image(size, scale), before);
                let drawn = Drawn { key, view: self.view, at_secs: now, texture };
                ctx.data_mut(|data| data.insert_temp(id, drawn.clone()));
                drawn
            }
        };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let then = Plane { view: drawn.view, ..*self };
        let place = match drawn.view == self.view {
            true => self.rect,
            false => Rect::from_two_pos(
                self.on_screen(then.on_map(self.rect.min)),
                self.on_screen(then.on_map(self.rect.max)),
            ),
        };
        painter.image(drawn.texture.id(), place, whole, Color32::WHITE);
    }

    fn texture(&self, ctx: &Context, image: ColorImage, before: Option<Drawn>) -> TextureHandle {
        match before {
            Some(mut drawn) => {
                drawn.texture.set(image, TextureOptions::LINEAR);
                drawn.texture
            }
            None => ctx.load_texture("sound map", image, TextureOptions::LINEAR),
        }
    }

    fn key(&self, size: [usize; 2]) -> u64 {
        let mut hasher = DefaultHasher::new();
        let whose = (Arc::as_ptr(self.report) as usize, Arc::as_ptr(self.kinds) as usize, self.sounds);
        (size, self.colours, whose).hash(&mut hasher);
        hasher.finish()
    }

    /// Draws all dots in view into a picture of `size` pixels.
    fn image(&self, size: [usize; 2], scale: f32) -> ColorImage {
        let mut image = ColorImage::filled(size, Color32::TRANSPARENT);
        let (low, high) = self.bounds(LARGEST);
        let dots = self.dots();
        let shown = dots.within(low, high).count();
        let stamp = Stamp::new(radius(self.rect, shown) * scale);
        for dot in dots.within(low, high) {
            let at = self.on_screen(dots.places()[dot]) - self.rect.min;
            let kind = self.kinds.of.get(self.chunk(dot)).map_or(0, |&kind| usize::from(kind));
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

/// A disc with a soft edge. For each pixel that it covers: the offset from the middle, and how much is covered, of 256.
struct Stamp {
    reach: isize,
    pixels: Vec<(isize, isize, u16)>,
}

impl Stamp {
    fn new(radius: f32) -> Self {
        let reach = radius.ceil() as isize;
        let cover = |x: isize, y: isize| (radius + 0.5 - (x as f32).hypot(y as f32)).clamp(0.0, 1.0);
        let pixels = (-reach..=reach)
            .flat_map(|y| (-reach..=reach).map(move |x| (x, y, (cover(x, y) * 256.0) as u16)))
            .filter(|pixel| pixel.2 > 0);
        Self { reach, pixels: pixels.collect() }
    }

    fn print(&self, image: &mut ColorImage, x: f32, y: f32, colour: Color32) {
        let [width, height] = image.size.map(|side| side as isize);
        let (x, y) = (x.floor() as isize, y.floor() as isize);
        let inside = |at: isize, side: isize| at >= self.reach && at < side - self.reach;
        let whole = inside(x, width) && inside(y, height);
        // A dot far outside the picture is skipped at once.
        if !whole && (x < -self.reach || y < -self.reach || x > width + self.reach || y > height + self.reach) {
            return;
        }
        for &(right, down, cover) in &self.pixels {
            let (x, y) = (x + right, y + down);
            if whole || (x >= 0 && x < width && y >= 0 && y < height) {
                let pixel = &mut image.pixels[(y * width + x) as usize];
                *pixel = over(*pixel, colour, cover);
            }
        }
    }
}

/// Blends `colour` over a pixel, with a weight of `covered` of 256.
fn over(below: Color32, colour: Color32, cover: u16) -> Color32 {
    let cover = u32::from(cover);
    let left = 256 - (u32::from(colour.a()) + 1) * cover / 256;
    let mix = |above: u8, below: u8| ((u32::from(above) * cover + u32::from(below) * left) / 256).min(255) as u8;
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
    fn a_stamp_is_a_disc_that_is_cut_off_at_the_edges() {
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

    /// Prints the time of a frame while a large map is moved: `cargo test picture_of_a_large_map -- --ignored --nocapture`. A
    /// map at rest costs nothing.
    #[test]
    #[ignore = "measures; prints a time"]
    fn picture_of_a_large_map() {
        use crate::engine::{MapChunk, NamedFile};
        let count = 100_000;
        let turn = |i: usize| (i as f32 * 2.4).sin_cos();
        let places = (0..count).map(|i| [turn(i).0 * (i as f32).sqrt(), turn(i).1 * (i as f32).sqrt()]).collect();
        let report = Arc::new(MapReport {
            index_generation: 1,
            files: vec![NamedFile { id: crate::dataset::FileId(1), path: "/a.wav".into() }],
            chunks: vec![MapChunk { file: 0, start_secs: 0.0, end_secs: 0.1 }; count],
            dots: Dots::new(places),
            sounds: crate::engine::SoundsOnMap::default(),
            of: count,
            neighbours_kept: 1.0,
            seconds: 0.0,
        });
        let kinds =
            Arc::new(Kinds { of: (0..count).map(|i| (i % 10) as u8).collect(), names: Vec::new(), is_scale: false });
        let rect = Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(1100.0, 800.0));
        let view = View::of_all(&report, rect.size().into());
        let colours: Vec<Color32> = (0..10).map(|i| Color32::from_rgb(20 * i, 200, 100)).collect();
        for zoom in [1.0, 3.0, 10.0] {
            let view = view.zoomed(zoom, [0.0, 0.0], view);
            let plane = Plane { report: &report, sounds: false, kinds: &kinds, view, colours: &colours, rect };
            let began = std::time::Instant::now();
            let drawn = (0..10).map(|_| plane.image([1100, 800], 1.0).pixels.len()).sum::<usize>();
            println!("{count} dots, zoomed {zoom} times: {:?} a picture ({drawn} pixels)", began.elapsed() / 10);
        }
    }

    #[test]
    fn a_dimmed_colour_lets_through_what_is_below() {
        let below = Color32::from_rgb(0, 200, 0);
        let mixed = over(below, Color32::from_rgb(255, 0, 0).gamma_multiply(0.25), 256);
        assert!(mixed.g() > 100 && mixed.r() > 40, "{mixed:?}");
        assert_eq!(over(below, Color32::from_rgb(255, 0, 0), 256).g(), 0);
    }
}

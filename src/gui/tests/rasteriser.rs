//! A software rasteriser for the window's triangles. Its pictures are the same on every machine, so snapshots can be
//! compared.

use std::collections::HashMap;

use egui::epaint::{Mesh, Primitive, Vertex};
use egui::{Color32, ColorImage, Context, FullOutput, ImageData, Pos2, Rect, TextureId, TexturesDelta, pos2};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// Colours with premultiplied alpha, as egui blends them: in gamma space.
type Colour = [f32; 4];

#[derive(Default)]
pub struct Rasteriser {
    textures: HashMap<TextureId, ColorImage>,
}

impl TestRenderer for Rasteriser {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = change.image;
                match (change.pos, self.textures.get_mut(&id)) {
                    (Some([left, top]), Some(whole)) => {
                        for (y, row) in image.pixels.chunks_exact(image.size[0]).enumerate() {
                            let start = (top + y) * whole.size[0] + left;
                            whole.pixels[start..start + row.len()].copy_from_slice(row);
                        }
                    }
                    _ => drop(self.textures.insert(id, (*image).clone())),
                }
            }
        }
        delta.free.drain().for_each(|id| drop(self.textures.remove(&id)));
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let mut picture = Picture::new(size.x.round() as usize, size.y.round() as usize);
        for clipped in ctx.tessellate(output.shapes.clone(), output.pixels_per_point) {
            let Primitive::Mesh(mesh) = clipped.primitive else {
                return Err("the window draws something that is no mesh".into());
            };
            let texture = self.textures.get(&mesh.texture_id).ok_or("a texture that was never set")?;
            picture.draw(&mesh, texture, clipped.clip_rect * scale, scale);
        }
        Ok(picture.image())
    }
}

struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Picture {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0.0, 0.0, 0.0, 1.0]; width * height] }
    }

    fn draw(&mut self, mesh: &Mesh, texture: &ColorImage, clip: Rect, scale: f32) {
        for corners in mesh.indices.as_chunks::<3>().0 {
            let [a, b, c] = corners.map(|i| mesh.vertices[i as usize]);
            self.triangle([a, b, c].map(|v| Vertex { pos: v.pos * scale, ..v }), texture, clip);
        }
    }

    fn triangle(&mut self, [a, mut b, mut c]: [Vertex; 3], texture: &ColorImage, clip: Rect) {
        let mut area = cross(a.pos, b.pos, c.pos);
        if area < 0.0 {
            (b, c, area) = (c, b, -area);
        }
        if area == 0.0 {
            return;
        }
        let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
        let first = |edge: f32| (edge - 0.5).ceil().max(0.0) as usize;
        let (columns, rows) = (
            first(bounds.left())..first(bounds.right()).min(self.width),
            first(bounds.top())..first(bounds.bottom()).min(self.height),
        );
        let edges = [(b.pos, c.pos), (c.pos, a.pos), (a.pos, b.pos)];
        for y in rows {
            for x in columns.clone() {
                let at = pos2(x as f32 + 0.5, y as f32 + 0.5);
                let weights = edges.map(|(from, to)| cross(from, to, at));
                // If the centre of a pixel is on an edge that two triangles share, it belongs to only one of them.
                let inside = |(weight, &(from, to)): (&f32, &(Pos2, Pos2))| {
                    *weight > 0.0 || (*weight == 0.0 && (to.y < from.y || (to.y == from.y && to.x > from.x)))
                };
                if !weights.iter().zip(&edges).all(inside) {
                    continue;
                }
                let [u, v, w] = weights.map(|weight| weight / area);
                let uv = (a.uv.to_vec2() * u + b.uv.to_vec2() * v + c.uv.to_vec2() * w).to_pos2();
                let [ca, cb, cc] = [a, b, c].map(|vertex| colour(vertex.color));
                let texel = sample(texture, uv);
                let source: Colour =
                    std::array::from_fn(|i| (ca[i] * u + cb[i] * v + cc[i] * w).clamp(0.0, 1.0) * texel[i]);
                let pixel = &mut self.pixels[y * self.width + x];
                *pixel = std::array::from_fn(|i| source[i] + pixel[i] * (1.0 - source[3]));
            }
        }
    }

    fn image(&self) -> RgbaImage {
        RgbaImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let pixel = self.pixels[y as usize * self.width + x as usize];
            Rgba(pixel.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8))
        })
    }
}

/// Twice the area of a triangle, positive where its corners go clockwise on the screen.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

fn colour(colour: Color32) -> Colour {
    colour.to_array().map(|channel| f32::from(channel) / 255.0)
}

/// The colour between the four texels around `uv`. The texture is filtered linearly and clamped at its edges.
fn sample(texture: &ColorImage, uv: Pos2) -> Colour {
    let [width, height] = texture.size;
    let place = |share: f32, texels: usize| (share * texels as f32 - 0.5).clamp(0.0, (texels - 1) as f32);
    let (x, y) = (place(uv.x, width), place(uv.y, height));
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let texel = |x: usize, y: usize| colour(texture.pixels[y * width + x]);
    let (across, down) = (x - left as f32, y - top as f32);
    let [a, b, c, d] = [texel(left, top), texel(right, top), texel(left, bottom), texel(right, bottom)];
    std::array::from_fn(|i| {
        (a[i] * (1.0 - across) + b[i] * across) * (1.0 - down) + (c[i] * (1.0 - across) + d[i] * across) * down
    })
}

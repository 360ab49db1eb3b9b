//! A code as a few lines of small cells, with the bits that differ from another code marked.

use egui::{Mesh, Rect, Shape, Ui, pos2, vec2};

use crate::gui::theme::palette;

/// The number of cells in a line. Long codes have more, so that their strips are not higher.
fn columns(bits: usize) -> usize {
    if bits > 128 { 64 } else { bits.clamp(1, 32) }
}

/// Paints `bits` bits of `code` into `rect`. Bits that differ from `other` have the warning colour.
pub fn paint(ui: &Ui, rect: Rect, bits: usize, code: &[u64], other: &[u64]) {
    if code.len() * 64 < bits || other.len() * 64 < bits || bits == 0 {
        return;
    }
    let palette = palette(ui.visuals());
    let across = columns(bits);
    let step_x = rect.width() / across as f32;
    let step_y = (rect.height() / bits.div_ceil(across) as f32).min(2.0 * step_x);
    let gap = if step_x.min(step_y) >= 3.0 { 1.0 } else { 0.0 };
    let mut mesh = Mesh::default();
    for bit in 0..bits {
        let corner = rect.min + vec2((bit % across) as f32 * step_x, (bit / across) as f32 * step_y);
        let cell = Rect::from_min_max(corner, pos2(corner.x + step_x - gap, corner.y + step_y - gap));
        let colour = match (is_on(code, bit), is_on(other, bit)) {
            (true, true) => palette.dim,
            (false, false) => palette.raised_hover,
            _ => palette.warning,
        };
        mesh.add_colored_rect(cell, colour);
    }
    ui.painter().add(Shape::mesh(mesh));
}

fn is_on(code: &[u64], bit: usize) -> bool {
    code[bit / 64] >> (bit % 64) & 1 == 1
}

/// The differing bits in words, counted from 1.
pub fn differing(bits: usize, code: &[u64], other: &[u64]) -> String {
    const NAMED: usize = 12;
    let differ: Vec<usize> = (0..bits.min(64 * code.len().min(other.len())))
        .filter(|&bit| is_on(code, bit) != is_on(other, bit))
        .map(|bit| bit + 1)
        .collect();
    let named: Vec<String> = differ.iter().take(NAMED).map(usize::to_string).collect();
    match differ.len() {
        0 => "No bit differs".to_owned(),
        1 => format!("Bit {} differs", named[0]),
        n if n > NAMED => format!("Bits {} and {} more differ", named.join(", "), n - NAMED),
        _ => format!("Bits {} differ", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_that_differ_are_counted_from_1_across_words() {
        assert_eq!(differing(70, &[5, 0], &[5, 0]), "No bit differs");
        assert_eq!(differing(70, &[5, 0], &[4, 0]), "Bit 1 differs");
        assert_eq!(differing(70, &[5, 32], &[4, 0]), "Bits 1, 70 differ");
        let many = differing(64, &[!0], &[0]);
        assert!(many.starts_with("Bits 1, 2, 3,") && many.ends_with("12 and 52 more differ"), "{many}");
    }
}

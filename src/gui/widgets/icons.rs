//! The window's icons, painted as shapes. So they need no font, and are sharp at every scale.

use egui::{Atom, Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use std::f32::consts::{PI, TAU};

use crate::gui::theme::size;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    Play,
    Stop,
    Record,
    Loop,
    Similar,
    Close,
    Add,
    /// The opposite of adding.
    Less,
    Folder,
    Sun,
    Moon,
    Screen,
    Search,
    Speaker,
    Help,
    Warning,
    Drop,
    Microphone,
    Pencil,
    PlayOn,
    List,
    ZoomIn,
    ZoomOut,
    Whole,
    Bits,
    Folded,
    Unfolded,
    Star,
    StarFilled,
    Back,
    Forward,
    History,
    Around,
    Tag,
    /// Two sounds that play in turn.
    Turns,
    /// Whether selecting plays.
    Preview,
    /// Copies of a file.
    Copies,
    /// A pair of scissors.
    Cut,
}

/// An icon inside a button, beside its text, in the text's colour.
pub fn atom(icon: Icon) -> Atom<'static> {
    Atom::paint(Vec2::splat(size::ICON), move |ui, args| paint(ui.painter(), icon, args.rect, args.fallback_text_color))
}

/// The sign before something that folds. It points down while that is open, and to the right while it is folded.
pub fn fold(painter: &Painter, rect: Rect, open: bool, colour: Color32) {
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * rect.size();
    let corners = match open {
        true => vec![at(0.0, 0.2), at(1.0, 0.2), at(0.5, 0.85)],
        false => vec![at(0.2, 0.0), at(0.85, 0.5), at(0.2, 1.0)],
    };
    painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
}

/// Paints `icon` into the largest square in the middle of `rect`.
pub fn paint(painter: &Painter, icon: Icon, rect: Rect, colour: Color32) {
    let side = rect.width().min(rect.height());
    let rect = Rect::from_center_size(rect.center(), Vec2::splat(side));
    let stroke = Stroke::new((side / 9.0).max(1.25), colour);
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * side;
    let line = |points: Vec<Pos2>| painter.add(Shape::line(points, stroke));
    let arc = |centre: Pos2, radius: f32, from: f32, to: f32| -> Vec<Pos2> {
        (0..=24).map(|i| centre + Vec2::angled(from + (to - from) * i as f32 / 24.0) * radius * side).collect()
    };
    match icon {
        Icon::Play => {
            painter.add(Shape::convex_polygon(vec![at(0.2, 0.06), at(0.94, 0.5), at(0.2, 0.94)], colour, Stroke::NONE));
        }
        Icon::Stop => {
            painter.rect_filled(Rect::from_min_max(at(0.14, 0.14), at(0.86, 0.86)), 2.0, colour);
        }
        Icon::Record => {
            painter.circle_filled(rect.center(), side * 0.4, colour);
        }
        Icon::Loop => {
            line(arc(rect.center(), 0.38, -PI * 0.3, PI * 0.62));
            line(arc(rect.center(), 0.38, PI * 0.7, PI * 1.62));
            for angle in [-PI * 0.3, PI * 0.7] {
                let tip = rect.center() + Vec2::angled(angle) * side * 0.38;
                let outward = Vec2::angled(angle) * side * 0.2;
                let back = Vec2::angled(angle - PI / 2.0) * side * 0.22;
                let corners = vec![tip + outward, tip - outward, tip + back];
                painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
            }
        }
        Icon::Similar => {
            for (i, height) in [0.3, 0.75, 0.5].into_iter().enumerate() {
                let x = 0.06 + 0.15 * i as f32;
                line(vec![at(x, 0.5 - height / 2.0), at(x, 0.5 + height / 2.0)]);
                line(vec![at(x + 0.58, 0.5 - height / 2.0), at(x + 0.58, 0.5 + height / 2.0)]);
            }
        }
        Icon::Close => {
            line(vec![at(0.2, 0.2), at(0.8, 0.8)]);
            line(vec![at(0.8, 0.2), at(0.2, 0.8)]);
        }
        Icon::Add => {
            line(vec![at(0.5, 0.1), at(0.5, 0.9)]);
            line(vec![at(0.1, 0.5), at(0.9, 0.5)]);
        }
        Icon::Less => {
            line(vec![at(0.1, 0.5), at(0.9, 0.5)]);
        }
        Icon::Folder => {
            let corners = [(0.06, 0.2), (0.4, 0.2), (0.5, 0.34), (0.94, 0.34), (0.94, 0.84), (0.06, 0.84), (0.06, 0.2)];
            line(corners.map(|(x, y)| at(x, y)).to_vec());
        }
        Icon::Sun => {
            painter.circle_filled(rect.center(), side * 0.22, colour);
            for i in 0..8 {
                let ray = Vec2::angled(TAU * i as f32 / 8.0) * side;
                line(vec![rect.center() + ray * 0.34, rect.center() + ray * 0.48]);
            }
        }
        Icon::Moon => {
            // Both edges of the crescent meet at the same two tips.
            let mut outline = arc(rect.center(), 0.42, -PI * 0.5, -PI * 2.0);
            let inner = pos2(rect.center().x + side * 0.2, rect.center().y - side * 0.2);
            outline.extend(arc(inner, 0.29, PI * 0.42, PI * 1.08));
            painter.add(Shape::closed_line(outline, stroke));
        }
        Icon::Screen => {
            painter.rect_stroke(
                Rect::from_min_max(at(0.06, 0.14), at(0.94, 0.72)),
                1.5,
                stroke,
                egui::StrokeKind::Middle,
            );
            line(vec![at(0.3, 0.9), at(0.7, 0.9)]);
        }
        Icon::Search => {
            painter.circle_stroke(at(0.42, 0.42), side * 0.3, stroke);
            line(vec![at(0.64, 0.64), at(0.92, 0.92)]);
        }
        Icon::Speaker => {
            let body =
                [(0.05, 0.36), (0.22, 0.36), (0.46, 0.14), (0.46, 0.86), (0.22, 0.64), (0.05, 0.64), (0.05, 0.36)];
            line(body.map(|(x, y)| at(x, y)).to_vec());
            line(arc(at(0.46, 0.5), 0.22, -PI / 3.0, PI / 3.0));
            line(arc(at(0.46, 0.5), 0.42, -PI / 3.0, PI / 3.0));
        }
        Icon::Help => {
            let mut hook = arc(at(0.5, 0.32), 0.2, -PI, PI * 0.35);
            hook.push(at(0.5, 0.64));
            line(hook);
            painter.circle_filled(at(0.5, 0.86), side * 0.075, colour);
        }
        Icon::Warning => {
            painter.add(Shape::closed_line(vec![at(0.5, 0.08), at(0.96, 0.9), at(0.04, 0.9)], stroke));
            line(vec![at(0.5, 0.38), at(0.5, 0.62)]);
            painter.circle_filled(at(0.5, 0.76), side * 0.055, colour);
        }
        Icon::Microphone => {
            painter.rect_filled(Rect::from_min_max(at(0.36, 0.04), at(0.64, 0.58)), side * 0.14, colour);
            line(arc(at(0.5, 0.44), 0.28, 0.0, PI));
            line(vec![at(0.5, 0.72), at(0.5, 0.94)]);
            line(vec![at(0.3, 0.94), at(0.7, 0.94)]);
        }
        Icon::Pencil => {
            line(
                [(0.1, 0.9), (0.16, 0.66), (0.7, 0.12), (0.88, 0.3), (0.34, 0.84), (0.1, 0.9)]
                    .map(|(x, y)| at(x, y))
                    .to_vec(),
            );
            line(vec![at(0.58, 0.24), at(0.76, 0.42)]);
        }
        Icon::PlayOn => {
            let triangle = vec![at(0.1, 0.14), at(0.7, 0.5), at(0.1, 0.86)];
            painter.add(Shape::convex_polygon(triangle, colour, Stroke::NONE));
            line(vec![at(0.86, 0.14), at(0.86, 0.86)]);
        }
        Icon::List => {
            for y in [0.18, 0.5, 0.82] {
                painter.circle_filled(at(0.1, y), side * 0.075, colour);
                line(vec![at(0.28, y), at(0.96, y)]);
            }
        }
        Icon::ZoomIn | Icon::ZoomOut => {
            painter.circle_stroke(at(0.42, 0.42), side * 0.36, stroke);
            line(vec![at(0.68, 0.68), at(0.95, 0.95)]);
            line(vec![at(0.25, 0.42), at(0.59, 0.42)]);
            if icon == Icon::ZoomIn {
                line(vec![at(0.42, 0.25), at(0.42, 0.59)]);
            }
        }
        Icon::Whole => {
            for (x, y, right, down) in
                [(0.06, 0.06, 1.0, 1.0), (0.94, 0.06, -1.0, 1.0), (0.94, 0.94, -1.0, -1.0), (0.06, 0.94, 1.0, -1.0)]
            {
                line(vec![at(x + 0.28 * right, y), at(x, y), at(x, y + 0.28 * down)]);
            }
            painter.circle_filled(at(0.5, 0.5), side * 0.1, colour);
        }
        Icon::Bits => {
            for (i, on) in [true, false, true, true, true, false].into_iter().enumerate() {
                let corner = at(0.06 + 0.32 * (i % 3) as f32, 0.2 + 0.34 * (i / 3) as f32);
                let cell = Rect::from_min_size(corner, Vec2::splat(side * 0.24));
                if on {
                    painter.rect_filled(cell, 1.0, colour);
                } else {
                    painter.rect_stroke(cell, 1.0, Stroke::new(1.0, colour), egui::StrokeKind::Inside);
                }
            }
        }
        Icon::Folded => {
            line(vec![at(0.3, 0.1), at(0.75, 0.5), at(0.3, 0.9)]);
        }
        Icon::Unfolded => {
            line(vec![at(0.1, 0.3), at(0.5, 0.75), at(0.9, 0.3)]);
        }
        Icon::Star | Icon::StarFilled => {
            let tip = |i: usize| {
                let radius = if i.is_multiple_of(2) { 0.48 } else { 0.2 };
                at(0.5, 0.53) + Vec2::angled(TAU * i as f32 / 10.0 - PI / 2.0) * radius * side
            };
            if icon == Icon::StarFilled {
                // A star is not convex: its points are triangles around a pentagon.
                for i in (0..10).step_by(2) {
                    let point = vec![tip(i + 9), tip(i), tip(i + 1)];
                    painter.add(Shape::convex_polygon(point, colour, Stroke::NONE));
                }
                let inner = (0..5).map(|i| tip(2 * i + 1)).collect();
                painter.add(Shape::convex_polygon(inner, colour, Stroke::NONE));
            }
            painter.add(Shape::closed_line((0..10).map(tip).collect(), Stroke::new(stroke.width * 0.85, colour)));
        }
        Icon::Back => {
            line(vec![at(0.92, 0.5), at(0.1, 0.5)]);
            line(vec![at(0.44, 0.16), at(0.1, 0.5), at(0.44, 0.84)]);
        }
        Icon::Forward => {
            line(vec![at(0.08, 0.5), at(0.9, 0.5)]);
            line(vec![at(0.56, 0.16), at(0.9, 0.5), at(0.56, 0.84)]);
        }
        Icon::History => {
            line(arc(at(0.5, 0.5), 0.42, -PI * 0.8, PI * 0.95));
            line(vec![at(0.5, 0.24), at(0.5, 0.52), at(0.7, 0.64)]);
            line(vec![at(0.02, 0.2), at(0.14, 0.26), at(0.22, 0.14)]);
        }
        Icon::Around => {
            painter.rect_filled(Rect::from_min_max(at(0.36, 0.2), at(0.64, 0.8)), 1.5, colour);
            line(vec![at(0.26, 0.5), at(0.04, 0.5)]);
            line(vec![at(0.14, 0.36), at(0.02, 0.5), at(0.14, 0.64)]);
            line(vec![at(0.74, 0.5), at(0.96, 0.5)]);
            line(vec![at(0.86, 0.36), at(0.98, 0.5), at(0.86, 0.64)]);
        }
        Icon::Tag => {
            line(vec![at(0.1, 0.12), at(0.5, 0.12), at(0.92, 0.54), at(0.54, 0.92), at(0.1, 0.5), at(0.1, 0.12)]);
            painter.circle_filled(at(0.32, 0.34), 1.2, colour);
        }
        Icon::Turns => {
            line(vec![at(0.1, 0.32), at(0.88, 0.32)]);
            line(vec![at(0.7, 0.16), at(0.9, 0.32), at(0.7, 0.48)]);
            line(vec![at(0.9, 0.7), at(0.12, 0.7)]);
            line(vec![at(0.3, 0.54), at(0.1, 0.7), at(0.3, 0.86)]);
        }
        Icon::Preview => {
            line(vec![at(0.08, 0.1), at(0.08, 0.66), at(0.24, 0.52), at(0.34, 0.78)]);
            line(vec![at(0.08, 0.1), at(0.5, 0.48), at(0.24, 0.52)]);
            line(vec![at(0.58, 0.2), at(0.66, 0.32), at(0.66, 0.5), at(0.58, 0.62)]);
            line(vec![at(0.74, 0.08), at(0.88, 0.28), at(0.88, 0.54), at(0.74, 0.76)]);
        }
        Icon::Copies => {
            line(vec![at(0.3, 0.3), at(0.92, 0.3), at(0.92, 0.92), at(0.3, 0.92), at(0.3, 0.3)]);
            line(vec![at(0.3, 0.7), at(0.08, 0.7), at(0.08, 0.08), at(0.7, 0.08), at(0.7, 0.3)]);
        }
        Icon::Cut => {
            line(arc(at(0.2, 0.22), 0.15, 0.0, TAU));
            line(arc(at(0.2, 0.78), 0.15, 0.0, TAU));
            line(vec![at(0.33, 0.31), at(0.95, 0.76)]);
            line(vec![at(0.33, 0.69), at(0.95, 0.24)]);
        }
        Icon::Drop => {
            line(vec![at(0.5, 0.06), at(0.5, 0.6)]);
            line(vec![at(0.28, 0.4), at(0.5, 0.62), at(0.72, 0.4)]);
            line(vec![at(0.06, 0.62), at(0.06, 0.92), at(0.94, 0.92), at(0.94, 0.62)]);
        }
    }
}

//! Draws the messages above the player strip.

use egui::{Align2, Area, Color32, Context, Frame, Id, Order, Sense, Stroke, Vec2};

use crate::gui::notices::{Deed, Notices, Tone};
use crate::gui::theme::{Palette, palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::{self, Icon};

/// Draws the messages, and wakes the window when the next one must disappear. Returns what a pressed button asks for.
pub fn show(ctx: &Context, notices: &mut Notices) -> Option<Deed> {
    if let Some(secs) = notices.expire(ctx.input(|i| i.time)) {
        ctx.request_repaint_after_secs(secs as f32);
    }
    let (mut wanted, mut dismissed) = (None, None);
    let mut lift = size::PLAYER + 12.0;
    for (i, notice) in notices.shown().iter().enumerate().rev() {
        let area = Area::new(Id::unique(("notice", i)))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, Vec2::new(-14.0, -lift));
        let drawn = area.show(ctx, |ui| {
            let colour = colour_of(notice.tone, palette(ui.visuals()));
            let frame = Frame::popup(ui.style()).stroke(Stroke::new(1.0, colour)).inner_margin(10);
            frame.show(ui, |ui| {
                ui.set_max_width(380.0);
                ui.horizontal_top(|ui| {
                    let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::CONTROL), Sense::hover());
                    let sign = if notice.tone == Tone::Good { Icon::Similar } else { Icon::Warning };
                    icons::paint(ui.painter(), sign, rect.shrink(6.0), colour);
                    ui.vertical(|ui| {
                        ui.set_width(300.0);
                        ui.add_space(5.0);
                        ui.add(egui::Label::new(notice.text.as_str()).wrap());
                        if let Some(deed) = notice.deed
                            && ui.button(deed.name()).clicked()
                        {
                            (wanted, dismissed) = (Some(deed), Some(i));
                        }
                    });
                    if icon_button(ui, Icon::Close, "Dismiss this message").clicked() {
                        dismissed = Some(i);
                    }
                });
            });
        });
        lift += drawn.response.rect.height() + 8.0;
    }
    if let Some(place) = dismissed {
        notices.dismiss(place);
    }
    wanted
}

fn colour_of(tone: Tone, palette: &Palette) -> Color32 {
    match tone {
        Tone::Good => palette.accent,
        Tone::Warning => palette.warning,
        Tone::Error => palette.error,
    }
}

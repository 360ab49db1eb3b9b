//! The colours, sizes and fonts of the window. No other file chooses one.

use egui::style::{Selection, WidgetVisuals};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme,
    ThemePreference, Visuals,
};

use super::explore::kinds::{KINDS, STEPS};
use super::preferences::Look;

/// The look that the person chose, in egui's form.
pub fn preference(look: Look) -> ThemePreference {
    match look {
        Look::System => ThemePreference::System,
        Look::Dark => ThemePreference::Dark,
        Look::Light => ThemePreference::Light,
    }
}

/// Sizes, in points.
pub mod size {
    /// Windows up to this height keep room for the matches.
    pub const LOW_WINDOW: f32 = 620.0;
    /// The space between things that belong together, and between groups.
    pub const GAP: f32 = 8.0;
    pub const SECTION: f32 = 16.0;
    /// The margin inside a panel.
    pub const PAD: i8 = 14;
    /// The space between two panels.
    pub const GUTTER: f32 = 2.0;
    pub const CORNER: u8 = 6;
    pub const HEADER: f32 = 44.0;
    pub const PLAYER: f32 = 52.0;
    pub const TABLE_ROW: f32 = 26.0;
    pub const MATCH_ROW: f32 = 30.0;
    pub const CONTROL: f32 = 28.0;
    pub const ICON: f32 = 14.0;
    /// The picture of the query, in a high window and in a low one.
    pub const QUERY_PICTURE: f32 = 200.0;
    pub const QUERY_PICTURE_LOW: f32 = 84.0;
    /// The waveform of the selected match below it.
    pub const COMPARED: f32 = 44.0;
    pub const COMPARED_LOW: f32 = 28.0;
    pub const PLOT: f32 = 104.0;
    pub const HISTOGRAM: f32 = 64.0;
    pub const NEAR_ROW: f32 = 40.0;
    /// The height of the list below the map, and the size of a cell of a code.
    pub const MAP_LIST: f32 = 176.0;
    pub const CELL: f32 = 22.0;
}

/// The colours of one theme.
#[derive(Debug)]
pub struct Palette {
    /// The ground behind the panels.
    pub window: Color32,
    pub panel: Color32,
    /// The ground of inputs, tracks, waveforms and plots.
    pub well: Color32,
    /// Buttons at rest, and rows under the pointer.
    pub raised: Color32,
    pub raised_hover: Color32,
    pub line: Color32,
    pub text: Color32,
    pub dim: Color32,
    /// The accent for what to do next, what is selected, and what plays.
    pub accent: Color32,
    pub on_accent: Color32,
    pub accent_hover: Color32,
    /// The ground of what is selected.
    pub selected: Color32,
    pub warning: Color32,
    pub error: Color32,
    /// A waveform that is not in focus, and the edge of a field.
    pub wave: Color32,
    /// Lines of a plot.
    pub series: [Color32; 5],
    /// Kinds of dots on the map.
    pub kinds: [Color32; KINDS],
    /// Dots by steps of a scale, from low to high.
    pub steps: [Color32; STEPS],
    /// From silence to the loudest in a spectrogram, in even steps.
    pub spectrum: [Color32; 5],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub const DARK: Palette = Palette {
    window: rgb(0x11_14_19),
    panel: rgb(0x19_1D_24),
    well: rgb(0x12_15_1B),
    raised: rgb(0x26_2C_36),
    raised_hover: rgb(0x30_38_45),
    line: rgb(0x2C_33_3E),
    text: rgb(0xE6_E9_EF),
    dim: rgb(0x9D_A6_B5),
    accent: rgb(0x45_D0_B0),
    on_accent: rgb(0x06_23_1C),
    accent_hover: rgb(0x6A_DE_C4),
    selected: rgb(0x1C_3B_3A),
    warning: rgb(0xF0_BE_62),
    error: rgb(0xFF_87_87),
    wave: rgb(0x7E_8C_A1),
    series: [rgb(0x45_D0_B0), rgb(0x82_AA_FF), rgb(0xC9_9B_FF), rgb(0xF0_9E_6C), rgb(0xE3_D0_62)],
    kinds: [
        rgb(0x45_D0_B0),
        rgb(0x82_AA_FF),
        rgb(0xF0_9E_6C),
        rgb(0xC9_9B_FF),
        rgb(0xE9_D2_5A),
        rgb(0xF2_7F_A5),
        rgb(0x5F_C8_F0),
        rgb(0x9C_CF_5A),
        rgb(0xC4_A0_84),
        rgb(0xE0_6B_6B),
    ],
    steps: [rgb(0x8A_7B_F0), rgb(0x4F_9B_E8), rgb(0x3C_C4_A4), rgb(0xA6_D1_52), rgb(0xF7_E4_5A)],
    spectrum: [rgb(0x12_15_1B), rgb(0x1B_2A_45), rgb(0x1F_6A_77), rgb(0x5C_CF_A6), rgb(0xF6_F7_D2)],
};

pub const LIGHT: Palette = Palette {
    window: rgb(0xE4_E7_EB),
    panel: rgb(0xF7_F8_FA),
    well: rgb(0xFF_FF_FF),
    raised: rgb(0xE6_E9_EE),
    raised_hover: rgb(0xD9_DE_E5),
    line: rgb(0xD3_D8_DF),
    text: rgb(0x1B_20_28),
    dim: rgb(0x55_5E_6C),
    accent: rgb(0x06_74_60),
    on_accent: rgb(0xFF_FF_FF),
    accent_hover: rgb(0x05_5E_4E),
    selected: rgb(0xD2_EC_E5),
    warning: rgb(0x80_52_00),
    error: rgb(0xB3_26_1E),
    wave: rgb(0x6C_77_87),
    series: [rgb(0x06_74_60), rgb(0x2F_5F_C4), rgb(0x84_3F_C8), rgb(0xB0_4E_12), rgb(0x75_66_00)],
    kinds: [
        rgb(0x06_8A_72),
        rgb(0x2F_5F_C4),
        rgb(0xC4_5A_18),
        rgb(0x84_3F_C8),
        rgb(0x8F_74_00),
        rgb(0xC2_2F_68),
        rgb(0x0B_83_B5),
        rgb(0x4F_86_12),
        rgb(0x8A_5F_3E),
        rgb(0xB3_26_1E),
    ],
    steps: [rgb(0x4A_2C_8F), rgb(0x2B_6C_A8), rgb(0x12_80_68), rgb(0x5C_7A_00), rgb(0xA0_66_00)],
    spectrum: [rgb(0xFF_FF_FF), rgb(0xDC_E8_F2), rgb(0x8F_C9_C4), rgb(0x1F_86_83), rgb(0x0B_2E_4A)],
};

/// The palette of a style.
pub fn palette(visuals: &Visuals) -> &'static Palette {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

/// The colour of each level of a spectrogram.
pub fn spectrum(visuals: &Visuals) -> [Color32; 256] {
    let stops = palette(visuals).spectrum;
    std::array::from_fn(|level| {
        let place = level as f32 / 255.0 * (stops.len() - 1) as f32;
        let lower = (place as usize).min(stops.len() - 2);
        stops[lower].lerp_to_gamma(stops[lower + 1], place - lower as f32)
    })
}

/// The text style of a page's own title.
pub fn title() -> TextStyle {
    TextStyle::Name("title".into())
}

/// Sets the style of both themes. `Context::set_theme` chooses between them.
pub fn install(ctx: &Context) {
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
}

fn style(palette: &Palette, visuals: Visuals) -> Style {
    let mut style = Style { visuals: dress(palette, visuals), ..Style::default() };
    let font = |points| FontId::new(points, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, font(11.5)),
        (TextStyle::Body, font(13.5)),
        (TextStyle::Button, font(13.5)),
        (TextStyle::Heading, font(16.0)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        (title(), font(24.0)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(size::GAP, size::GAP);
    spacing.button_padding = egui::vec2(12.0, 5.0);
    spacing.interact_size = egui::vec2(size::CONTROL, size::CONTROL);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(20);
    spacing.slider_rail_height = 4.0;
    spacing.icon_spacing = 6.0;
    spacing.indent = 17.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll.bar_width = 8.0;
    spacing.scroll.floating_width = 4.0;
    spacing.scroll.dormant_handle_opacity = 0.5;
    spacing.scroll.floating_allocated_width = 8.0;
    style.interaction.tooltip_delay = 0.35;
    // Text in panels cannot be selected, so a drag over it leaves no marks.
    style.interaction.selectable_labels = false;
    style.animation_time = 0.08;
    style
}

fn dress(palette: &Palette, mut visuals: Visuals) -> Visuals {
    let corner_radius = CornerRadius::same(size::CORNER);
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(palette.panel, palette.line, palette.text);
    visuals.widgets.inactive = widget(palette.raised, palette.raised, palette.text);
    visuals.widgets.hovered = widget(palette.raised_hover, palette.raised_hover, palette.text);
    // egui draws the widget with the keyboard's focus as active, so this edge is the focus ring.
    visuals.widgets.active = widget(palette.raised_hover, palette.accent, palette.text);
    visuals.widgets.open = widget(palette.raised_hover, palette.line, palette.text);
    visuals.selection = Selection { bg_fill: palette.selected, stroke: Stroke::new(1.0, palette.accent) };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.dim);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.raised;
    visuals.extreme_bg_color = palette.well;
    visuals.text_edit_bg_color = Some(palette.well);
    visuals.code_bg_color = palette.well;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.error;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = corner_radius;
    let shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(90) };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.disabled_alpha = 0.6;
    visuals
}

/// The frame of a panel.
pub fn panel_frame(palette: &Palette) -> egui::Frame {
    egui::Frame::new().fill(palette.panel).inner_margin(Margin::same(size::PAD))
}

/// The frame of a strip along an edge of the window.
pub fn strip_frame(palette: &Palette) -> egui::Frame {
    egui::Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(size::PAD, 6))
}

/// The frame around a picture of sound or of numbers.
pub fn well_frame(palette: &Palette) -> egui::Frame {
    egui::Frame::new().fill(palette.well).corner_radius(size::CORNER).inner_margin(Margin::same(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c: Color32| {
            let linear = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn all_text_has_a_contrast_of_at_least_4_5() {
        for (name, p) in [("dark", &DARK), ("light", &LIGHT)] {
            let grounds = [p.window, p.panel, p.well, p.raised, p.raised_hover, p.selected];
            let mut pairs: Vec<(Color32, Color32)> = vec![(p.on_accent, p.accent), (p.on_accent, p.accent_hover)];
            pairs.extend(grounds.iter().flat_map(|ground| [(p.text, *ground), (p.dim, *ground)]));
            for ground in [p.window, p.panel, p.well, p.selected] {
                pairs.extend([(p.warning, ground), (p.error, ground), (p.accent, ground)]);
            }
            pairs.extend(p.series.iter().map(|line| (*line, p.panel)));
            for ground in grounds {
                let ratio = contrast(p.wave, ground);
                assert!(ratio >= 3.0, "{name}: waveforms and the edges of fields on {ground:?} have {ratio:.2}");
            }
            for kind in p.kinds {
                let ratio = contrast(kind, p.well);
                assert!(ratio >= 3.0, "{name}: the dots {kind:?} have {ratio:.2}");
            }
            for (text, ground) in pairs {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{name}: {text:?} on {ground:?} has {ratio:.2}");
            }
        }
    }
}

//! What counts for the order of the matches: sliders for tone, pitch, envelope and length. They are hidden at first.

use egui::{Button, Slider, Ui};

use crate::engine::Weights;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::text;

const SLIDER: f32 = 72.0;
const STEP: f64 = 0.05;

/// The button that shows and hides the sliders. It is lit while more than the tone counts.
pub fn button(ui: &mut Ui, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    let weights = search.weights_now();
    let shown = shared.preferences.shows_weights;
    let is_lit = shown || !weights.is_tone_alone();
    let help = format!("{} Click to {} the sliders.", words(weights), if shown { "hide" } else { "see" });
    let button = Button::selectable(is_lit, "Order");
    if ui.add(button).on_hover_text(help).clicked() {
        intents.show_weights(!shown);
    }
}

/// The sliders, if they are shown, and a sentence that says what counts.
pub fn show(ui: &mut Ui, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    if !shared.preferences.shows_weights {
        return;
    }
    let before = search.weights_now();
    let [mut tone, mut pitch, mut envelope, mut length]: [f32; 4] = before.into();
    let mut is_reset = false;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().slider_width = SLIDER;
        let sliders = [
            (&mut tone, "Tone", "How much the likeness that the model has learned counts"),
            (&mut pitch, "Pitch", "How much a pitch near the query's counts"),
            (&mut envelope, "Envelope", "How much an attack like the query's counts"),
            (&mut length, "Length", "How much a length near the query's counts"),
        ];
        for (weight, name, help) in sliders {
            let slider = Slider::new(weight, 0.0..=1.0).step_by(STEP).show_value(false).text(name);
            ui.add(slider).on_hover_text(help);
        }
        is_reset = !before.is_tone_alone() && ui.button("Tone alone").clicked();
    });
    let weights = if is_reset { Weights::default() } else { Weights::new(tone, pitch, envelope, length) };
    let line = words(weights);
    if weights.is_tone_alone() {
        text::small(ui, line);
    } else {
        ui.label(egui::RichText::new(line).small().color(palette(ui.visuals()).accent));
    }
    if weights != before {
        intents.set_weights(weights);
    }
}

/// "The order goes by tone (100%) and pitch (50%)."
fn words(weights: Weights) -> String {
    if weights.is_tone_alone() {
        return "The order goes by tone alone.".into();
    }
    let all = [
        ("tone", weights.tone()),
        ("pitch", weights.pitch()),
        ("envelope", weights.envelope()),
        ("length", weights.length()),
    ];
    let counted = all.iter().filter(|(_, weight)| *weight > 0.0);
    let parts: Vec<String> = counted.map(|(name, weight)| format!("{name} ({:.0}%)", 100.0 * weight)).collect();
    match parts.split_last() {
        Some((last, [])) => format!("The order goes by {last}."),
        Some((last, others)) => format!("The order goes by {} and {last}.", others.join(", ")),
        None => "The order goes by tone alone.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_told_in_words() {
        assert_eq!(words(Weights::default()), "The order goes by tone alone.");
        assert_eq!(words(Weights::new(1.0, 0.5, 0.0, 0.0)), "The order goes by tone (100%) and pitch (50%).");
        assert_eq!(
            words(Weights::new(1.0, 0.5, 0.25, 1.0)),
            "The order goes by tone (100%), pitch (50%), envelope (25%) and length (100%)."
        );
        assert_eq!(words(Weights::new(0.0, 0.0, 0.0, 1.0)), "The order goes by length (100%).");
    }
}

//! What the query has beside its sound: further sounds, the number of verdicts, the name of the saved search, and, for
//! events, the line. It is between the query and the matches.

use egui::{DragValue, RichText, Ui, vec2};

use crate::engine::{Example, SearchReport, words};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::match_list::View;
use crate::gui::search_state::SearchState;
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::bidi::visual;
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, search: &SearchState, shared: &Shared, intents: &mut Intents, report: Option<&SearchReport>) {
    let of_events = report.filter(|report| search.view == View::Everywhere && !report.silent);
    if search.taught.is_empty() && of_events.is_none() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 2.0);
        ui.spacing_mut().interact_size.y = 22.0;
        ui.spacing_mut().button_padding = vec2(4.0, 1.0);
        if let Some(report) = of_events {
            line(ui, search, intents, report);
        }
        basket(ui, search, shared, intents);
    });
}

fn basket(ui: &mut Ui, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    if let Some(name) = search.taught.saved.clone() {
        ui.label(RichText::new(visual(&name)).strong());
        if let Some(new) = search.taught.new {
            let new = match new {
                0 => "nothing new".to_owned(),
                new => format!("{} new", format::count(new as u64)),
            };
            ui.label(RichText::new(new).small().color(palette.accent));
        }
    }
    for (place, Example { path, is_like, .. }) in search.taught.basket().examples.clone().iter().enumerate() {
        let name = format::file_name(path);
        let (sign, of, colour) = match is_like {
            true => ("like", "wanted", palette.accent),
            false => ("not like", "unwanted", palette.warning),
        };
        let chip = ui.button(RichText::new(format!("{sign} {}  ×", visual(name))).small().color(colour));
        let spoken = format!("Remove the {of} sound {name} from the query");
        chip.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        if chip.on_hover_text(format!("{path}\n{spoken}")).clicked() {
            intents.remove_example(place);
        }
    }
    let (yes, no) = search.taught.judged();
    if yes + no > 0 {
        let told = format!("{} yes, {} no", format::count(yes as u64), format::count(no as u64));
        ui.label(RichText::new(told).small().color(palette.dim));
        if ui.link(RichText::new("forget them").small()).clicked() {
            intents.forget_verdicts();
        }
    }
    let unsaved = search.taught.saved.is_none() && !search.taught.is_empty() && !shared.read_only();
    if unsaved && ui.link(RichText::new("save this search…").small()).clicked() {
        intents.ask_to_save_search();
    }
}

/// The line where likeness ends: at its suggested place, or moved by hand.
fn line(ui: &mut Ui, search: &SearchState, intents: &mut Intents, report: &SearchReport) {
    let Some(threshold) = report.line.threshold else {
        return text::small(ui, "There is too little sound here to say where likeness ends.");
    };
    text::small(ui, "Line at");
    let by_hand = search.taught.basket().threshold;
    let mut at = by_hand.unwrap_or(threshold);
    let most = report.bits as f64 / 2.0;
    let field = DragValue::new(&mut at).range(0.0..=most).speed(0.1).fixed_decimals(1).suffix(" bits");
    let help = "Events that differ in more bits are behind the line. Drag, or click and type.";
    if ui.add(field).accessible_name("Where likeness ends, in bits").on_hover_text(help).changed() {
        intents.draw_line_at(Some(at));
    }
    if by_hand.is_some() && ui.link(RichText::new("as suggested").small()).clicked() {
        intents.draw_line_at(None);
    }
    if let Some(counted) = counted(report) {
        let full = words::events_counted(report).unwrap_or_default();
        let label = ui.label(RichText::new(counted).small().color(palette(ui.visuals()).dim));
        label.on_hover_text(full);
    }
}

/// From so many answers on, the share of right ones is shown.
const ENOUGH: usize = 10;

/// A short text with the number of events before the line, and how many of them come by chance.
fn counted(report: &SearchReport) -> Option<String> {
    let mut words = format::counted(report.line.alike? as u64, "event", "events");
    if let Some(expected) = report.line.false_alarms {
        words += &match expected {
            ..0.05 => ", fewer than 0.1 by chance".to_owned(),
            _ => format!(", {expected:.1} by chance"),
        };
    }
    // A share of few answers says little.
    if let Some(precision) = report.line.precision.as_ref().filter(|precision| precision.judged >= ENOUGH) {
        words += &format!("; {:.0}% right", 100.0 * precision.share);
    }
    Some(words)
}

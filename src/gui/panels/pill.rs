//! The button in the header that shows which model the search uses and the progress of learning or indexing. A click
//! opens the training page.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, vec2};

use crate::engine::JobKind;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::shared::{Page, Shared};
use crate::gui::theme::palette;
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::progress;

const HEIGHT: f32 = 26.0;

/// The contents of the pill.
#[derive(Debug, PartialEq)]
struct Said {
    words: String,
    tone: Tone,
    /// The progress, from 0 to 1.
    fraction: Option<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Quiet,
    /// There is something to do.
    Inviting,
    Warning,
}

pub fn show(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let Said { words, tone, fraction } = said(shared);
    let palette = palette(ui.visuals());
    let font = TextStyle::Small.resolve(ui.style());
    let colour = match tone {
        Tone::Quiet => palette.dim,
        Tone::Inviting => palette.accent,
        Tone::Warning => palette.warning,
    };
    let galley = ui.painter().layout_no_wrap(words.clone(), font, colour);
    let width = galley.size().x + 24.0 + if tone == Tone::Warning { 16.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    let spoken = format!("{words}: training and indexing");
    let open = shared.page == Page::Learning;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, &spoken));
    let painter = ui.painter();
    let round = (HEIGHT / 2.0) as u8;
    let ground = if open || response.hovered() { palette.raised_hover } else { palette.panel };
    painter.rect_filled(rect, round, ground);
    if let Some(fraction) = fraction {
        let done = rect.with_max_x(rect.left() + (fraction * rect.width()).max(HEIGHT));
        painter.rect_filled(done, round, palette.selected);
    }
    let edge = if response.has_focus() || open { palette.accent } else { palette.line };
    painter.rect_stroke(rect, round, Stroke::new(1.0, edge), StrokeKind::Inside);
    let mut inner = rect.shrink2(vec2(12.0, 0.0));
    if tone == Tone::Warning {
        let sign = Rect::from_center_size(inner.left_center() + vec2(6.0, 0.0), vec2(12.0, 12.0));
        icons::paint(painter, Icon::Warning, sign, colour);
        inner.min.x += 16.0;
    }
    let place = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), inner);
    painter.galley(place.min, galley, colour);
    if response.on_hover_text("Training and indexing, with all their figures (Ctrl+6)").clicked() {
        intents.turn_to(if open { Page::Search } else { Page::Learning });
    }
}

fn said(shared: &Shared) -> Said {
    let of_job = |kind: JobKind, doing: &str| {
        let (_, view) = shared.job(kind)?;
        let training = shared.latest.training.as_ref().filter(|training| kind == JobKind::Train && training.running);
        let step = training.and_then(|training| Some((training.history.last()?.step, training.steps_planned)));
        let fraction = match step {
            Some((step, planned)) => progress::fraction(step as u64, planned as u64),
            None => progress::fraction(view.done, view.total),
        };
        let percent = fraction.map_or(String::new(), |fraction| format!(" {:.0}%", 100.0 * fraction));
        Some(Said { words: format!("{doing}{percent}"), tone: Tone::Quiet, fraction })
    };
    let running = of_job(JobKind::Train, "Learning").or_else(|| of_job(JobKind::Index, "Indexing"));
    running.unwrap_or_else(|| {
        let (words, tone) = at_rest(shared);
        Said { words, tone, fraction: None }
    })
}

fn at_rest(shared: &Shared) -> (String, Tone) {
    let files = shared.latest.dataset.files.len();
    if shared.latest.model.is_none() {
        return ("Nothing indexed yet".to_owned(), Tone::Inviting);
    }
    if shared.is_collapsed() {
        return ("The model cannot tell sounds apart".to_owned(), Tone::Warning);
    }
    match &shared.latest.index {
        Some(index) if !index.of_current_model => ("The index is of an earlier model".to_owned(), Tone::Warning),
        Some(index) if index.missing_files > 0 => {
            (format!("{} to index", format::counted(index.missing_files as u64, "sound", "sounds")), Tone::Inviting)
        }
        Some(_) => {
            let sounds = format::counted(files as u64, "sound", "sounds");
            let words = match shared.is_of_base_model() {
                true => format!("Base model, {sounds}"),
                false => format!("Learned from {sounds}"),
            };
            (words, Tone::Quiet)
        }
        None => ("Not indexed yet".to_owned(), Tone::Inviting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::state::State;
    use crate::gui::tests::made_up::{self, changed};

    #[test]
    fn the_pill_names_the_model_and_the_next_step() {
        let words = |state: &State| said(&state.shared).words;
        assert_eq!(words(&made_up::added()), "Nothing indexed yet");
        assert_eq!(words(&made_up::training()), "Learning 20%");
        assert_eq!(words(&made_up::ready()), "Learned from 3 sounds");
        let base = changed(made_up::ready(), |latest| {
            let mut model = (*made_up::model()).clone();
            model.kind = crate::model::ModelKind::Base;
            latest.model = Some(model.into());
        });
        assert_eq!(words(&base), "Base model, 3 sounds", "nothing was learned from them");
        let index = |change: fn(&mut crate::engine::IndexView)| {
            changed(made_up::ready(), |latest| {
                let mut index = (*made_up::index()).clone();
                change(&mut index);
                latest.index = Some(index.into());
            })
        };
        assert_eq!(words(&index(|index| index.missing_files = 12)), "12 sounds to index");
        assert_eq!(said(&index(|index| index.of_current_model = false).shared).tone, Tone::Warning);
        let collapsed = changed(made_up::ready(), |latest| {
            let mut model = (*made_up::model()).clone();
            model.collapsed = Some("Every sound has the same code.".into());
            latest.model = Some(model.into());
        });
        assert_eq!(
            said(&collapsed.shared),
            Said { words: "The model cannot tell sounds apart".into(), tone: Tone::Warning, fraction: None }
        );
    }
}

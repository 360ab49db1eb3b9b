//! Training: its settings, its course, and its result.

use egui::{Align, Label, Layout, RichText, Slider, SliderClamping, TextEdit, Ui, vec2};

use crate::engine::{Command, JobId, JobKind, JobView, TrainingPoint, TrainingView};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::notices::Tone;
use crate::gui::shared::Shared;
use crate::gui::theme::{palette, size};
use crate::gui::training_form::{TrainingForm, offered_bits};
use crate::gui::widgets::bit_strip::{self, bit_strip};
use crate::gui::widgets::buttons::{folding, primary, segmented};
use crate::gui::widgets::loss_plot::{Series, loss_plot};
use crate::gui::widgets::{self, message, progress, text};
use crate::model::{Config, InForm, ModelKind, Preset, Setting};

pub fn show(ui: &mut Ui, form: &mut TrainingForm, shared: &Shared, intents: &mut Intents) {
    super::title(ui, "Training", |_| ());
    let training = shared.latest.training.clone();
    match shared.job(JobKind::Train) {
        Some((job, view)) => {
            let view = view.clone();
            running(ui, intents, job, &view, training.as_deref());
        }
        None => ready(ui, form, shared, intents),
    }
    let collapsed = training.as_ref().and_then(|t| t.collapsed.clone());
    let collapsed = collapsed.or_else(|| shared.latest.model.as_ref().and_then(|model| model.collapsed.clone()));
    if let Some(why) = collapsed {
        message::message(ui, Tone::Warning, &why, None);
    }
}

/// The plots of the running training, or of the last one.
pub fn course_of(ui: &mut Ui, shared: &Shared, plot_height: f32) {
    super::title(ui, "How it goes", |_| ());
    match shared.latest.training.as_ref().filter(|training| !training.history.is_empty()) {
        Some(training) => course(ui, training, plot_height),
        None => text::help(
            ui,
            "The losses and figures of a training are drawn here while it runs, and stay until the next.",
        ),
    }
}

fn ready(ui: &mut Ui, form: &mut TrainingForm, shared: &Shared, intents: &mut Intents) {
    match &shared.latest.model {
        None => text::help(ui, "Soundalike learns from your own files to tell sounds apart."),
        Some(model) if model.kind == ModelKind::Base => {
            let help = "The base model that came with the program answers. It has learned from synthetic sounds. \
                        Learning from your own sounds makes its answers better.";
            text::help(ui, help);
            text::small(ui, format!("Codes of {} bits", model.config.bits));
        }
        Some(model) => {
            let steps = format::counted(model.steps as u64, "step", "steps");
            let preset = preset_name(model.config.preset).to_lowercase();
            let bits = model.config.bits;
            let time = format::duration(model.seconds);
            text::help(ui, format!("The model: {preset}, {bits} bits, {steps} in {time}."));
        }
    }
    let changeable = !shared.read_only() && !shared.is_empty();
    ui.add_enabled_ui(changeable, |ui| {
        choices(ui, form);
        if shared.latest.resumable {
            let help = "Continues the stopped training with its own settings";
            if primary(ui, changeable, "Resume the stopped training").on_hover_text(help).clicked() {
                intents.learn(true);
            }
            let help = "Deletes the stopped training, and starts a new one with these settings";
            if ui.button("Start again").on_hover_text(help).clicked() {
                intents.learn(false);
            }
        } else {
            // After a training, searching is the next thing to do, not another training.
            let learn = match shared.latest.model.is_none() || shared.is_of_base_model() {
                true => primary(ui, changeable, "Learn and index"),
                false => ui.button("Learn and index"),
            };
            if learn.clicked() {
                intents.learn(false);
            }
        }
        more_settings(ui, form, shared);
    });
}

fn choices(ui: &mut Ui, form: &mut TrainingForm) {
    let mut preset = form.preset;
    let presets = [Preset::Spectral, Preset::Waveform, Preset::Seed];
    let options = presets.map(|preset| (preset, preset_name(preset), preset_help(preset)));
    if segmented(ui, &mut preset, &options) {
        form.choose_preset(preset);
    }
    text::small(ui, preset_help(preset));
    ui.horizontal(|ui| {
        text::small(ui, "Bits");
        let offered = offered_bits(form.preset);
        let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
        let help = "The length of a code. More bits tell more sounds apart, and need more training.";
        let options: Vec<_> = offered.iter().zip(&names).map(|(bits, name)| (*bits, name.as_str(), help)).collect();
        segmented(ui, &mut form.bits, &options);
    });
}

/// These settings are below the button that starts training, so that unfolding them does not push it out of sight.
fn more_settings(ui: &mut Ui, form: &mut TrainingForm, shared: &Shared) {
    folding("More settings").id_salt("more settings").show_unindented(ui, |ui| {
        text::small(ui, "An empty field uses the value that it shows.");
        let common = shared.common_rate();
        let usual = form.preset_config(common);
        let fields: Vec<_> = form.fields().collect();
        for (place, of, shown) in fields {
            setting(ui, form, place, (of, shown), usual.as_ref());
        }
    });
}

/// A setting: its name, a slider if some values are worth trying, a field, and a line that says what it does.
fn setting(
    ui: &mut Ui,
    form: &mut TrainingForm,
    place: usize,
    (of, shown): (&Setting, InForm),
    usual: Option<&Config>,
) {
    let palette = palette(ui.visuals());
    let problem = form.problem(place);
    ui.horizontal(|ui| {
        let name = RichText::new(shown.title).small();
        let label = ui.allocate_ui_with_layout(vec2(90.0, size::CONTROL), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(90.0);
            ui.add(Label::new(name))
        });
        if let Some((from, to)) = shown.usual {
            let mut value = form.slid(place, usual).unwrap_or(from);
            ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(40.0);
            let slider = Slider::new(&mut value, from..=to).show_value(false).clamping(SliderClamping::Never);
            let slider = ui.add(slider).accessible_name(format!("{}, as a slider", shown.title));
            if slider.changed() {
                form.slide(place, value);
            }
        }
        let colour = problem.is_some().then_some(palette.error);
        let hint = usual.map_or_else(String::new, shown.of);
        let typed = &mut form.typed[place];
        let edit = TextEdit::singleline(typed).id_salt(shown.title).desired_width(f32::INFINITY).hint_text(hint);
        widgets::field::field(ui, edit.text_color_opt(colour)).labelled_by(label.inner.id);
    });
    ui.add_space(-4.0);
    match problem {
        Some(problem) => {
            ui.add(Label::new(RichText::new(problem).small().color(palette.error)).wrap());
        }
        None => text::small(ui, format!("{}.", of.help)),
    }
}

fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Spectral => "Spectral",
        Preset::Waveform => "Waveform",
        Preset::Seed => "Seed",
    }
}

fn preset_help(preset: Preset) -> &'static str {
    match preset {
        Preset::Spectral => "Learns from spectra, which are near to hearing. Use this one.",
        Preset::Waveform => "Learns from raw samples. It is slower and less exact.",
        Preset::Seed => "The original experiment, without changes.",
    }
}

fn running(ui: &mut Ui, intents: &mut Intents, job: JobId, view: &JobView, training: Option<&TrainingView>) {
    let training = training.filter(|training| training.running);
    let (step, planned) = training
        .map(|t| (t.history.last().map_or(0, |point| point.step), t.steps_planned))
        .filter(|(_, planned)| *planned > 0)
        .unwrap_or((view.done as usize, view.total as usize));
    ui.label(if training.is_some() { "Learning".to_owned() } else { view.stage.to_string() });
    let (step_words, planned_words) = (format::count(step as u64), format::count(planned as u64));
    // Before and after the steps themselves, progress counts files.
    let done = match training {
        Some(_) => format!("Step {step_words} of {planned_words}"),
        None => format!("{step_words} of {planned_words} files"),
    };
    progress::bar(ui, progress::fraction(step as u64, planned as u64), "Progress of the training");
    ui.horizontal(|ui| {
        text::small(ui, done);
        let left = progress::time_left(training.and_then(|t| t.secs_left).or(view.secs_left));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| text::small(ui, left));
    });
    if let Some(training) = training {
        text::figure(
            ui,
            "Speed",
            format!("{} chunks a second", format::count(training.chunks_per_second.max(0.0) as u64)),
        );
        if let Some(point) = training.history.last() {
            text::figure(ui, "Learning rate", format!("{:.5}", point.learning_rate));
        }
    }
    ui.horizontal(|ui| {
        let help = "Stops the training now, keeps the model, and builds the index";
        if ui.add_enabled(training.is_some(), egui::Button::new("Finish now")).on_hover_text(help).clicked() {
            intents.submit(Command::FinishTrainingNow);
        }
        let help = "Stops the training and keeps the old model. You can resume the training later";
        if ui.button("Stop training").on_hover_text(help).clicked() {
            intents.cancel(job);
        }
    });
}

/// The plots of a run.
fn course(ui: &mut Ui, training: &TrainingView, plot_height: f32) {
    let palette = palette(ui.visuals());
    let history = &training.history;
    let last = history.last().map_or(0, |point| point.step).max(if training.running { 0 } else { 1 }) as f64;
    let line = |i: usize, name, help, value: fn(&TrainingPoint) -> Option<f32>| Series {
        name,
        help,
        colour: palette.series[i],
        points: history.iter().filter_map(|p| Some([p.step as f64, f64::from(value(p)?)])).collect(),
    };
    let mut losses = vec![line(0, "loss", "The sum that training makes smaller", |p| Some(p.loss))];
    let parts = [
        line(1, "reconstruction", "How much a decoded sound differs from the original", |p| Some(p.reconstruction)),
        line(2, "contrast", "How often a sound is taken for another", |p| p.contrast),
        line(3, "balance", "How unevenly the bits are used", |p| p.balance),
        line(4, "decorrelation", "How often two bits say the same", |p| p.decorrelation),
    ];
    losses.extend(parts.into_iter().filter(|part| !part.points.is_empty()));
    loss_plot(ui, "losses", plot_height, last, losses);
    let mut figures = vec![
        line(0, "saturation", "1 when every unit is a bit", |p| Some(p.saturation)),
        line(1, "noise", "The noise that makes units become bits", |p| Some(p.sigma)),
    ];
    let probe = line(3, "probe", "Share of distorted excerpts that found their file", |p| p.probe);
    if !probe.points.is_empty() {
        figures.push(probe);
    }
    loss_plot(ui, "noise and saturation", plot_height, last, figures);
    if let Some(point) = history.last() {
        text::figure(ui, "Entropy of a batch's codes", format!("{:.2} nats", point.code_entropy));
    }
    if let Some(unique) = history.iter().rev().find_map(|point| point.unique) {
        text::figure(ui, "Codes that differ", format!("{:.0}%", 100.0 * unique));
    }
    if !training.bit_balance.is_empty() {
        bit_strip(ui, &training.bit_balance);
        text::small(ui, bit_strip::summary(&training.bit_balance));
    }
}

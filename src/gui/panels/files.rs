//! The table of files, by folder: what a project holds, to be filtered, sorted, heard and worked on.

use egui::{Align, Align2, Button, Key, Layout, Popup, Rect, Sense, SetOpenCommand, TextEdit, TextStyle, Ui};
use egui::{Role, WidgetInfo, vec2};
use std::ops::Range;
use std::sync::Arc;

use crate::dataset::SoundFile;
use crate::engine::Example;
use crate::gui::collecting::DraggedSounds;
use crate::gui::file_table::{Column, Line};
use crate::gui::format;
use crate::gui::state::{List, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::field::{field, go_on_typing};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, button_at, take_left, take_right};
use crate::gui::widgets::{text, waveform};

/// The columns that fit, and their widths.
pub struct Columns {
    picture: f32,
    length: Option<f32>,
    level: Option<f32>,
    rate: Option<f32>,
    pitch: Option<f32>,
    brightness: Option<f32>,
}

/// How far a folder stands in under the one above it.
pub const INDENT: f32 = 12.0;

const LENGTH: f32 = 46.0;
const LEVEL: f32 = 40.0;
const RATE: f32 = 48.0;
const PITCH: f32 = 40.0;
const BRIGHTNESS: f32 = 44.0;
/// Room for the scroll bar, which lies over the rows' right end.
const BAR: f32 = 12.0;
/// A name gets this much room before a column that can be left out gets any.
const NAME: f32 = 120.0;
const NAME_BESIDE_FIGURES: f32 = 200.0;

impl Columns {
    /// Names come first: the length is left out where it would take their room, and further figures long before.
    pub fn of(width: f32) -> Self {
        let picture = if width < 280.0 { 32.0 } else { 48.0 };
        let mut left = width - 16.0 - INDENT - picture - BAR - size::GAP;
        let mut fits = |column: f32, name: f32| {
            let fits = left - column - size::GAP >= name;
            left -= if fits { column + size::GAP } else { 0.0 };
            fits.then_some(column)
        };
        let length = fits(LENGTH, NAME);
        let level = fits(LEVEL, NAME_BESIDE_FIGURES);
        let rate = fits(RATE, NAME_BESIDE_FIGURES);
        let pitch = fits(PITCH, NAME_BESIDE_FIGURES);
        Self { picture, length, level, rate, pitch, brightness: fits(BRIGHTNESS, NAME_BESIDE_FIGURES) }
    }

    /// The cells of a row, or of the headings, from its inner rectangle.
    fn cells(&self, mut rect: Rect) -> Cells {
        let whole = rect.expand2(vec2(8.0, 4.0));
        let picture = take_left(&mut rect, self.picture);
        let similar = rect.with_min_x(rect.right() - size::CONTROL);
        take_right(&mut rect, BAR - size::GAP);
        let brightness = self.brightness.map(|width| take_right(&mut rect, width));
        let pitch = self.pitch.map(|width| take_right(&mut rect, width));
        let rate = self.rate.map(|width| take_right(&mut rect, width));
        let level = self.level.map(|width| take_right(&mut rect, width));
        let length = self.length.map(|width| take_right(&mut rect, width));
        Cells { whole, picture, name: rect, length, level, rate, pitch, brightness, similar }
    }
}

struct Cells {
    whole: Rect,
    picture: Rect,
    name: Rect,
    length: Option<Rect>,
    level: Option<Rect>,
    rate: Option<Rect>,
    pitch: Option<Rect>,
    brightness: Option<Rect>,
    similar: Rect,
}

pub fn filter(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let name = "By folder";
            if icon_toggle(ui, Icon::Folder, name, Some(state.files.by_folder)).clicked() {
                state.files.by_folder = !state.files.by_folder;
            }
            if !state.files.filter.is_empty() && icon_button(ui, Icon::Close, "Clear the filter").clicked() {
                state.files.filter.clear();
            }
            // The button before the field appears with the first letter. The field has a fixed id, because a number
            // given in order would change then, and the focus would be lost.
            let edit = TextEdit::singleline(&mut state.files.filter).id_salt("filter");
            let edit = edit.hint_text("Filter: kick length<1 -tag:loop").desired_width(f32::INFINITY);
            let field = field(ui, edit).accessible_name("Filter the files");
            if std::mem::take(&mut state.files.focus_filter) {
                go_on_typing(ui, &field, &state.files.filter);
            }
            let pressed = |key: Key| ui.input(|i| i.key_pressed(key));
            if field.lost_focus() && pressed(Key::Enter) {
                state.step_file(0, false);
            }
            field.on_hover_ui(filter_help);
        });
    });
    let shown = state.files.shown().clone();
    for sentence in &shown.not_understood {
        let colour = palette(ui.visuals()).warning;
        ui.add(egui::Label::new(egui::RichText::new(sentence).small().color(colour)).wrap());
    }
    if !state.files.filter.trim().is_empty() {
        let all = format::counted(shown.order.dataset.files.len() as u64, "file", "files");
        text::small(ui, format!("{} of {all}", format::count(shown.files as u64)));
    }
}

fn filter_help(ui: &mut Ui) {
    let lines = [
        ("kick", "in the name or the folder"),
        ("\"snare drum\"", "with a space"),
        ("length>3  length<250ms", "length"),
        ("note:C3  pitch:200..400", "pitch"),
        ("bpm:118..122", "tempo"),
        ("bright>0.6  noisy<0.2", "brightness, noisiness"),
        ("loud>-20", "loudness"),
        ("attack<20ms", "attack"),
        ("rate:44100", "rate"),
        ("level>-6", "peak in dB"),
        ("tag:loop", "tag"),
        ("is:problem  is:favourite  is:tagged", "what is known of it"),
        ("-kick", "all others"),
    ];
    egui::Grid::new("filter help").num_columns(2).show(ui, |ui| {
        for (example, what) in lines {
            ui.monospace(example);
            ui.label(what);
            ui.end_row();
        }
    });
}

pub fn headings(ui: &mut Ui, state: &mut State, columns: &Columns) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 22.0));
    // The rows leave room for the scroll bar.
    let bar = ui.spacing().scroll.allocated_width();
    let cells = columns.cells(rect.with_max_x(rect.right() - bar).shrink2(vec2(8.0, 0.0)));
    let name = cells.name.with_min_x(cells.picture.left());
    heading(ui, state, Column::Name, "Name", name, Align2::LEFT_CENTER);
    if let Some(rect) = cells.length {
        heading(ui, state, Column::Length, "Length", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.level {
        heading(ui, state, Column::Level, "Peak", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.rate {
        heading(ui, state, Column::Rate, "Rate", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.pitch {
        heading(ui, state, Column::Pitch, "Pitch", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.brightness {
        heading(ui, state, Column::Brightness, "Bright", rect, Align2::RIGHT_CENTER);
    }
}

fn heading(ui: &mut Ui, state: &mut State, by: Column, name: &str, rect: Rect, align: Align2) {
    let palette = palette(ui.visuals());
    let sorted = state.files.sort.by == by;
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let spoken = match (sorted, state.files.sort.descending) {
        (false, _) => format!("Sort by {}", name.to_lowercase()),
        (true, false) => format!("Sorted by {}, upwards", name.to_lowercase()),
        (true, true) => format!("Sorted by {}, downwards", name.to_lowercase()),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, &spoken));
    let colour = match (sorted, response.hovered() || response.has_focus()) {
        (true, _) => palette.accent,
        (false, true) => palette.text,
        (false, false) => palette.dim,
    };
    let sign = match (sorted, state.files.sort.descending) {
        (false, _) => "",
        (true, false) => " ⏶",
        (true, true) => " ⏷",
    };
    text::line(ui, rect, align, format!("{name}{sign}"), TextStyle::Small, colour);
    if response.on_hover_text(spoken).clicked() {
        state.files.sort_by(by);
    }
}

/// The rows of some lines. `reveal` is the one that was brought into view.
pub fn lines(
    ui: &mut Ui,
    state: &mut State,
    columns: &Columns,
    shown: Range<usize>,
    reveal: Option<Line>,
    had_focus: bool,
) {
    let is_cursor = |number: usize| match state.files.line(number) {
        Some(Line::File(place)) => state.files.cursor() == Some(place),
        _ => false,
    };
    let is_file = |number: &usize| matches!(state.files.line(*number), Some(Line::File(_)));
    let stop = shown.clone().find(|number| is_cursor(*number)).or_else(|| shown.clone().find(is_file));
    for number in shown {
        match state.files.line(number) {
            Some(Line::Folder(group)) => folder(ui, state, group),
            Some(Line::File(place)) => {
                let revealed = reveal == Some(Line::File(place));
                let gets_focus = revealed && (had_focus || state.list == List::Files && !ui.ctx().text_edit_focused());
                let indent = state.files.depth_at(number) as f32 * INDENT;
                file(ui, state, columns, FileLine { place, indent, stops: stop == Some(number), gets_focus });
            }
            None => {}
        }
    }
}

pub fn nothing(ui: &mut Ui, state: &mut State) {
    if state.files.waits() {
        text::help(ui, "Arranging the files…");
    } else if state.files.filter.trim().is_empty() {
        text::help(ui, "There are no files yet.");
    } else {
        text::help(ui, "No file is like that.");
        if ui.button("Show all files").clicked() {
            state.files.filter.clear();
        }
    }
}

/// The heading of a folder's files, which folds them away.
fn folder(ui: &mut Ui, state: &mut State, group: usize) {
    let shown = state.files.shown().clone();
    let Some(of_folder) = shown.groups.get(group) else { return };
    let palette = palette(ui.visuals());
    let folded = state.files.is_folded(&of_folder.folder);
    let path = camino::Utf8Path::new(&of_folder.folder);
    let name = of_folder.name.as_str();
    let n = format::counted(of_folder.all as u64, "file", "files");
    let spoken = format!("Folder {name}, {n}, {}", if folded { "folded" } else { "unfolded" });
    let indent = of_folder.depth as f32 * INDENT;
    let response = row::heading(ui, ("folder", &of_folder.folder), &spoken, size::TABLE_ROW, |ui, mut rect| {
        rect.min.x += indent;
        let sign = Rect::from_center_size(take_left(&mut rect, 10.0).center(), vec2(9.0, 9.0));
        icons::fold(ui.painter(), sign, !folded, palette.dim);
        let sign = take_left(&mut rect, 14.0);
        icons::paint(ui.painter(), Icon::Folder, Rect::from_center_size(sign.center(), vec2(13.0, 13.0)), palette.dim);
        let count = take_right(&mut rect, 48.0);
        let files = format::count(of_folder.all as u64);
        text::line(ui, count, Align2::RIGHT_CENTER, files, TextStyle::Small, palette.dim);
        let above = path.parent().and_then(|above| above.file_name()).unwrap_or_default();
        text::with_aside(ui, rect, name, if of_folder.depth == 0 { above } else { "" });
    });
    let response = response.on_hover_text(path.as_str());
    if response.clicked() {
        state.files.fold(group, !folded);
    }
    response.context_menu(|ui| {
        if ui.button("Select these files").clicked() {
            let files = state.files.files_below(group);
            state.select_places(&files);
        }
        if ui.button("Fold all folders").clicked() {
            state.files.fold_all(true);
        }
        if ui.button("Unfold all folders").clicked() {
            state.files.fold_all(false);
        }
        if ui.button("Copy the folder's path").clicked() {
            ui.ctx().copy_text(path.to_string());
        }
        if ui.button("Show in the file manager").clicked() {
            state.reveal_folder(path);
        }
    });
}

/// A file's row.
struct FileLine {
    place: u32,
    indent: f32,
    /// Whether the Tab key stops here.
    stops: bool,
    gets_focus: bool,
}

fn file(ui: &mut Ui, state: &mut State, columns: &Columns, line: FileLine) {
    let FileLine { place, indent, stops, gets_focus } = line;
    let shown = state.files.shown().clone();
    let Some(file) = shown.order.dataset.files.get(place as usize) else { return };
    let problem = shown.order.problem_of(file);
    let selected = state.selected_files.contains(&file.id);
    let mut wanted = None;
    let mut spoken = format!("{}, {}", format::file_name(&file.path), format::duration(file.duration_secs()));
    if let Some(problem) = problem {
        spoken += &format!("; {}", format::sentence(problem));
    }
    let row = Row { name: &spoken, height: size::TABLE_ROW, selected, stops, leaves: true };
    let response = row::row(ui, file.id, row, |ui, rect| {
        wanted = cells(ui, &columns.cells(rect.with_min_x(rect.left() + indent)), state, file, problem, stops);
    });
    if gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() {
        state.focus_file(place);
    }
    let modifiers = ui.input(|i| i.modifiers);
    if response.clicked() {
        if modifiers.command || modifiers.shift {
            state.click_file(place as usize, modifiers.command, modifiers.shift);
        } else {
            // The matches get the keyboard, if there can be any.
            ui.memory_mut(|memory| memory.surrender_focus(response.id));
            state.choose_file(place);
        }
    }
    if response.secondary_clicked() && !selected {
        state.click_file(place as usize, false, false);
    }
    if row::begins_to_be_dragged(ui, &response) {
        response.dnd_set_drag_payload(DraggedSounds(state.items_with(file.id)));
        state.drag_files_out(file);
    }
    let opens = state.files.open_menu && state.files.cursor() == Some(place);
    if opens || response.secondary_clicked() {
        state.files.menu_by_key = opens.then_some(file.id);
    }
    let menu = match state.files.menu_by_key == Some(file.id) {
        true => Popup::menu(&response).open_memory(opens.then_some(SetOpenCommand::Bool(true))),
        false => Popup::context_menu(&response),
    };
    menu.show(|ui| file_menu(ui, state, file));
    match wanted {
        Some(Wanted::Play) => state.play_file(file),
        Some(Wanted::Similar) => {
            state.preferences.hints_done[0] = true;
            state.choose_query(file.path.clone(), None);
        }
        None => {}
    }
}

enum Wanted {
    Play,
    Similar,
}

fn cells(
    ui: &mut Ui,
    cells: &Cells,
    state: &State,
    file: &SoundFile,
    problem: Option<&str>,
    stops: bool,
) -> Option<Wanted> {
    let palette = palette(ui.visuals());
    let name = format::file_name(&file.path);
    let mut wanted = None;
    if play_button(ui, cells.picture, file, name, stops) {
        wanted = Some(Wanted::Play);
    }
    // The button lies over the figures of the row that is pointed at, so that no row has to keep room for it.
    let similar = Rect::from_center_size(cells.similar.center(), vec2(size::CONTROL, size::CONTROL));
    let asks = state.selected_files.contains(&file.id) || ui.rect_contains_pointer(cells.whole);
    let mut place = cells.name;
    if let Some(problem) = problem {
        let sign = take_left(&mut place, 13.0);
        icons::paint(ui.painter(), Icon::Warning, sign.shrink2(vec2(0.0, 3.0)), palette.warning);
        row::tooltip_at(ui, cells.name, &format!("{}\n{}", file.path, format::sentence(problem)));
    } else {
        let aspects = format::aspects(file.aspects);
        let tooltip = if aspects.is_empty() { file.path.to_string() } else { format!("{}\n{aspects}", file.path) };
        row::tooltip_at(ui, cells.name, &tooltip);
    }
    let mut aside = state.latest.dataset.tags_of(file.id).join(", ");
    if !state.files.by_folder {
        let folder = format::folder(&file.path);
        aside = if aside.is_empty() { folder } else { format!("{aside} · {folder}") };
    }
    if asks {
        place = place.with_max_x(place.right().min(similar.left()));
    }
    if let Some(copies) = state.copies_in_words(file.id) {
        aside = if aside.is_empty() { copies } else { format!("{copies} · {aside}") };
    }
    match state.absence_of(file.id) {
        Some(why) => text::absent(ui, place, name, why),
        None => text::with_aside(ui, place, name, &aside),
    }
    let figure = |rect: Option<Rect>, text: String| {
        if let Some(rect) = rect {
            text::line(ui, rect, Align2::RIGHT_CENTER, text, TextStyle::Small, palette.dim);
        }
    };
    let overlaps = |rect: Rect| asks && rect.right() > similar.left();
    figure(cells.length.filter(|rect| !overlaps(*rect)), format::short_duration(file.duration_secs()));
    figure(cells.level.filter(|rect| !overlaps(*rect)), format::decibels(file.level_db()));
    figure(cells.rate.filter(|rect| !overlaps(*rect)), format::kilohertz(file.rate));
    figure(cells.pitch.filter(|rect| !overlaps(*rect)), format::pitch(file.aspects));
    figure(cells.brightness.filter(|rect| !overlaps(*rect)), format::brightness(file.aspects));
    let does = format!("Find sounds like {name}");
    let response = match asks {
        true => button_at(ui, cells.similar, Icon::Similar, &does, stops),
        false => {
            let response = ui.interact(similar, ui.scope_id().with("similar"), row::stopping(Sense::click(), stops));
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &does));
            if response.has_focus() {
                icons::paint(ui.painter(), Icon::Similar, similar.shrink(7.0), palette.text);
            }
            response
        }
    };
    if response.clicked() {
        wanted = Some(Wanted::Similar);
    }
    wanted
}

/// The file's picture, which plays it on a click.
fn play_button(ui: &mut Ui, rect: Rect, file: &SoundFile, name: &str, stops: bool) -> bool {
    let palette = palette(ui.visuals());
    let response = ui.interact(rect, ui.scope_id().with("play"), row::stopping(Sense::click(), stops));
    let spoken = format!("Play {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    let lit = response.hovered() || response.has_focus();
    waveform::thumbnail(ui.painter(), rect.shrink2(vec2(0.0, 1.0)), &file.thumbnail, None, ui.visuals());
    if lit {
        let disc = Rect::from_center_size(rect.center(), vec2(20.0, 20.0));
        ui.painter().circle_filled(disc.center(), 10.0, palette.accent);
        icons::paint(ui.painter(), Icon::Play, disc.shrink(6.0), palette.on_accent);
    }
    response.on_hover_text(spoken).clicked()
}

/// What can be done with the selected files.
fn file_menu(ui: &mut Ui, state: &mut State, file: &Arc<SoundFile>) {
    let n = state.selected_files.len();
    let changes = !state.read_only();
    if ui.button("Play it").clicked() {
        state.play_file(file);
    }
    if ui.button("Find sounds like it").clicked() {
        state.choose_query(file.path.clone(), None);
    }
    if state.search.path.is_some() {
        for (is_like, words) in [(true, "Matches must be like it, too"), (false, "Matches must not be like it")] {
            if ui.button(words).clicked() {
                let (from_secs, to_secs) = (None, None);
                state.add_example(Example { path: file.path.clone(), from_secs, to_secs, is_like });
            }
        }
    }
    if let Some(copies) = state.copies_in_words(file.id)
        && ui.button(format!("Select its {copies}")).clicked()
    {
        state.show_copies(file.id);
    }
    if state.absence_of(file.id).is_some() && ui.add_enabled(changes, Button::new("Say where it is now…")).clicked() {
        state.ask_where_files_are();
    }
    ui.separator();
    if ui.add_enabled(changes, Button::new("Put into a collection…")).clicked() {
        let items = state.items_with(file.id);
        state.ask_for_collection(items);
    }
    if ui.add_enabled(changes, Button::new("Tags…")).clicked() {
        state.ask_for_tag();
    }
    if state.any_selected_has_changed() && ui.add_enabled(changes, Button::new("Read again what has changed")).clicked()
    {
        state.read_changed_files();
    }
    ui.separator();
    if ui.button("Show in the file manager").clicked() {
        state.reveal_selected_files();
    }
    let copy = if n > 1 { "Copy the paths" } else { "Copy the path" };
    if ui.button(copy).clicked() {
        ui.ctx().copy_text(state.selected_paths());
    }
    ui.separator();
    let files = format::counted(n.max(1) as u64, "file", "files");
    let help = "They stay on the disk, and Ctrl+Z brings them back";
    let remove = Button::new(format!("Remove {files} from the project"));
    if ui.add_enabled(changes, remove).on_hover_text(help).clicked() {
        state.remove_selected_files();
    }
}

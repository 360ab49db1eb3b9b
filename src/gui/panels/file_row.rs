//! The row of a file in the table: its cells and its menu.

use egui::{Align2, Button, Popup, Rect, Role, Sense, SetOpenCommand, TextStyle, Ui, WidgetInfo, vec2};
use std::sync::Arc;

use super::file_columns::{Cells, Columns};
use crate::dataset::SoundFile;
use crate::engine::Example;
use crate::gui::collecting::DraggedSounds;
use crate::gui::file_table::FileTable;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::Shared;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, button_at, take_left};
use crate::gui::widgets::{text, waveform};

/// A file's row.
pub(super) struct FileLine {
    pub place: u32,
    pub indent: f32,
    /// Whether the Tab key stops here.
    pub stops: bool,
    pub gets_focus: bool,
}

pub(super) fn file(
    ui: &mut Ui,
    files: &mut FileTable,
    search: &SearchState,
    shared: &Shared,
    intents: &mut Intents,
    columns: &Columns,
    line: FileLine,
) {
    let FileLine { place, indent, stops, gets_focus } = line;
    let shown = files.shown().clone();
    let Some(file) = shown.order.dataset.files.get(place as usize) else { return };
    let problem = shown.order.problem_of(file);
    let selected = files.selected.contains(&file.id);
    let mut wanted = None;
    let mut spoken = format!("{}, {}", format::file_name(&file.path), format::duration(file.duration_secs()));
    if let Some(problem) = problem {
        spoken += &format!("; {}", format::sentence(problem));
    }
    if let Some(copies) = shared.copies_in_words(file.id) {
        spoken += &format!("; and {copies}");
    }
    let row = Row { name: &spoken, height: size::TABLE_ROW, selected, stops, leaves: true };
    let response = row::row(ui, file.id, row, |ui, rect| {
        wanted = cells(ui, &columns.cells(rect.with_min_x(rect.left() + indent)), files, shared, file, problem, stops);
    });
    if gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() {
        intents.focus_file(place);
    }
    let modifiers = ui.input(|i| i.modifiers);
    if response.clicked() {
        if modifiers.command || modifiers.shift {
            intents.click_file(place as usize, modifiers.command, modifiers.shift);
        } else {
            // The matches get the keyboard, if there can be any.
            ui.memory_mut(|memory| memory.surrender_focus(response.id));
            intents.choose_file(place);
        }
    }
    if response.secondary_clicked() && !selected {
        intents.click_file(place as usize, false, false);
    }
    if row::begins_to_be_dragged(ui, &response) {
        response.dnd_set_drag_payload(DraggedSounds(files.items_with(file.id)));
        intents.drag_files_out(file.clone());
    }
    let opens = files.open_menu && files.cursor() == Some(place);
    if opens || response.secondary_clicked() {
        files.menu_by_key = opens.then_some(file.id);
    }
    let menu = match files.menu_by_key == Some(file.id) {
        true => Popup::menu(&response).open_memory(opens.then_some(SetOpenCommand::Bool(true))),
        false => Popup::context_menu(&response),
    };
    menu.show(|ui| file_menu(ui, files, search, shared, intents, file));
    match wanted {
        Some(Wanted::Play) => intents.play_file(file),
        Some(Wanted::Similar) => intents.find_sounds_like(file.clone()),
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
    files: &FileTable,
    shared: &Shared,
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
    // In the row under the pointer, the button covers the figures, so that no row must keep room for it.
    let similar = Rect::from_center_size(cells.similar.center(), vec2(size::CONTROL, size::CONTROL));
    let asks = files.selected.contains(&file.id) || ui.rect_contains_pointer(cells.whole);
    let mut place = cells.name;
    if let Some(problem) = problem {
        let sign = take_left(&mut place, 13.0);
        icons::paint(ui.painter(), Icon::Warning, sign.shrink2(vec2(0.0, 3.0)), palette.warning);
        row::tooltip_at(ui, cells.name, &format!("{}\n{}", file.path, format::sentence(problem)));
    } else {
        let lines = [file.path.to_string(), format::aspects(file.aspects), format::metadata(file)];
        let tooltip = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        row::tooltip_at(ui, cells.name, &tooltip);
    }
    let mut aside = shared.latest.dataset.tags_of(file.id).join(", ");
    if !files.by_folder {
        let folder = format::folder(&file.path);
        aside = if aside.is_empty() { folder } else { format!("{aside} · {folder}") };
    }
    if asks {
        place = place.with_max_x(place.right().min(similar.left()));
    }
    if let Some(copies) = shared.copies_in_words(file.id) {
        let copies = if files.folds_copies { format!("and {copies}") } else { copies };
        aside = if aside.is_empty() { copies } else { format!("{copies} · {aside}") };
    }
    match shared.absence_of(file.id) {
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

/// The picture of the file. A click plays the file.
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

/// The menu of the selected files.
fn file_menu(
    ui: &mut Ui,
    files: &FileTable,
    search: &SearchState,
    shared: &Shared,
    intents: &mut Intents,
    file: &Arc<SoundFile>,
) {
    let n = files.selected.len();
    let changes = !shared.read_only();
    if ui.button("Play it").clicked() {
        intents.play_file(file);
    }
    if ui.button("Find sounds like it").clicked() {
        intents.choose_query(file.path.clone(), None);
    }
    if search.path.is_some() {
        for (is_like, words) in [(true, "Matches must be like it, too"), (false, "Matches must not be like it")] {
            if ui.button(words).clicked() {
                let (from_secs, to_secs) = (None, None);
                intents.add_example(Example { path: file.path.clone(), from_secs, to_secs, is_like });
            }
        }
    }
    if let Some(copies) = shared.copies_in_words(file.id)
        && ui.button(format!("Select its {copies}")).clicked()
    {
        intents.show_copies(file.id);
    }
    if shared.absence_of(file.id).is_some() && ui.add_enabled(changes, Button::new("Say where it is now…")).clicked()
    {
        intents.ask_where_files_are();
    }
    ui.separator();
    if ui.add_enabled(changes, Button::new("Put into a collection…")).clicked() {
        let items = files.items_with(file.id);
        intents.ask_for_collection(items);
    }
    if ui.add_enabled(changes, Button::new("Tags…")).clicked() {
        intents.ask_for_tag();
    }
    if files.any_selected_has_changed(&shared.latest)
        && ui.add_enabled(changes, Button::new("Read again what has changed")).clicked()
    {
        intents.read_changed_files();
    }
    ui.separator();
    if ui.button("Show in the file manager").clicked() {
        intents.reveal_selected_files();
    }
    let copy = if n > 1 { "Copy the paths" } else { "Copy the path" };
    if ui.button(copy).clicked() {
        ui.ctx().copy_text(files.selected_paths());
    }
    ui.separator();
    let all = format::counted(n.max(1) as u64, "file", "files");
    let help = "They stay on the disk. Ctrl+Z brings them back";
    let remove = Button::new(format!("Remove {all} from the project"));
    if ui.add_enabled(changes, remove).on_hover_text(help).clicked() {
        intents.remove_selected_files();
    }
}

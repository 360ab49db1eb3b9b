//! The library: favourites, collections, saved searches, recordings, earlier queries and tags, then the folders with their files. Above them what adds
//! sounds and the filter, below them how much there is and what could not be read.

use egui::{Align2, Layout, Popup, PopupCloseBehavior, Rect, RichText, ScrollArea, TextStyle, Ui, vec2};

use super::collection;
use super::files::{self, Columns, INDENT};
use super::welcome::path_field;
use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::format;
use crate::gui::library::{Head, Section};
use crate::gui::state::{List, Modal, Page, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{tick, with_icon};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::{progress, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    state.arrange_files();
    super::title(ui, "Library", |ui| add(ui, state));
    files::filter(ui, state);
    let columns = Columns::of(ui.available_width());
    ui.spacing_mut().item_spacing.y = 2.0;
    files::headings(ui, state, &columns);
    let below = footer_height(state);
    let height = (ui.available_height() - below).max(size::TABLE_ROW);
    let list = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    lines(&mut ui.new_child(egui::UiBuilder::new().id_salt("lines").max_rect(list)), state, &columns);
    ui.advance_cursor_after_rect(list);
    footer(ui, state);
}

fn add(ui: &mut Ui, state: &mut State) {
    let button = ui.add_enabled_ui(!state.read_only(), |ui| with_icon(ui, Icon::Add, "Add sounds")).inner;
    let menu = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(280.0);
    menu.show(|ui| {
        ui.set_width(280.0);
        ui.horizontal(|ui| {
            if with_icon(ui, Icon::Add, "Add files…").clicked() {
                state.ask(Question::FilesToAdd);
                ui.close();
            }
            if with_icon(ui, Icon::Folder, "Add folder…").clicked() {
                state.ask(Question::FolderToAdd);
                ui.close();
            }
        });
        path_field(ui, state, "or paste a path");
        watching(ui, state);
        text::small(ui, "Files and folders can also be dropped anywhere on the window.");
    });
}

fn watching(ui: &mut Ui, state: &mut State) {
    let watch = state.latest.watch.clone();
    let mut on = watch.wanted;
    let text = RichText::new("Watch the folders for new sounds").small();
    let folders = match watch.folders.is_empty() {
        true => "Folders that you add from now on".to_owned(),
        false => watch.folders.iter().map(|folder| folder.as_str()).collect::<Vec<_>>().join("\n"),
    };
    let help = format!("Adds new and changed sounds in these folders while this window is open:\n{folders}");
    if tick(ui, &mut on, text).on_hover_text(help).changed() {
        state.submit(Command::WatchFolders(on));
    }
    if let Some(problem) = &watch.problem {
        text::small(ui, format::sentence(problem));
    }
}

/// The sections and the folders are one list.
fn lines(ui: &mut Ui, state: &mut State, columns: &Columns) {
    let heads = state.heads();
    let files = state.files.lines();
    let reveal_head = std::mem::take(&mut state.library.reveal).then_some(state.library.cursor).flatten();
    let reveal_head = reveal_head.and_then(|cursor| heads.iter().position(|head| *head == cursor));
    let reveal_file = state.files.reveal.take().and_then(|line| Some((line, state.files.number_of(line)?)));
    let all = heads.len() + files.max(1);
    ScrollArea::vertical().id_salt("library").auto_shrink(false).show_rows(ui, size::TABLE_ROW, all, |ui, shown| {
        let revealed = reveal_head.or(reveal_file.map(|(_, number)| heads.len() + number));
        if let Some(number) = revealed {
            row::reveal(ui, shown.start, number, size::TABLE_ROW);
        }
        let had_focus = row::focused(ui.ctx());
        let cursor = state.library.cursor.and_then(|cursor| heads.iter().position(|head| *head == cursor));
        let shown_heads = shown.start.min(heads.len())..shown.end.min(heads.len());
        let stop = row::tab_stop(&shown_heads, cursor);
        for place in shown_heads.clone() {
            let at = At { stops: place == stop, gets_focus: had_focus && reveal_head == Some(place) };
            head(ui, state, heads[place], at);
        }
        if files == 0 && shown.end > heads.len() {
            return files::nothing(ui, state);
        }
        let shown_files = shown.start.max(heads.len()) - heads.len()..shown.end.max(heads.len()) - heads.len();
        files::lines(ui, state, columns, shown_files, reveal_file.map(|(line, _)| line), had_focus);
    });
    state.files.open_menu = false;
}

#[derive(Clone, Copy)]
struct At {
    stops: bool,
    gets_focus: bool,
}

fn head(ui: &mut Ui, state: &mut State, head: Head, at: At) {
    let Some(Words { name, aside, count, spoken, chosen }) = words(state, head) else { return };
    let palette = palette(ui.visuals());
    let focused_here = state.list == List::Library && state.library.cursor == Some(head);
    let row = Row {
        name: &spoken,
        height: size::TABLE_ROW,
        selected: chosen || focused_here,
        stops: at.stops,
        leaves: false,
    };
    let salt = match head {
        Head::Section(section) => (section as usize, usize::MAX),
        Head::Item(section, place) => (section as usize, place),
    };
    let response = row::row(ui, salt, row, |ui, mut rect| {
        match head {
            Head::Section(section) => {
                let sign = Rect::from_center_size(take_left(&mut rect, 10.0).center(), vec2(9.0, 9.0));
                icons::fold(ui.painter(), sign, state.library.unfolded.contains(&section), palette.dim);
                let sign = take_left(&mut rect, 14.0);
                icons::paint(
                    ui.painter(),
                    icon_of(section),
                    Rect::from_center_size(sign.center(), vec2(13.0, 13.0)),
                    palette.dim,
                );
            }
            Head::Item(..) => rect.min.x += 18.0 + INDENT,
        }
        let place = take_right(&mut rect, COUNT * count.len() as f32);
        text::line(ui, place, Align2::RIGHT_CENTER, count.as_str(), TextStyle::Small, palette.dim);
        text::with_aside(ui, rect, &name, &aside);
    });
    if at.gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() {
        (state.list, state.library.cursor) = (List::Library, Some(head));
    }
    if response.clicked() {
        state.choose_head(head);
    }
    if let Some(items) = receives(state, head).then(|| collection::drop_on(ui, &response)).flatten() {
        match head {
            Head::Item(_, place) => {
                if let Some(name) = state.collection_at(place).map(|collection| collection.name.clone()) {
                    state.put_into_collection(&name, items);
                }
            }
            Head::Section(_) => state.ask_for_collection(items),
        }
    }
    menu(&response, state, head);
}

/// Whether sounds can be dropped on a line.
fn receives(state: &State, head: Head) -> bool {
    let (Head::Section(section) | Head::Item(section, _)) = head;
    section == Section::Collections && !state.read_only()
}

fn menu(response: &egui::Response, state: &mut State, head: Head) {
    match head {
        Head::Item(Section::Takes, place) if !state.read_only() => {
            response.context_menu(|ui| {
                let Some(path) = state.take_at(place).map(|take| take.path.clone()) else { return };
                if ui.button("Rename…").clicked() {
                    state.sound.renaming = Some((path.clone(), path.file_stem().unwrap_or_default().to_owned()));
                    if !state.sound.microphone_open {
                        state.toggle_microphone();
                    }
                }
                if ui.button("Delete…").clicked() {
                    state.modal = Some(Modal::DeleteTake(path));
                }
            });
        }
        Head::Item(Section::Collections, place) if !state.read_only() => {
            response.context_menu(|ui| {
                let Some(of_place) = state.collection_at(place).cloned() else { return };
                if ui.button("Export…").clicked() {
                    state.ask_to_export_collection(of_place.id);
                }
                if ui.button("Rename…").clicked() {
                    collection::ask_for_name(state, &of_place);
                }
                if ui.button("Remove the collection").on_hover_text("Its files stay").clicked() {
                    collection::remove(state, of_place.id);
                }
            });
        }
        Head::Item(Section::Searches, place) if !state.read_only() => {
            response.context_menu(|ui| {
                let Some(name) = state.search_at(place).map(|search| search.name.clone()) else { return };
                if ui.button("Rename…").clicked() {
                    state.name_typed.clone_from(&name);
                    state.modal = Some(Modal::RenameSearch(name.clone()));
                }
                if ui.button("Delete the saved search").clicked() {
                    state.submit(Command::DeleteSearch { name });
                }
            });
        }
        Head::Item(Section::Favourites, place) if !state.read_only() => {
            response.context_menu(|ui| {
                let Some(favourite) = state.favourite_at(place).copied() else { return };
                if ui.button("Take the mark off").clicked() {
                    state.submit(Command::MarkFavourite { favourite, on: false });
                }
            });
        }
        _ => {}
    }
}

struct Words {
    name: String,
    aside: String,
    count: String,
    spoken: String,
    /// Whether it is what the window shows.
    chosen: bool,
}

fn words(state: &State, head: Head) -> Option<Words> {
    match head {
        Head::Section(section) => {
            let (name, things) = (name_of(section).to_owned(), format::count(state.things_in(section) as u64));
            let folded = if state.library.unfolded.contains(&section) { "unfolded" } else { "folded" };
            let spoken = format!("{name}, {things}, {folded}");
            Some(Words { name, aside: String::new(), count: things, spoken, chosen: false })
        }
        Head::Item(Section::Favourites, place) => {
            let favourite = state.favourite_at(place)?;
            let file = state.latest.dataset.file(favourite.file)?;
            let (name, aside) =
                (format::file_name(&file.path), format::stretch(favourite.start_secs, favourite.end_secs));
            let spoken = format!("Favourite {name}, {aside}");
            Some(Words { name: name.to_owned(), aside, count: String::new(), spoken, chosen: false })
        }
        Head::Item(Section::Collections, place) => {
            let collection = state.collection_at(place)?;
            let (name, items) = (collection.name.clone(), collection.items.len() as u64);
            let spoken = format!("Collection {name}, {}", format::counted(items, "sound", "sounds"));
            let chosen = state.page == Page::Collection && state.collecting.open == Some(collection.id);
            Some(Words { name, aside: String::new(), count: format::count(items), spoken, chosen })
        }
        Head::Item(Section::Searches, place) => {
            let search = state.search_at(place)?;
            let chosen = state.search.path.is_some() && state.search.taught.saved.as_ref() == Some(&search.name);
            let new = state.search.taught.new.filter(|new| chosen && *new > 0);
            let count = new.map_or(String::new(), |new| format!("{} new", format::count(new as u64)));
            let aside = format::file_name(&search.query.path).to_owned();
            let mut spoken = format!("Saved search {}, like {aside}", search.name);
            if !count.is_empty() {
                spoken += &format!(", {count}");
            }
            Some(Words { name: search.name.clone(), aside, count, spoken, chosen })
        }
        Head::Item(Section::Takes, place) => {
            let take = state.take_at(place)?;
            let (name, count) = (take.path.file_stem().unwrap_or_default(), format::short_duration(take.duration_secs));
            let spoken = format!("Recording {name}, {count}");
            let chosen = state.search.path.as_deref() == Some(&take.path);
            Some(Words { name: name.to_owned(), aside: String::new(), count, spoken, chosen })
        }
        Head::Item(Section::Queries, place) => {
            let (place, asked) = state.query_at(place)?;
            let name = format::file_name(&asked.path);
            let part = asked.region.map_or("all of it".to_owned(), |(from, to)| format::stretch(from, to));
            let spoken = format!("Query {}: {name}, {part}", place + 1);
            let chosen = state.search.path.is_some() && state.search.history.at() == place;
            Some(Words { name: name.to_owned(), aside: part, count: String::new(), spoken, chosen })
        }
        Head::Item(Section::Tags, place) => {
            let (tag, files) = state.library.tags().get(place)?;
            let spoken = format!("Tag {tag}, {}", format::counted(*files as u64, "file", "files"));
            let chosen = state.shows_tag(tag);
            Some(Words { name: tag.clone(), aside: String::new(), count: format::count(*files as u64), spoken, chosen })
        }
    }
}

/// Room for a digit of how many things there are.
const COUNT: f32 = 7.0;

fn name_of(section: Section) -> &'static str {
    match section {
        Section::Favourites => "Favourites",
        Section::Collections => "Collections",
        Section::Searches => "Saved searches",
        Section::Takes => "Recordings",
        Section::Queries => "Earlier queries",
        Section::Tags => "Tags",
    }
}

fn icon_of(section: Section) -> Icon {
    match section {
        Section::Favourites => Icon::Star,
        Section::Collections => Icon::List,
        Section::Searches => Icon::Search,
        Section::Takes => Icon::Microphone,
        Section::Queries => Icon::History,
        Section::Tags => Icon::Tag,
    }
}

fn footer_height(state: &State) -> f32 {
    let lines = if state.job(JobKind::Import).is_some() { 76.0 } else { 24.0 };
    let problems = !state.latest.dataset.problems.is_empty() || state.missing() != (0, 0);
    lines + if problems { size::CONTROL } else { 0.0 }
}

/// How far adding is, or how much there is.
fn footer(ui: &mut Ui, state: &mut State) {
    if state.missing() != (0, 0) || !state.latest.dataset.problems.is_empty() {
        ui.horizontal(|ui| {
            missing(ui, state);
            problems(ui, state);
        });
    }
    if let Some((job, view)) = state.job(JobKind::Import) {
        let view = view.clone();
        if progress::job(ui, &view, "Stop adding") {
            state.cancel(job);
        }
        return;
    }
    let dataset = &state.latest.dataset;
    let chunks = format::counted(dataset.chunks, "chunk", "chunks");
    let files = format::counted(dataset.files.len() as u64, "file", "files");
    ui.add_space(4.0);
    text::small(ui, format!("{files} · {} · {chunks}", format::duration(dataset.seconds)));
}

/// Files that are not where they were: a click asks where they are now.
fn missing(ui: &mut Ui, state: &mut State) {
    let (missing, away) = state.missing();
    if missing + away == 0 {
        return;
    }
    let words = match missing {
        0 => format::counted(away as u64, "file is away", "files are away"),
        _ => format!("{} missing", format::count((missing + away) as u64)),
    };
    let name = RichText::new(words).small().color(palette(ui.visuals()).warning);
    let button = egui::Button::new((icons::atom(Icon::Warning), name)).frame(false);
    let help = "Where are they now? Click to say, or to forget them.";
    if ui.add_enabled(!state.read_only(), button).on_hover_text(help).clicked() {
        state.ask_where_files_are();
    }
}

/// What could not be read, behind a button.
fn problems(ui: &mut Ui, state: &mut State) {
    let dataset = state.latest.dataset.clone();
    if dataset.problems.is_empty() {
        return;
    }
    let palette = palette(ui.visuals());
    let n = dataset.problems.len();
    let name = RichText::new(format::counted(n as u64, "problem", "problems")).small().color(palette.warning);
    let button = ui.add(egui::Button::new((icons::atom(Icon::Warning), name)).frame(false));
    let menu = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(420.0);
    menu.layout(Layout::top_down(egui::Align::Min)).show(|ui| {
        ui.set_width(420.0);
        let height = 44.0;
        let list = ScrollArea::vertical().id_salt("problem list").max_height(320.0).auto_shrink([false, true]);
        list.show_rows(ui, height, n, |ui, shown| {
            for problem in &dataset.problems[shown] {
                let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
                let path = camino::Utf8Path::new(&problem.path);
                text::two_lines(ui, rect, format::file_name(path), problem.reason.as_str());
                let response = ui.interact(rect, ui.scope_id().with(&problem.path), egui::Sense::hover());
                response.on_hover_text(format!("{}\n{}", problem.path, problem.reason));
            }
        });
        if ui.button("Clear the problems").on_hover_text("The files stay on the disk").clicked() {
            state.submit(Command::ClearProblems);
            ui.close();
        }
    });
}

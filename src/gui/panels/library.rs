//! The library. At the top are the menu that adds sounds, and the filter. Then come the sections (favourites, collections,
//! saved searches, recordings, earlier queries, tags) and the folders with their files. At the bottom is the size of the
//! library, and what could not be read.

use egui::{Align2, Popup, PopupCloseBehavior, Rect, RichText, ScrollArea, TextStyle, Ui, vec2};

use super::collection;
use super::file_columns::{Columns, INDENT};
use super::files;
use super::library_footer::{footer, footer_height};
use super::welcome::path_field;
use crate::engine::Command;
use crate::gui::collecting::Collecting;
use crate::gui::dialogs::Question;
use crate::gui::file_table::FileTable;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::library::{Head, Library, Section, tag_filter};
use crate::gui::modals::Modal;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{List, Page, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{tick, with_icon};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::text;

pub fn show(
    ui: &mut Ui,
    library: &mut Library,
    files: &mut FileTable,
    search: &SearchState,
    collecting: &Collecting,
    shared: &Shared,
    intents: &mut Intents,
) {
    if let Some(order) = files.bring_up_to_date(&shared.latest) {
        intents.arrange(order);
    }
    super::title(ui, "Library", |ui| add(ui, &mut library.add_typed, shared, intents));
    files::filter(ui, files, intents);
    let columns = Columns::of(ui.available_width());
    ui.spacing_mut().item_spacing.y = 2.0;
    files::headings(ui, files, &columns);
    let below = footer_height(shared);
    let height = (ui.available_height() - below).max(size::TABLE_ROW);
    let list = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let mut inner = ui.new_child(egui::UiBuilder::new().id_salt("lines").max_rect(list));
    lines(&mut inner, library, files, Seen { search, collecting, shared }, intents, &columns);
    ui.advance_cursor_after_rect(list);
    footer(ui, shared, intents);
}

fn add(ui: &mut Ui, add_typed: &mut String, shared: &Shared, intents: &mut Intents) {
    let button = ui.add_enabled_ui(!shared.read_only(), |ui| with_icon(ui, Icon::Add, "Add sounds")).inner;
    let menu = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(280.0);
    menu.show(|ui| {
        ui.set_width(280.0);
        ui.horizontal(|ui| {
            if with_icon(ui, Icon::Add, "Add files…").clicked() {
                intents.ask(Question::FilesToAdd);
                ui.close();
            }
            if with_icon(ui, Icon::Folder, "Add folder…").clicked() {
                intents.ask(Question::FolderToAdd);
                ui.close();
            }
        });
        path_field(ui, add_typed, intents, "or paste a path");
        watching(ui, shared, intents);
        text::small(ui, "Files and folders can also be dropped anywhere on the window.");
    });
}

fn watching(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let watch = shared.latest.watch.clone();
    let mut on = watch.wanted;
    let text = RichText::new("Watch the folders for new sounds").small();
    let folders = match watch.folders.is_empty() {
        true => "Folders that you add from now on".to_owned(),
        false => watch.folders.iter().map(|folder| folder.as_str()).collect::<Vec<_>>().join("\n"),
    };
    let help = format!("Adds new and changed sounds in these folders while this window is open:\n{folders}");
    if tick(ui, &mut on, text).on_hover_text(help).changed() {
        intents.submit(Command::WatchFolders(on));
    }
    if let Some(problem) = &watch.problem {
        text::small(ui, format::sentence(problem));
    }
}

/// The sections and the folders are one list.
fn lines(
    ui: &mut Ui,
    library: &mut Library,
    files: &mut FileTable,
    seen: Seen<'_>,
    intents: &mut Intents,
    columns: &Columns,
) {
    let Seen { search, shared, .. } = seen;
    let heads = library.heads(shared, &search.history);
    let file_lines = files.lines();
    let reveal_head = std::mem::take(&mut library.reveal).then_some(library.cursor).flatten();
    let reveal_head = reveal_head.and_then(|cursor| heads.iter().position(|head| *head == cursor));
    let reveal_file = files.reveal.take().and_then(|line| Some((line, files.number_of(line)?)));
    let all = heads.len() + file_lines.max(1);
    ScrollArea::vertical().id_salt("library").auto_shrink(false).show_rows(ui, size::TABLE_ROW, all, |ui, shown| {
        let revealed = reveal_head.or(reveal_file.map(|(_, number)| heads.len() + number));
        if let Some(number) = revealed {
            row::reveal(ui, shown.start, number, size::TABLE_ROW);
        }
        let had_focus = row::focused(ui.ctx());
        let cursor = library.cursor.and_then(|cursor| heads.iter().position(|head| *head == cursor));
        let shown_heads = shown.start.min(heads.len())..shown.end.min(heads.len());
        let stop = row::tab_stop(&shown_heads, cursor);
        for place in shown_heads.clone() {
            let at = At { stops: place == stop, gets_focus: had_focus && reveal_head == Some(place) };
            head(ui, library, files, seen, intents, heads[place], at);
        }
        if file_lines == 0 && shown.end > heads.len() {
            return files::nothing(ui, files);
        }
        let shown_files = shown.start.max(heads.len()) - heads.len()..shown.end.max(heads.len()) - heads.len();
        let rows = files::Rows { shown: shown_files, reveal: reveal_file.map(|(line, _)| line), had_focus };
        files::lines(ui, files, search, shared, intents, columns, rows);
    });
    files.open_menu = false;
}

/// What the lines above the folders show of other parts of the window.
#[derive(Clone, Copy)]
struct Seen<'a> {
    search: &'a SearchState,
    collecting: &'a Collecting,
    shared: &'a Shared,
}

#[derive(Clone, Copy)]
struct At {
    stops: bool,
    gets_focus: bool,
}

fn head(
    ui: &mut Ui,
    library: &mut Library,
    files: &FileTable,
    seen: Seen<'_>,
    intents: &mut Intents,
    head: Head,
    at: At,
) {
    let Some(Words { name, aside, count, spoken, chosen }) = words(library, files, seen, head) else { return };
    let palette = palette(ui.visuals());
    let focused_here = seen.shared.list == List::Library && library.cursor == Some(head);
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
                icons::fold(ui.painter(), sign, library.unfolded.contains(&section), palette.dim);
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
        library.cursor = Some(head);
        intents.use_list(List::Library);
    }
    if response.clicked() {
        intents.choose_head(head);
    }
    if let Some(items) = receives(seen.shared, head).then(|| collection::drop_on(ui, &response)).flatten() {
        match head {
            Head::Item(_, place) => {
                if let Some(name) = seen.shared.collection_at(place).map(|collection| collection.name.clone()) {
                    intents.put_into_collection(name, items);
                }
            }
            Head::Section(_) => intents.ask_for_collection(items),
        }
    }
    menu(&response, seen.shared, intents, head);
}

/// Whether sounds can be dropped on a line.
fn receives(shared: &Shared, head: Head) -> bool {
    let (Head::Section(section) | Head::Item(section, _)) = head;
    section == Section::Collections && !shared.read_only()
}

fn menu(response: &egui::Response, shared: &Shared, intents: &mut Intents, head: Head) {
    match head {
        Head::Item(Section::Takes, place) if !shared.read_only() => {
            response.context_menu(|ui| {
                let Some(path) = shared.take_at(place).map(|take| take.path.clone()) else { return };
                if ui.button("Rename…").clicked() {
                    intents.rename_take(path.clone());
                }
                if ui.button("Delete…").clicked() {
                    intents.open(Modal::DeleteTake(path));
                }
            });
        }
        Head::Item(Section::Collections, place) if !shared.read_only() => {
            response.context_menu(|ui| {
                let Some(of_place) = shared.collection_at(place).cloned() else { return };
                if ui.button("Export…").clicked() {
                    intents.ask_to_export_collection(of_place.id);
                }
                if ui.button("Rename…").clicked() {
                    collection::ask_for_name(intents, &of_place);
                }
                if ui.button("Remove the collection").on_hover_text("Its files stay").clicked() {
                    collection::remove(intents, of_place.id);
                }
            });
        }
        Head::Item(Section::Searches, place) if !shared.read_only() => {
            response.context_menu(|ui| {
                let Some(name) = shared.search_at(place).map(|search| search.name.clone()) else { return };
                if ui.button("Rename…").clicked() {
                    intents.ask_for_name(Modal::RenameSearch(name.clone()), name.clone());
                }
                if ui.button("Delete the saved search").clicked() {
                    intents.submit(Command::DeleteSearch { name });
                }
            });
        }
        Head::Item(Section::Favourites, place) if !shared.read_only() => {
            response.context_menu(|ui| {
                let Some(favourite) = shared.favourite_at(place).copied() else { return };
                if ui.button("Take the mark off").clicked() {
                    intents.submit(Command::MarkFavourite { favourite, on: false });
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
    /// Whether the window shows this item.
    chosen: bool,
}

fn words(library: &Library, files: &FileTable, seen: Seen<'_>, head: Head) -> Option<Words> {
    let Seen { search, collecting, shared } = seen;
    match head {
        Head::Section(section) => {
            let (name, things) = (
                name_of(section).to_owned(),
                format::count(library.things_in(section, shared, &search.history) as u64),
            );
            let folded = if library.unfolded.contains(&section) { "unfolded" } else { "folded" };
            let spoken = format!("{name}, {things}, {folded}");
            Some(Words { name, aside: String::new(), count: things, spoken, chosen: false })
        }
        Head::Item(Section::Favourites, place) => {
            let favourite = shared.favourite_at(place)?;
            let file = shared.latest.dataset.file(favourite.file)?;
            let (name, aside) =
                (format::file_name(&file.path), format::stretch(favourite.start_secs, favourite.end_secs));
            let spoken = format!("Favourite {name}, {aside}");
            Some(Words { name: name.to_owned(), aside, count: String::new(), spoken, chosen: false })
        }
        Head::Item(Section::Collections, place) => {
            let collection = shared.collection_at(place)?;
            let (name, items) = (collection.name.clone(), collection.items.len() as u64);
            let spoken = format!("Collection {name}, {}", format::counted(items, "sound", "sounds"));
            let chosen = shared.page == Page::Collection && collecting.open == Some(collection.id);
            Some(Words { name, aside: String::new(), count: format::count(items), spoken, chosen })
        }
        Head::Item(Section::Searches, place) => {
            let saved = shared.search_at(place)?;
            let chosen = search.path.is_some() && search.taught.saved.as_ref() == Some(&saved.name);
            let new = search.taught.new.filter(|new| chosen && *new > 0);
            let count = new.map_or(String::new(), |new| format!("{} new", format::count(new as u64)));
            let aside = format::file_name(&saved.query.path).to_owned();
            let mut spoken = format!("Saved search {}, like {aside}", saved.name);
            if !count.is_empty() {
                spoken += &format!(", {count}");
            }
            Some(Words { name: saved.name.clone(), aside, count, spoken, chosen })
        }
        Head::Item(Section::Takes, place) => {
            let take = shared.take_at(place)?;
            let (name, count) = (take.path.file_stem().unwrap_or_default(), format::short_duration(take.duration_secs));
            let spoken = format!("Recording {name}, {count}");
            let chosen = search.path.as_deref() == Some(&take.path);
            Some(Words { name: name.to_owned(), aside: String::new(), count, spoken, chosen })
        }
        Head::Item(Section::Queries, place) => {
            let (place, asked) = search.history.newest(place)?;
            let name = format::file_name(&asked.path);
            let part = asked.region.map_or("all of it".to_owned(), |(from, to)| format::stretch(from, to));
            let spoken = format!("Query {}: {name}, {part}", place + 1);
            let chosen = search.path.is_some() && search.history.at() == place;
            Some(Words { name: name.to_owned(), aside: part, count: String::new(), spoken, chosen })
        }
        Head::Item(Section::Tags, place) => {
            let (tag, tagged) = library.tags().get(place)?;
            let spoken = format!("Tag {tag}, {}", format::counted(*tagged as u64, "file", "files"));
            let chosen = files.filter.trim() == tag_filter(tag);
            Some(Words {
                name: tag.clone(),
                aside: String::new(),
                count: format::count(*tagged as u64),
                spoken,
                chosen,
            })
        }
    }
}

/// The width of a digit of a section's number of items.
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

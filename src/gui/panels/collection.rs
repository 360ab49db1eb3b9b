//! The page of a collection. The person plays, orders and exports its sounds here.

use egui::{
    Align, Align2, DragAndDrop, Key, Layout, Popup, Rect, ScrollArea, SetOpenCommand, TextEdit, TextStyle, Ui, vec2,
};

use crate::dataset::{Collection, CollectionId, Item};
use crate::engine::{CollectionChange, Command};
use crate::gui::collecting::{Collecting, DraggedItem};
use crate::gui::explore::clip_of_place;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::{Modal, Modals};
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::bidi::visual;
use crate::gui::widgets::buttons::{icon_button, primary_sized, with_icon};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, Row, button_at, take_left, take_right};
use crate::gui::widgets::{field, text, waveform};

pub fn show(ui: &mut Ui, collecting: &mut Collecting, shared: &Shared, intents: &mut Intents) {
    let Some(collection) = collecting.collection(shared).cloned() else { return };
    heading(ui, shared, intents, &collection);
    if collection.items.is_empty() {
        let sentence = "Drag sounds here onto the collection's name in the library, or select sounds and press Ctrl+D.";
        return empty(ui, "Nothing is in it yet", sentence);
    }
    items(ui, collecting, shared, intents, &collection);
}

fn heading(ui: &mut Ui, shared: &Shared, intents: &mut Intents, collection: &Collection) {
    let changes = !shared.read_only();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::Close, "Close the collection").clicked() {
                intents.close_collection();
            }
            if ui.add_enabled(changes, egui::Button::new("Rename…")).clicked() {
                ask_for_name(intents, collection);
            }
            if ui
                .add_enabled_ui(!collection.items.is_empty(), |ui| with_icon(ui, Icon::Drop, "Export…"))
                .inner
                .clicked()
            {
                intents.ask_to_export_collection(collection.id);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(egui::RichText::new(visual(&collection.name)).heading()).truncate());
                text::small(ui, format::counted(collection.items.len() as u64, "sound", "sounds"));
            });
        });
    });
    text::small(ui, "Move a sound with Alt+Up, Alt+Down or the mouse. Delete takes it out. Its file stays.");
}

/// Asks for another name of a collection.
pub fn ask_for_name(intents: &mut Intents, collection: &Collection) {
    intents.ask_for_name(Modal::RenameCollection(collection.id), collection.name.clone());
}

fn items(ui: &mut Ui, collecting: &mut Collecting, shared: &Shared, intents: &mut Intents, collection: &Collection) {
    ui.spacing_mut().item_spacing.y = 1.0;
    let selected = collecting.selected;
    let takes_focus = std::mem::take(&mut collecting.take_focus) && !ui.ctx().text_edit_focused();
    let reveal = std::mem::take(&mut collecting.reveal) || takes_focus;
    let list = ScrollArea::vertical().id_salt("collection").auto_shrink(false);
    list.show_rows(ui, size::MATCH_ROW, collection.items.len(), |ui, shown| {
        if reveal {
            row::reveal(ui, shown.start, selected, size::MATCH_ROW);
        }
        let had_focus = row::focused(ui.ctx());
        let stop = row::tab_stop(&shown, Some(selected));
        for place in shown {
            let gets_focus = place == selected && (takes_focus || reveal && had_focus);
            item(ui, collecting, shared, intents, collection, At { place, stops: place == stop, gets_focus });
        }
    });
    collecting.open_menu = false;
}

struct At {
    place: usize,
    stops: bool,
    gets_focus: bool,
}

fn item(
    ui: &mut Ui,
    collecting: &mut Collecting,
    shared: &Shared,
    intents: &mut Intents,
    collection: &Collection,
    at: At,
) {
    let At { place, stops, gets_focus } = at;
    let Item { file, stretch_secs } = collection.items[place];
    let sound = shared.latest.dataset.file(file).cloned();
    let name = sound.as_ref().map_or("a file that is no longer in the project", |sound| format::file_name(&sound.path));
    let part = stretch_secs.map(|(start, end)| format::stretch(start, end));
    let mut spoken = format!("Item {}: {name}", place + 1);
    if let Some(part) = &part {
        spoken += &format!(", {part}");
    }
    let selected = collecting.selected == place;
    let row = Row { name: &spoken, height: size::MATCH_ROW, selected, stops, leaves: !shared.read_only() };
    let mut taken_out = false;
    let response = row::row(ui, ("item", place), row, |ui, mut rect| {
        let palette = palette(ui.visuals());
        let number = take_left(&mut rect, 28.0);
        text::line(ui, number, Align2::RIGHT_CENTER, (place + 1).to_string(), TextStyle::Small, palette.dim);
        let picture = take_left(&mut rect, 64.0).shrink2(vec2(0.0, 2.0));
        let close = take_right(&mut rect, size::CONTROL - 6.0);
        if !shared.read_only() {
            let does = format!("Take item {} out of the collection", place + 1);
            taken_out = button_at(ui, close, Icon::Close, &does, stops).clicked();
        }
        let Some(sound) = &sound else {
            return text::line(ui, rect, Align2::LEFT_CENTER, name, TextStyle::Body, palette.dim);
        };
        let duration = sound.duration_secs().max(1e-9);
        let marked = stretch_secs.map(|(from, to)| ((from / duration) as f32, (to / duration) as f32));
        waveform::thumbnail(ui.painter(), picture, &sound.thumbnail, marked, ui.visuals());
        let length = stretch_secs.map_or(duration, |(from, to)| to - from);
        let figure = take_right(&mut rect, 46.0);
        text::line(ui, figure, Align2::RIGHT_CENTER, format::short_duration(length), TextStyle::Small, palette.dim);
        let aside = part.clone().unwrap_or_else(|| format::folder(&sound.path));
        text::with_aside(ui, rect, name, &aside);
        row::tooltip_at(ui, rect, sound.path.as_str());
    });
    if gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() {
        collecting.select(place, intents);
    }
    if response.has_focus() && shared.list != List::Collection {
        intents.use_list(List::Collection);
    }
    drag(ui, collecting, shared, intents, place, &response);
    if taken_out {
        collecting.take_out(place, shared, intents);
    } else if response.clicked() {
        collecting.select(place, intents);
        row::focus(ui, &response);
        if let Some(moment) = collecting.place_of(place, shared) {
            intents.play(clip_of_place(moment.clone()));
        }
    }
    menu(collecting, shared, intents, place, collection.id, &response);
}

/// Drags a row to its new position. A line shows where it would be.
fn drag(
    ui: &Ui,
    collecting: &mut Collecting,
    shared: &Shared,
    intents: &mut Intents,
    place: usize,
    response: &egui::Response,
) {
    if response.drag_started() {
        collecting.select(place, intents);
        response.dnd_set_drag_payload(DraggedItem(place));
    }
    let Some(DraggedItem(from)) = response.dnd_hover_payload::<DraggedItem>().map(|dragged| *dragged) else { return };
    let y = if from < place { response.rect.bottom() } else { response.rect.top() };
    let stroke = egui::Stroke::new(2.0, palette(ui.visuals()).accent);
    ui.painter().hline(response.rect.x_range(), y, stroke);
    if response.dnd_release_payload::<DraggedItem>().is_some() {
        DragAndDrop::clear_payload(ui.ctx());
        collecting.move_item(from, place, shared, intents);
    }
}

fn menu(
    collecting: &mut Collecting,
    shared: &Shared,
    intents: &mut Intents,
    place: usize,
    collection: CollectionId,
    response: &egui::Response,
) {
    let by_key = collecting.open_menu && collecting.selected == place;
    if response.secondary_clicked() {
        collecting.select(place, intents);
    }
    let popup = match by_key {
        true => Popup::menu(response).open_memory(Some(SetOpenCommand::Bool(true))),
        false => Popup::context_menu(response),
    };
    let changes = !shared.read_only();
    popup.show(|ui| {
        let Some(moment) = collecting.place_of(place, shared) else { return };
        if ui.button("Play").clicked() {
            intents.play(clip_of_place(moment.clone()));
        }
        if ui.button("Find similar").clicked() {
            let is_whole = collecting.item_at(place, shared).is_some_and(|item| item.stretch_secs.is_none());
            let stretch = (!is_whole).then_some((moment.start_secs, moment.end_secs));
            intents.choose_query(moment.path.clone(), stretch);
        }
        ui.separator();
        if ui.add_enabled(changes, egui::Button::new("Move up")).clicked() {
            collecting.move_item(place, place.saturating_sub(1), shared, intents);
        }
        if ui.add_enabled(changes, egui::Button::new("Move down")).clicked() {
            collecting.move_item(place, place + 1, shared, intents);
        }
        if ui.add_enabled(changes, egui::Button::new("Take it out")).clicked() {
            collecting.take_out(place, shared, intents);
        }
        ui.separator();
        if ui.button("Export the collection…").clicked() {
            intents.ask_to_export_collection(collection);
        }
    });
}

/// The dialog that asks which collection some sounds go into.
pub fn collect(ui: &mut Ui, modals: &mut Modals, shared: &Shared, intents: &mut Intents, items: &[Item]) {
    ui.set_width(380.0);
    let n = format::counted(items.len() as u64, "sound", "sounds");
    ui.heading(format!("Put {n} into a collection"));
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(&mut modals.name_typed).id_salt("new collection");
        let edit = field::field(ui, edit.hint_text("a new collection").desired_width(240.0));
        let edit = edit.accessible_name("Name of the collection");
        let entered = edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let is_named = !modals.name_typed.trim().is_empty();
        if (primary_sized(ui, is_named, "Put in", vec2(0.0, 28.0)).clicked() || entered) && is_named {
            intents.put_into_collection(modals.name_typed.clone(), items.to_vec());
        }
        // The field gets the keyboard, because the dialog is only for it.
        if ui.memory(|memory| memory.focused().is_none()) {
            edit.request_focus();
        }
    });
    let known = shared.latest.collections.clone();
    if !known.is_empty() {
        text::small(ui, "Or choose a collection");
        ScrollArea::vertical().max_height(220.0).show(ui, |ui| {
            for collection in known.iter() {
                let sounds = format::counted(collection.items.len() as u64, "sound", "sounds");
                let button = ui.add(egui::Button::new(visual(&collection.name)).min_size(vec2(240.0, 0.0)));
                if button.on_hover_text(sounds).clicked() {
                    intents.put_into_collection(collection.name.clone(), items.to_vec());
                }
            }
        });
    }
    ui.add_space(8.0);
    if ui.button("Cancel").clicked() {
        modals.close();
    }
}

/// The dialog that asks for another name.
pub fn rename(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents, collection: CollectionId) {
    use super::naming::{self, Named, Words};
    let help = "If another collection has this name, both become one.";
    let words = Words { title: "Rename the collection", help, field: "Name of the collection", button: "Rename" };
    match naming::show(ui, &mut modals.name_typed, words) {
        Some(Named::Given) => intents.rename_collection(collection),
        Some(Named::Cancelled) => modals.close(),
        None => {}
    }
}

/// Removes a collection. Its files stay, and the removal can be undone.
pub fn remove(intents: &mut Intents, collection: CollectionId) {
    intents.submit(Command::ChangeCollection(CollectionChange::Remove { collection }));
}

/// Draws what the pointer drags beside the pointer.
pub fn dragged(ui: &Ui) {
    let Some(sounds) = DragAndDrop::payload::<crate::gui::collecting::DraggedSounds>(ui.ctx()) else { return };
    let Some(at) = ui.ctx().pointer_interact_pos() else { return };
    let words = format::counted(sounds.0.len() as u64, "sound", "sounds");
    let area = egui::Area::new(egui::Id::unique("dragged sounds")).order(egui::Order::Tooltip).interactable(false);
    area.fixed_pos(at + vec2(14.0, 10.0)).show(ui.ctx(), |ui| {
        let palette = palette(ui.visuals());
        let (rect, _) = ui.allocate_exact_size(vec2(76.0, 22.0), egui::Sense::hover());
        ui.painter().rect_filled(rect, size::CORNER, palette.raised_hover);
        text::line(ui, rect.shrink2(vec2(6.0, 0.0)), Align2::LEFT_CENTER, words, TextStyle::Small, palette.text);
    });
}

/// Lights up a row on which sounds can be dropped, and returns dropped sounds.
pub fn drop_on(ui: &Ui, response: &egui::Response) -> Option<Vec<Item>> {
    use crate::gui::collecting::DraggedSounds;
    response.dnd_hover_payload::<DraggedSounds>()?;
    let rect: Rect = response.rect;
    let stroke = egui::Stroke::new(2.0, palette(ui.visuals()).accent);
    ui.painter().rect_stroke(rect, size::CORNER, stroke, egui::StrokeKind::Inside);
    let dropped = response.dnd_release_payload::<DraggedSounds>()?;
    DragAndDrop::clear_payload(ui.ctx());
    Some(dropped.0.clone())
}

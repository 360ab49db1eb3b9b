//! The takes: earlier recordings, which the person can search with, play, rename and delete.

use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use crate::engine::{Clip, TakeView};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modal;
use crate::gui::shared::Shared;
use crate::gui::sound_state::SoundState;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::text;

/// The number of rows that are visible at once.
const ROWS: f32 = 4.0;

pub fn show(ui: &mut Ui, sound: &mut SoundState, shared: &Shared, intents: &mut Intents) {
    let takes = shared.latest.takes.clone();
    if takes.is_empty() {
        text::small(ui, "Recordings are kept in the project, and listed here.");
        return;
    }
    text::small(ui, format::counted(takes.len() as u64, "take", "takes"));
    let height = size::CONTROL;
    let list = ScrollArea::vertical().id_salt("takes").max_height(ROWS * (height + ui.spacing().item_spacing.y));
    list.auto_shrink([false, true]).show_rows(ui, height, takes.len(), |ui, shown| {
        for take in &takes[shown] {
            row(ui, sound, shared, intents, take);
        }
    });
}

fn row(ui: &mut Ui, sound: &mut SoundState, shared: &Shared, intents: &mut Intents, take: &TakeView) {
    let name = take.path.file_stem().unwrap_or_default();
    ui.horizontal(|ui| {
        if icon_button(ui, Icon::Play, &format!("Play take {name}")).clicked() {
            intents.play(Clip { path: take.path.clone(), from_secs: 0.0, to_secs: None });
        }
        if icon_button(ui, Icon::Similar, &format!("Search for take {name} again")).clicked() {
            intents.choose_query(take.path.clone(), None);
        }
        let may_change = !shared.read_only();
        if may_change && icon_button(ui, Icon::Pencil, &format!("Rename take {name}")).clicked() {
            sound.renaming = Some((take.path.clone(), name.to_owned()));
        }
        if may_change && icon_button(ui, Icon::Close, &format!("Delete take {name}")).clicked() {
            intents.open(Modal::DeleteTake(take.path.clone()));
        }
        match &mut sound.renaming {
            Some((path, typed)) if *path == take.path => {
                let field = TextEdit::singleline(typed).id_salt("new name").desired_width(200.0);
                let response = crate::gui::widgets::field::field(ui, field).accessible_name("New name");
                let (entered, left) = ui.input(|i| (i.key_pressed(Key::Enter), i.key_pressed(Key::Escape)));
                if response.lost_focus() && entered {
                    sound.finish_renaming(intents);
                } else if left {
                    sound.renaming = None;
                } else if !response.has_focus() && !response.lost_focus() {
                    response.request_focus();
                }
            }
            _ => {
                ui.label(name);
                let dim = palette(ui.visuals()).dim;
                ui.label(RichText::new(format::duration(take.duration_secs)).small().color(dim));
            }
        }
    });
}

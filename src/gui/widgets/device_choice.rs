//! Choosing a device from those that are connected.

use egui::{ComboBox, ScrollArea, Ui};

use crate::engine::{DeviceList, DeviceName};

/// A new choice. `None` is the computer's default device.
type Choice = Option<DeviceName>;

/// A box that unfolds. Returns a new choice.
pub fn unfolding(ui: &mut Ui, name: &str, list: &DeviceList, chosen: Option<&DeviceName>) -> Option<Choice> {
    let shown = match chosen {
        None => default_name(list),
        Some(device) => name_of(list, device),
    };
    let mut choice = None;
    let drawn = ComboBox::from_id_salt(name).width(260.0).truncate().selected_text(shown).show_ui(ui, |ui| {
        choice = rows(ui, list, chosen);
    });
    drawn.response.accessible_name(name);
    choice
}

/// Rows inside something that has already unfolded, because egui keeps only one menu open.
pub fn unfolded(ui: &mut Ui, list: &DeviceList, chosen: Option<&DeviceName>) -> Option<Choice> {
    ScrollArea::vertical().id_salt("devices").max_height(160.0).show(ui, |ui| rows(ui, list, chosen)).inner
}

fn rows(ui: &mut Ui, list: &DeviceList, chosen: Option<&DeviceName>) -> Option<Choice> {
    let mut choice = None;
    if ui.selectable_label(chosen.is_none(), default_name(list)).clicked() {
        choice = Some(None);
    }
    // A chosen device that is not connected stays in view.
    let missing = chosen.filter(|chosen| !list.devices.contains(chosen));
    for device in list.devices.iter().chain(missing) {
        if ui.selectable_label(chosen == Some(device), name_of(list, device)).clicked() {
            choice = Some(Some(device.clone()));
        }
    }
    choice
}

fn default_name(list: &DeviceList) -> String {
    list.default.as_ref().map_or_else(|| "Default".to_owned(), |device| format!("Default ({})", device.name))
}

fn name_of(list: &DeviceList, device: &DeviceName) -> String {
    // Before the first listing, it is unknown what is missing.
    match list.devices.is_empty() || list.devices.contains(device) {
        true => device.name.clone(),
        false => format!("{} (not connected)", device.name),
    }
}

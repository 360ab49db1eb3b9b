//! The headings of the list of matches, which sort the list and choose its columns.

use egui::{Align2, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, vec2};

use super::match_row::Columns;
use crate::gui::intents::Intents;
use crate::gui::match_list::{Column, Sort};
use crate::gui::search_state::SearchState;
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::buttons::tick;
use crate::gui::widgets::text;

pub(super) fn headings(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    columns: Columns,
) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 20.0));
    let bar = ui.spacing().scroll.allocated_width();
    // This area is behind the headings, which take their own clicks.
    let all = ui.interact(rect, ui.scope_id().with("columns"), Sense::CLICK);
    all.context_menu(|ui| choose_columns(ui, shared, intents));
    let cells = columns.cells(rect.with_max_x(rect.right() - bar).shrink2(vec2(8.0, 0.0)));
    let of = Heading {
        by: Column::Name,
        name: "Name",
        rect: cells.name.with_min_x(cells.picture.left()),
        align: Align2::LEFT_CENTER,
    };
    heading(ui, search, shared, intents, of);
    if let Some(rect) = cells.alike {
        let name = if tells_shares(search) { "Alike" } else { "Differs" };
        let of = Heading { by: Column::Alike, name, rect, align: Align2::LEFT_CENTER };
        heading(ui, search, shared, intents, of);
    }
    if let Some(rect) = cells.length {
        let of = Heading { by: Column::Length, name: "Length", rect, align: Align2::RIGHT_CENTER };
        heading(ui, search, shared, intents, of);
    }
    if let Some(rect) = cells.pitch {
        let of = Heading { by: Column::Pitch, name: "Pitch", rect, align: Align2::RIGHT_CENTER };
        heading(ui, search, shared, intents, of);
    }
    if let Some(rect) = cells.brightness {
        let of = Heading { by: Column::Brightness, name: "Bright", rect, align: Align2::RIGHT_CENTER };
        heading(ui, search, shared, intents, of);
    }
    if let Some(rect) = cells.tags {
        text::line(ui, rect, Align2::LEFT_CENTER, "Tags", TextStyle::Small, palette(ui.visuals()).dim);
    }
}

/// Whether the list shows nearness as a share of random pairs. A small library has too few pairs for that, so the list shows
/// the number of bits that differ.
fn tells_shares(search: &SearchState) -> bool {
    search.matches().iter().any(|found| found.nearness.share_alike.is_some())
}

/// The menu that chooses the columns.
fn choose_columns(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let columns = [
        (Column::Alike, "Nearness"),
        (Column::Length, "Length"),
        (Column::Pitch, "Pitch"),
        (Column::Brightness, "Brightness"),
        (Column::Tags, "Tags"),
    ];
    for (column, name) in columns {
        let mut shown = !shared.preferences.hidden_columns.contains(&column);
        if tick(ui, &mut shown, name).changed() {
            intents.show_column(column, shown);
        }
    }
}

/// The heading of a column.
struct Heading<'a> {
    by: Column,
    name: &'a str,
    rect: Rect,
    align: Align2,
}

fn heading(ui: &mut Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents, of: Heading<'_>) {
    let Heading { by, name, rect, align } = of;
    let palette = palette(ui.visuals());
    let sort = search.sort;
    let sorted = sort.by == by;
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let lower = match by {
        Column::Alike => "nearness".to_owned(),
        Column::Brightness => "brightness".to_owned(),
        _ => name.to_lowercase(),
    };
    let spoken = match (sorted, sort.descending) {
        (false, _) => format!("Sort the matches by {lower}"),
        (true, false) => format!("Matches sorted by {lower}, upwards"),
        (true, true) => format!("Matches sorted by {lower}, downwards"),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, &spoken));
    let colour = match (sorted, response.hovered() || response.has_focus()) {
        (true, _) => palette.accent,
        (false, true) => palette.text,
        (false, false) => palette.dim,
    };
    // When the distance rises, the share alike that is shown falls.
    let falls = sort.descending != (by == Column::Alike && tells_shares(search));
    let sign = match (sorted, falls) {
        (false, _) => "",
        (true, false) => " ⏶",
        (true, true) => " ⏷",
    };
    text::line(ui, rect, align, format!("{name}{sign}"), TextStyle::Small, colour);
    let response = response.on_hover_text(format!("{spoken}. Right-click to choose the columns."));
    if response.clicked() {
        search.sort = Sort { by, descending: sorted && !sort.descending };
    }
    response.context_menu(|ui| choose_columns(ui, shared, intents));
}

//! What has a code that the page of the bits can show.

use super::State;
use crate::engine::CodeOf;
use crate::gui::explore::bits::{Source, Subject, Subjects};
use crate::gui::match_list::Line;
use crate::gui::shared::Page;

impl State {
    /// The selection in each list, whose code can be shown.
    pub fn subjects(&self) -> Subjects {
        let subject = |source, of, path, start_secs| Subject { source, of, path, start_secs };
        let chunk = |file, start_secs| CodeOf::Chunk { file, start_secs };
        let found = self.search.selected_match();
        let of_match =
            found.map(|m| subject(Source::Match, chunk(m.file, m.start_seconds), m.path.clone(), m.start_seconds));
        // The part of the query that is nearest to the selected match.
        let region = self.search.region.map_or(0.0, |region| region.0);
        let from_secs = found.map_or(region, |m| m.query_start_seconds);
        let of_query = self
            .search
            .path
            .clone()
            .map(|path| subject(Source::Query, CodeOf::Sound { path: path.clone(), from_secs }, path, from_secs));
        let of_dot = self
            .map
            .selected_place()
            .map(|place| subject(Source::Dot, chunk(place.file, place.start_secs), place.path, place.start_secs));
        let of_file =
            self.first_selected_file().map(|file| subject(Source::File, chunk(file.id, 0.0), file.path.clone(), 0.0));
        Subjects { of_match, of_query, of_dot, of_file }
    }

    /// Shows the code of a match.
    pub(super) fn show_match_bits(&mut self, line: Line) {
        self.select_match(line);
        self.turn_to(Page::Bits);
        if let Some(subject) = self.subjects().of_match {
            self.bits.look_at(subject);
        }
    }
}

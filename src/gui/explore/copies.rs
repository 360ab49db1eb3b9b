//! Exact copies: files that sound the same, which one of each group is kept, and which ones go.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::Asked;
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, Command, CopiesReport, Keep};
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::typed_path::typed_path;

/// Which of several copies is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    #[default]
    HighestResolution,
    LongestPath,
    InFolder,
}

/// Files that sound exactly the same, as a list that the person looks through before anything is done.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    pub rule: Rule,
    /// The folder whose copies are kept, as typed.
    pub folder_typed: String,
    /// The rule, the folder, and the number of files.
    pub asked: Asked<(Rule, String, usize)>,
    pub report: Option<Arc<CopiesReport>>,
    /// Copies that the person keeps although the rule does not.
    pub kept: BTreeSet<Utf8PathBuf>,
    /// The position of the selected line.
    pub selected: Option<usize>,
    pub reveal: bool,
}

/// A line of the list: a file that is kept, or one of its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyLine {
    Kept { group: usize },
    Other { group: usize, other: usize },
}

impl Copies {
    /// The rule in the engine's form. `None` while no folder is typed.
    pub fn keep(&self) -> Option<Keep> {
        match self.rule {
            Rule::HighestResolution => Some(Keep::HighestResolution),
            Rule::LongestPath => Some(Keep::LongestPath),
            Rule::InFolder => typed_path(&self.folder_typed).map(Keep::In),
        }
    }

    pub fn show(&mut self, report: Arc<CopiesReport>) {
        self.kept.retain(|path| report.groups.iter().any(|group| group.others.contains(path)));
        self.report = Some(report);
        self.selected = None;
    }

    pub fn lines(&self) -> Vec<CopyLine> {
        let groups = self.report.iter().flat_map(|report| report.groups.iter().enumerate());
        let lines = groups.flat_map(|(group, of)| {
            let others = (0..of.others.len()).map(move |other| CopyLine::Other { group, other });
            std::iter::once(CopyLine::Kept { group }).chain(others)
        });
        lines.collect()
    }

    pub fn file_at(&self, line: CopyLine) -> Option<(FileId, &Utf8PathBuf)> {
        let groups = &self.report.as_ref()?.groups;
        match line {
            CopyLine::Kept { group } => groups.get(group).map(|group| (group.keep_file, &group.keep)),
            CopyLine::Other { group, other } => {
                let group = groups.get(group)?;
                Some((*group.other_files.get(other)?, group.others.get(other)?))
            }
        }
    }

    pub fn selected_file(&self) -> Option<(FileId, &Utf8PathBuf)> {
        self.file_at(*self.lines().get(self.selected?)?)
    }

    /// The report without the copies that the person keeps.
    pub fn reviewed(&self) -> Option<CopiesReport> {
        self.report.as_ref().map(|report| report.without(&self.kept))
    }

    /// Looks for copies, once for each rule and state of the library.
    pub fn want(&mut self, shared: &Shared, intents: &mut Intents) {
        let Some(keep) = self.keep() else { return };
        let folder = if self.rule == Rule::InFolder { self.folder_typed.clone() } else { String::new() };
        let key = (self.rule, folder, shared.latest.dataset.files.len());
        // A folder is used when it was typed completely, not letter by letter.
        let is_complete = match &keep {
            Keep::In(folder) => folder.is_absolute(),
            _ => true,
        };
        if is_complete && self.asked.wants(key) {
            intents.submit(Command::FindCopies(keep));
        }
    }

    /// Keeps a copy that the rule does not keep, or lets it go.
    pub fn keep_copy(&mut self, line: CopyLine, keeps: bool) {
        let Some(path) = self.file_at(line).map(|(_, path)| path.clone()) else { return };
        match keeps {
            true => self.kept.insert(path),
            false => self.kept.remove(&path),
        };
    }

    pub fn selected_place(&self, shared: &Shared) -> Option<ChunkPlace> {
        let (file, path) = self.selected_file()?;
        let end_secs = shared.latest.dataset.file(file)?.duration_secs();
        Some(ChunkPlace { file, path: path.clone(), start_secs: 0.0, end_secs })
    }

    /// Moves the selection. Returns whether it moved.
    pub fn step(&mut self, by: isize) -> bool {
        let Some(last) = self.lines().len().checked_sub(1) else { return false };
        let next = Some(self.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = self.selected != next;
        (self.selected, self.reveal) = (next, moved);
        moved
    }
}

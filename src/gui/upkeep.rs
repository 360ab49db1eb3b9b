//! Looking after the library: exact copies, files that are no longer where they were, and what is left out of folders.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::dataset::FileId;
use crate::engine::{ChunkPlace, CopiesReport, Keep, LeftOutReport, RelinkPlan};
use crate::gui::explore::Asked;

#[derive(Clone, Debug, Default)]
pub struct Upkeep {
    pub copies: Copies,
    /// The folder in which missing files are looked for, as typed.
    pub folder_typed: String,
    /// Where missing files are, as far as they were found.
    pub found: Option<Arc<RelinkPlan>>,
    /// Whether the answer is on its way.
    pub is_looking: bool,
    /// The patterns of what is left out, one a line, as typed.
    pub patterns_typed: String,
    pub left_out: Option<Arc<LeftOutReport>>,
}

/// Which of several copies is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    #[default]
    HighestResolution,
    LongestPath,
    InFolder,
}

/// Files that sound exactly the same, as a list to look through before anything is done.
#[derive(Clone, Debug, Default)]
pub struct Copies {
    pub rule: Rule,
    /// The folder whose copies are kept, as typed.
    pub folder_typed: String,
    /// The rule, the folder, and the number of files.
    pub asked: Asked<(Rule, String, usize)>,
    pub report: Option<Arc<CopiesReport>>,
    /// Files that a person keeps, though the rule does not.
    pub kept: BTreeSet<Utf8PathBuf>,
    /// Place among the lines.
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
    /// The rule as the engine takes it; `None` while no folder is typed.
    pub fn keep(&self) -> Option<Keep> {
        match self.rule {
            Rule::HighestResolution => Some(Keep::HighestResolution),
            Rule::LongestPath => Some(Keep::LongestPath),
            Rule::InFolder => crate::gui::search_state::typed_path(&self.folder_typed).map(Keep::In),
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

    /// What is to be done, without what a person keeps.
    pub fn reviewed(&self) -> Option<CopiesReport> {
        self.report.as_ref().map(|report| report.without(&self.kept))
    }
}

/// A whole file as a place.
pub fn whole(file: FileId, path: &Utf8PathBuf, duration_secs: f64) -> ChunkPlace {
    ChunkPlace { file, path: path.clone(), start_secs: 0.0, end_secs: duration_secs }
}

//! Near-duplicates: the groups that were found, which of them are unfolded, and which files are chosen for removal.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Asked;
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, Command, Duplicate, DuplicateGroup, DuplicatesBy, DuplicatesReport};
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;

pub struct DuplicatesState {
    /// Whether the page lists exact copies, and not sounds that are nearly equal.
    pub exact: bool,
    pub within: u32,
    pub by: DuplicatesBy,
    /// The question that was asked: distance, kind, generation of the index, number of files.
    pub asked: Asked<(u32, DuplicatesBy, i64, usize)>,
    pub report: Option<Arc<DuplicatesReport>>,
    /// Groups whose members are shown.
    unfolded: BTreeSet<usize>,
    pub lines: Arc<Vec<Line>>,
    /// Place among the lines.
    pub selected: Option<usize>,
    pub reveal: bool,
    /// The files to be removed from the project.
    pub chosen: BTreeSet<FileId>,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A group, and whether its members are shown. The last group is silence.
    Group {
        group: usize,
        unfolded: bool,
    },
    Member {
        group: usize,
        member: usize,
    },
}

impl Default for DuplicatesState {
    fn default() -> Self {
        Self {
            exact: true,
            within: 2,
            by: DuplicatesBy::default(),
            asked: Asked::default(),
            report: None,
            unfolded: BTreeSet::new(),
            lines: Arc::default(),
            selected: None,
            reveal: false,
            chosen: BTreeSet::new(),
        }
    }
}

impl DuplicatesState {
    /// Looks for duplicates, once for each distance and state of the project.
    pub fn want(&mut self, shared: &Shared, intents: &mut Intents) {
        let Some(generation) = shared.index_generation() else { return };
        let (within, by) = (self.within, self.by);
        let key = (within, by, generation, shared.latest.dataset.files.len());
        if let Some(job) = self.asked.overtaken_by(&key) {
            intents.cancel(job);
        } else if self.asked.wants(key) {
            intents.submit(Command::FindDuplicates { within, by });
        }
    }

    /// Removes the chosen files from the project.
    pub fn remove_chosen(&mut self, intents: &mut Intents) {
        let files: Vec<FileId> = std::mem::take(&mut self.chosen).into_iter().collect();
        if !files.is_empty() {
            intents.submit(Command::RemoveFiles { files });
        }
    }

    /// Moves the selection. Returns whether it moved.
    pub fn step(&mut self, by: isize) -> bool {
        let Some(last) = self.lines.len().checked_sub(1) else { return false };
        let next = Some(self.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = self.selected != next;
        (self.selected, self.reveal) = (next, moved);
        moved
    }

    /// A click on a line unfolds or folds a group. Returns the member to play, if the line is a member's.
    pub fn click(&mut self, line: usize) -> Option<ChunkPlace> {
        self.selected = Some(line);
        match *self.lines.get(line)? {
            Line::Group { group, .. } => {
                self.toggle(group);
                None
            }
            Line::Member { .. } => self.selected_place(),
        }
    }

    pub fn show(&mut self, report: Arc<DuplicatesReport>) {
        let known: BTreeSet<FileId> = report.files.iter().map(|file| file.id).collect();
        self.chosen.retain(|file| known.contains(file));
        self.report = Some(report);
        self.unfolded.clear();
        self.selected = None;
        self.write_lines();
    }

    pub fn group(&self, group: usize) -> Option<&DuplicateGroup> {
        let report = self.report.as_ref()?;
        if group == report.groups.len() { report.silence.as_ref() } else { report.groups.get(group) }
    }

    pub fn member(&self, group: usize, member: usize) -> Option<(&Duplicate, ChunkPlace)> {
        let member = self.group(group)?.members.get(member)?;
        let file = self.report.as_ref()?.files.get(member.file as usize)?;
        let (start_secs, end_secs) = (member.start_secs, member.end_secs);
        Some((member, ChunkPlace { file: file.id, path: file.path.clone(), start_secs, end_secs }))
    }

    fn write_lines(&mut self) {
        let groups = self.report.as_ref().map_or(0, |r| r.groups.len() + usize::from(r.silence.is_some()));
        let mut lines = Vec::with_capacity(groups);
        for group in 0..groups {
            let unfolded = self.unfolded.contains(&group);
            lines.push(Line::Group { group, unfolded });
            if unfolded {
                let members = self.group(group).map_or(0, |group| group.members.len());
                lines.extend((0..members).map(|member| Line::Member { group, member }));
            }
        }
        self.lines = Arc::new(lines);
    }

    pub fn toggle(&mut self, group: usize) {
        if !self.unfolded.remove(&group) {
            self.unfolded.insert(group);
        }
        self.write_lines();
        let same = |line: &Line| matches!(line, Line::Group { group: of, .. } if *of == group);
        self.selected = self.lines.iter().position(same);
    }

    /// The first member stands for the group.
    pub fn selected_place(&self) -> Option<ChunkPlace> {
        let (group, member) = match *self.lines.get(self.selected?)? {
            Line::Group { group, .. } => (group, 0),
            Line::Member { group, member } => (group, member),
        };
        self.member(group, member).map(|(_, place)| place)
    }

    pub fn choose(&mut self, file: FileId, chosen: bool) {
        if chosen {
            self.chosen.insert(file);
        } else {
            self.chosen.remove(&file);
        }
    }

    /// Chooses all files of every group but the first. A file that is kept for one group is not chosen for another.
    pub fn choose_all_but_the_first(&mut self) {
        let Some(report) = self.report.clone() else { return };
        let mut kept = BTreeSet::new();
        for group in &report.groups {
            let mut files: Vec<u32> = group.members.iter().map(|member| member.file).collect();
            files.dedup();
            let file_id = |file: &u32| report.files.get(*file as usize).map(|file| file.id);
            let mut ids = files.iter().filter_map(file_id);
            let first =
                ids.clone().find(|id| kept.contains(id)).or_else(|| ids.clone().find(|id| !self.chosen.contains(id)));
            kept.extend(first);
            self.chosen.extend(ids.by_ref().filter(|id| !kept.contains(id)));
        }
    }
}

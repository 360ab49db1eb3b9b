//! What the dialogs about missing files and about left-out files show, and what the person has typed into them.

use std::sync::Arc;

use super::typed_path::typed_path;
use crate::engine::{Command, LeftOutReport, RelinkPlan};

#[derive(Clone, Debug, Default)]
pub struct Upkeep {
    /// The folder in which missing files are looked for, as typed.
    pub folder_typed: String,
    /// Where missing files are now, as far as they were found.
    pub found: Option<Arc<RelinkPlan>>,
    /// Whether the engine is looking for missing files.
    pub is_looking: bool,
    /// The patterns of what is left out, one on each line, as typed.
    pub patterns_typed: String,
    pub left_out: Option<Arc<LeftOutReport>>,
}

impl Upkeep {
    /// Begins to look for missing files in the typed folder, with this command. `None` while no folder is typed.
    pub fn look_for_missing(&mut self) -> Option<Command> {
        let folder = typed_path(&self.folder_typed)?;
        self.is_looking = true;
        self.found = None;
        Some(Command::FindMissing { folders: vec![folder] })
    }

    /// Keeps the typed patterns and asks what they leave out, with these commands.
    pub fn keep_patterns(&mut self) -> [Command; 2] {
        let patterns: Vec<String> = self.patterns_typed.lines().map(str::to_owned).collect();
        self.left_out = None;
        [Command::SetIgnored { patterns }, Command::ListLeftOut]
    }
}

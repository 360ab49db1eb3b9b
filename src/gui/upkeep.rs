//! What the dialogs about missing files and about left-out files show, and what the person has typed into them.

use std::sync::Arc;

use super::intents::Intents;
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
    /// Looks for missing files in the typed folder.
    pub fn look_for_missing(&mut self, intents: &mut Intents) {
        if let Some(folder) = typed_path(&self.folder_typed) {
            self.is_looking = true;
            self.found = None;
            intents.submit(Command::FindMissing { folders: vec![folder] });
        }
    }

    /// Keeps the typed patterns, and asks what they leave out.
    pub fn keep_patterns(&mut self, intents: &mut Intents) {
        let patterns: Vec<String> = self.patterns_typed.lines().map(str::to_owned).collect();
        self.left_out = None;
        intents.submit(Command::SetIgnored { patterns });
        intents.submit(Command::ListLeftOut);
    }
}

//! What each submitted job was for.

use std::collections::HashMap;

use camino::Utf8PathBuf;

use crate::engine::{Command, JobId, Latest};
use crate::gui::notices::Place;
use crate::gui::pictures::Shown;

#[derive(Clone, Debug)]
pub struct Ticket {
    /// The part of the window that shows an error of the job.
    pub place: Place,
    /// The file of a search.
    pub path: Option<Utf8PathBuf>,
    /// What the job draws.
    pub picture: Option<Shown>,
    /// Whether the person sees the effect of the job without a message.
    pub is_quiet: bool,
    /// Whether the job changes a saved search.
    teaches: bool,
}

/// The submitted jobs that have not ended.
#[derive(Debug, Default)]
pub struct Jobs {
    tickets: HashMap<JobId, Ticket>,
}

impl Jobs {
    /// Notes which job a command became.
    pub fn submitted(&mut self, job: JobId, command: &Command, latest: &Latest) {
        let judges = matches!(command, Command::JudgeMatches { .. });
        let ticket = Ticket {
            place: place_of(command),
            path: path_of(command, latest),
            picture: Shown::asked(command),
            is_quiet: judges || matches!(command, Command::TagFiles { .. } | Command::UntagFiles { .. }),
            teaches: judges || matches!(command, Command::SaveSearch { .. }),
        };
        self.tickets.insert(job, ticket);
    }

    pub fn ended(&mut self, job: JobId) -> Option<Ticket> {
        self.tickets.remove(&job)
    }

    /// Whether a job is running that changes a saved search.
    pub fn any_teaches(&self) -> bool {
        self.tickets.values().any(|ticket| ticket.teaches)
    }
}

/// The file that a command is about, if an answer about another file must be told apart.
fn path_of(command: &Command, latest: &Latest) -> Option<Utf8PathBuf> {
    match command {
        Command::Search(query) => Some(query.path.clone()),
        Command::SearchSaved { name, .. } => {
            let saved = latest.searches.iter().find(|search| search.name == *name);
            saved.map(|search| search.query.path.clone())
        }
        Command::RenameTake { path, .. } | Command::DeleteTake { path } => Some(path.clone()),
        Command::Play(clip) => Some(clip.path.clone()),
        _ => None,
    }
}

/// The part of the window that shows an error of this command.
fn place_of(command: &Command) -> Place {
    match command {
        Command::AddPaths { .. }
        | Command::AddFrom(_)
        | Command::AddDemo
        | Command::RemoveFiles { .. }
        | Command::ClearProblems
        | Command::TagFiles { .. }
        | Command::UntagFiles { .. }
        | Command::Undo
        | Command::Redo
        | Command::WatchFolders(_)
        | Command::FindMissing { .. }
        | Command::Relink(_)
        | Command::ForgetMissing
        | Command::FindCopies(_)
        | Command::ThinOutCopies { .. }
        | Command::SaveCopiesScript { .. }
        | Command::RenameTag { .. }
        | Command::ChangeCollection(_)
        | Command::ExportCollection { .. }
        | Command::ExportAnnotations { .. }
        | Command::ImportAnnotations { .. }
        | Command::SetIgnored { .. }
        | Command::ListLeftOut
        | Command::CheckFiles => Place::Dataset,
        Command::TrainModel { .. } | Command::FinishTrainingNow => Place::Training,
        Command::BuildIndex
        | Command::MeasureDistances
        | Command::Evaluate { .. }
        | Command::Export { .. }
        | Command::EncodeFolder { .. } => Place::Indexing,
        #[cfg(feature = "shared")]
        Command::Publish(_) => Place::Indexing,
        #[cfg(feature = "shared")]
        Command::SearchLibrary { .. } => Place::Search,
        Command::DrawMap => Place::Map,
        Command::LookAtCode { .. } | Command::DecodeCode { .. } => Place::Bits,
        Command::FindDuplicates { .. } => Place::Duplicates,
        Command::Search(_)
        | Command::SearchSaved { .. }
        | Command::Preview { .. }
        | Command::DrawTimeline { .. }
        | Command::MarkFavourite { .. }
        | Command::SaveSearch { .. }
        | Command::JudgeMatches { .. }
        | Command::RenameSearch { .. }
        | Command::DeleteSearch { .. }
        | Command::StartRecording { .. }
        | Command::StopRecording
        | Command::WatchMicrophone(_)
        | Command::RenameTake { .. }
        | Command::DeleteTake { .. }
        | Command::Reconstruct { .. }
        | Command::SaveClip { .. }
        | Command::SaveMatches { .. } => Place::Search,
        Command::Play(_)
        | Command::StopPlaying
        | Command::SeekPlayer { .. }
        | Command::LoopPlayer(_)
        | Command::SetVolume(_)
        | Command::SetSound(_)
        | Command::WatchDevices(_) => Place::Player,
    }
}

//! What the engine has to say: the newest values, and what became of each job.

use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

use super::{List, Picture, Place, State, Ticket};
use crate::engine::{
    AddReport, CheckReport, Command, Event, Failure, JobId, JobKind, Latest, Outcome, SearchReport, Take, TrainReport,
};
use crate::gui::format;
use crate::gui::notices::{Deed, Tone};
use crate::gui::search_state::Run;

impl State {
    /// Takes over the newest values.
    pub fn observe(&mut self, latest: Latest) {
        let dataset_changed = !Arc::ptr_eq(&self.latest.dataset, &latest.dataset);
        let searches_changed = !Arc::ptr_eq(&self.latest.searches, &latest.searches);
        let collections_changed = !Arc::ptr_eq(&self.latest.collections, &latest.collections);
        let favourites_changed = !Arc::ptr_eq(&self.latest.favourites, &latest.favourites);
        self.latest = latest;
        if favourites_changed && self.search.filter.asks_for_favourites() {
            self.search_again_if_shown();
        }
        if dataset_changed {
            let dataset = self.latest.dataset.clone();
            self.library.count_tags(&dataset);
            self.follow_moved_query();
            self.search.own = self.own_file();
            self.search.find_files(&dataset);
            self.explore.map.dataset_changed(&dataset);
            self.selected_files.retain(|file| dataset.file(*file).is_some());
        }
        if collections_changed {
            self.collections_changed();
        }
        if searches_changed {
            self.follow_saved_search();
        }
        self.want_pictures();
        self.arrange_files();
    }

    /// A project was opened: it is remembered, and its files are looked at.
    pub fn opened(&mut self, latest: Latest) {
        self.preferences.opened(latest.project.folder.as_std_path());
        if latest.watch.wanted && latest.project.read_only.is_none() {
            self.submit(Command::WatchFolders(true));
        }
        if !latest.dataset.files.is_empty() {
            self.submit(Command::CheckFiles);
        }
        // Sounds that were added by the command line can be found at once, too.
        let lacks_index = latest.index.is_none() && !latest.dataset.files.is_empty();
        if lacks_index && latest.project.read_only.is_none() {
            self.submit(Command::BuildIndex);
        }
        self.observe(latest);
    }

    /// Notes which job a command became, so that its events can be told apart.
    pub fn submitted(&mut self, job: JobId, command: &Command) {
        let (place, path) = match command {
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
            | Command::CheckFiles => (Place::Dataset, None),
            Command::TrainModel { .. } | Command::FinishTrainingNow => (Place::Training, None),
            Command::BuildIndex | Command::MeasureDistances => (Place::Indexing, None),
            Command::DrawMap => (Place::Map, None),
            Command::LookAtCode { .. } | Command::DecodeCode { .. } => (Place::Bits, None),
            Command::FindDuplicates { .. } => (Place::Duplicates, None),
            Command::Search(query) => {
                if let (None, Run::Searching { job: running, .. }) =
                    (self.search.asks_for_moments(query), &mut self.search.run)
                {
                    *running = Some(job);
                }
                (Place::Search, Some(query.path.clone()))
            }
            Command::SearchSaved { name, .. } => {
                if let Run::Searching { job: running, .. } = &mut self.search.run {
                    *running = Some(job);
                }
                let saved = self.latest.searches.iter().find(|search| search.name == *name);
                (Place::Search, saved.map(|search| search.query.path.clone()))
            }
            Command::Preview { path } => (Place::Search, Some(path.clone())),
            Command::MarkFavourite { .. }
            | Command::SaveSearch { .. }
            | Command::JudgeMatches { .. }
            | Command::RenameSearch { .. }
            | Command::DeleteSearch { .. } => (Place::Search, None),
            Command::StartRecording { .. } | Command::StopRecording | Command::WatchMicrophone(_) => {
                (Place::Search, None)
            }
            Command::RenameTake { path, .. } | Command::DeleteTake { path } => (Place::Search, Some(path.clone())),
            Command::Reconstruct { .. } | Command::SaveClip { .. } | Command::SaveMatches { .. } => {
                (Place::Search, None)
            }
            Command::Evaluate { .. } | Command::Export { .. } | Command::EncodeFolder { .. } => (Place::Indexing, None),
            Command::Play(clip) => (Place::Player, Some(clip.path.clone())),
            Command::StopPlaying
            | Command::SeekPlayer { .. }
            | Command::LoopPlayer(_)
            | Command::SetVolume(_)
            | Command::SetSound(_)
            | Command::WatchDevices(_) => (Place::Player, None),
        };
        self.explore_submitted(job, command);
        let preview = matches!(command, Command::Preview { .. });
        if preview {
            self.picture_asked(job);
        }
        let judges = matches!(command, Command::JudgeMatches { .. });
        let quiet = judges || matches!(command, Command::TagFiles { .. } | Command::UntagFiles { .. });
        let teaches = judges || matches!(command, Command::SaveSearch { .. });
        self.jobs.insert(job, Ticket { place, path, preview, quiet, teaches });
    }

    pub fn apply(&mut self, event: Event) {
        self.explore_event(&event);
        match event {
            Event::Finished { job, outcome } => {
                let ticket = self.jobs.remove(&job);
                if let Some(ticket) = &ticket {
                    self.notices.settle(ticket.place);
                }
                self.finished(job, ticket, outcome);
            }
            Event::Cancelled { job } => {
                if let Some(Ticket { preview: true, path: Some(path), .. }) = self.jobs.remove(&job) {
                    self.picture_ended(path, None);
                }
                self.search_ended(job);
            }
            Event::Failed { job, failure } => {
                let ticket = self.jobs.remove(&job);
                self.failed(job, ticket, &failure);
            }
        }
    }

    fn finished(&mut self, job: JobId, ticket: Option<Ticket>, outcome: Outcome) {
        match outcome {
            Outcome::Added(report) => self.added(ticket.is_some(), report),
            // A tag is seen where it was given; Ctrl+Z takes it back.
            Outcome::Changed { .. } if ticket.as_ref().is_some_and(|ticket| ticket.quiet) => {
                self.taught_last = false;
                self.notices.withdraw_offers();
            }
            Outcome::Changed { words } => {
                self.taught_last = false;
                self.changed(words);
            }
            Outcome::Undone { words } => self.undone(words),
            Outcome::Redone { words } => self.redone(words),
            Outcome::Checked(report) => self.checked(&report),
            Outcome::Removed | Outcome::Done => {}
            // Taken over by the pages that asked.
            Outcome::MapDrawn(_)
            | Outcome::CodeLookedAt(_)
            | Outcome::CodeDecoded(_)
            | Outcome::DuplicatesFound(_)
            | Outcome::CopiesFound(_)
            | Outcome::DistancesMeasured(_) => {}
            // Asked for from the command line alone.
            Outcome::AnnotationsTaken(_) | Outcome::Evaluated(_) | Outcome::Exported(_) | Outcome::Reconstructed(_) => {
            }
            Outcome::Saved { out } => self.notices.push(Tone::Good, format!("Saved as {out}.")),
            Outcome::MissingFound(plan) => self.missing_found(plan),
            Outcome::LeftOut(report) => self.upkeep.left_out = Some(Arc::new(report)),
            Outcome::Trained(report) => self.trained(report),
            Outcome::Indexed(report) => {
                self.last_index = Some(report);
                self.search_again_if_shown();
            }
            Outcome::Searched(report) => {
                // An answer about a sound that is no longer the query comes too late.
                let asked = ticket.and_then(|ticket| ticket.path);
                if asked.is_none() || asked == self.search.path {
                    self.searched(report);
                }
                self.search_ended(job);
            }
            Outcome::Previewed(preview) => {
                self.picture_ended(preview.path.clone(), Some(Picture::Drawn(preview)));
            }
            Outcome::Recorded(take) => self.recorded(take),
            Outcome::TakeRenamed { from, to } => self.take_renamed(&from, to),
        }
    }

    /// A search has answered: the one for the query, or one for the moments of a file.
    fn searched(&mut self, report: SearchReport) {
        let moments_of = report.query.as_ref().and_then(|query| self.search.asks_for_moments(query));
        match moments_of {
            Some(file) => self.search.show_moments(file, report),
            None => {
                if let Some(new) = report.line.new {
                    self.search.taught.new = Some(new);
                }
                let dataset = self.latest.dataset.clone();
                self.search.show(report, &dataset);
                // The focus stays on the selected match, wherever it is in the new list.
                self.search.reveal |= self.list == List::Matches;
                self.ask_for_all_moments();
                self.want_pictures();
            }
        }
    }

    fn failed(&mut self, job: JobId, ticket: Option<Ticket>, failure: &Failure) {
        self.upkeep.is_looking = false;
        if let Some(Ticket { preview: true, path: Some(path), .. }) = &ticket {
            self.picture_ended(path.clone(), Some(Picture::Failed));
            // Only the query's own picture is missed; a player that cannot read a file says so itself.
            if self.search.path.as_ref() != Some(path) {
                return;
            }
        }
        if let Some(Ticket { place: Place::Player, path: Some(path), .. }) = &ticket {
            self.search.mark_unplayable(path, failure);
        }
        let place = ticket.map_or(Place::Dataset, |ticket| ticket.place);
        // What is wrong with the device stands beside the player for as long as it is so.
        let message = failure.to_string();
        if place != Place::Player || self.latest.player.problem.as_ref() != Some(&message) {
            self.notices.fail(place, format::sentence(&message));
        }
        self.search_ended(job);
    }

    fn search_ended(&mut self, job: JobId) {
        if let Run::Searching { job: Some(running), again } = self.search.run
            && running == job
        {
            self.search.run = Run::Idle;
            if again {
                self.search_now();
            }
        }
    }

    /// `asked`: by the person, not by watching a folder, which has nothing to say of what it has left alone.
    fn added(&mut self, asked: bool, report: AddReport) {
        if !asked && report.added.is_empty() && report.failed.is_empty() && report.found_again.is_empty() {
            return;
        }
        let mut text = format!("{} added", format::counted(report.added.len() as u64, "file", "files"));
        if !report.found_again.is_empty() {
            text += &format!(", {} found again", format::count(report.found_again.len() as u64));
        }
        if !report.skipped.is_empty() {
            text += &format!(", {} skipped", format::count(report.skipped.len() as u64));
        }
        let tone = if report.failed.is_empty() { Tone::Good } else { Tone::Warning };
        if !report.failed.is_empty() {
            text += &format!(", {} could not be read", format::count(report.failed.len() as u64));
        }
        text += if report.cancelled { "; stopped before the end." } else { "." };
        match report.added.is_empty() && report.found_again.is_empty() {
            true => self.notices.push(tone, text),
            false => self.notices.offer(tone, text, Deed::Undo),
        }
        let is_new = !report.added.is_empty();
        self.last_import = Some(report);
        // A training that runs ends with an index of everything.
        if is_new && self.job(JobKind::Train).is_none() {
            self.submit(Command::BuildIndex);
        }
    }

    /// The files are looked at whenever the window comes back, so only what is new is told.
    fn checked(&mut self, report: &CheckReport) {
        let gone = report.missing.len() + report.away;
        if gone > self.told_missing {
            let files = format::counted(gone as u64, "file is", "files are");
            let why = report
                .roots
                .iter()
                .find_map(|root| root.away.as_deref())
                .map(|why| format!(" {}", format::sentence(why)));
            let text = format!("{files} not where they were.{}", why.unwrap_or_default());
            match self.read_only() {
                true => self.notices.push(Tone::Warning, text),
                false => self.notices.offer(Tone::Warning, text, Deed::FindFiles),
            }
        }
        self.told_missing = gone;
    }

    fn trained(&mut self, report: TrainReport) {
        match &report.collapsed {
            Some(why) => self.notices.push(Tone::Warning, why.clone()),
            None if report.kept_first => {
                self.notices.push(Tone::Good, "Learning made nothing better: the first model stays.");
            }
            None => {
                let steps = format::counted(report.steps as u64, "step", "steps");
                let text = format!("Learned in {} ({steps}).", format::duration(report.seconds));
                self.notices.push(Tone::Good, text);
            }
        }
        if let Some(index) = &report.index {
            self.last_index = Some(index.clone());
        }
        self.last_training = Some(report);
        self.search_again_if_shown();
    }

    fn recorded(&mut self, take: Take) {
        if let Some(why) = &take.interrupted {
            let why = format::sentence(why);
            self.notices.push(Tone::Warning, format!("The recording ended early: {why} What came before is kept."));
        }
        if take.lost_frames > 0 {
            let lost = format::counted(take.lost_frames, "frame was", "frames were");
            self.notices.push(Tone::Warning, format!("{lost} lost while recording: the machine was too busy."));
        }
        if take.peak >= 1.0 {
            let text = "The recording is cut off at its peaks; move away from the microphone or lower its level.";
            self.notices.push(Tone::Warning, text.to_owned());
        }
        // Silence at both ends is kept in the file and left out of the query.
        self.choose_query(take.path, take.heard_secs);
    }

    fn take_renamed(&mut self, from: &Utf8Path, to: Utf8PathBuf) {
        self.search.history.rename(from, &to);
        if self.search.path.as_deref() == Some(from) {
            self.search.path = Some(to);
            self.search_now();
        }
    }

    /// New codes may answer the shown query differently.
    fn search_again_if_shown(&mut self) {
        if self.search.path.is_some() {
            self.search_now();
        }
    }
}

//! What the engine tells: its newest values, and the end of each job.

use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

use super::State;
use super::jobs::Ticket;
use crate::engine::{
    AddReport, CheckReport, Command, Event, Failure, JobId, JobKind, Latest, Outcome, SearchReport, Take, TrainReport,
};
use crate::gui::format;
use crate::gui::notices::{Deed, Place, Tone};
use crate::gui::pictures::{Picture, Shown};
use crate::gui::search_state::Run;
use crate::gui::shared::List;

impl State {
    /// Takes over the newest values, and brings what depends on them up to date.
    pub fn observe(&mut self, latest: Latest) {
        let dataset_changed = !Arc::ptr_eq(&self.shared.latest.dataset, &latest.dataset);
        let searches_changed = !Arc::ptr_eq(&self.shared.latest.searches, &latest.searches);
        let collections_changed = !Arc::ptr_eq(&self.shared.latest.collections, &latest.collections);
        let favourites_changed = !Arc::ptr_eq(&self.shared.latest.favourites, &latest.favourites);
        self.shared.latest = latest;
        if favourites_changed && self.search.filter.asks_for_favourites() {
            self.search_again_if_shown();
        }
        if dataset_changed {
            let dataset = self.shared.latest.dataset.clone();
            self.library.count_tags(&dataset);
            self.follow_moved_query();
            self.search.own = self.own_file();
            self.search.find_files(&dataset);
            self.map.dataset_changed(&dataset);
            self.files.selected.retain(|file| dataset.file(*file).is_some());
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

    /// A project was opened. The window remembers it, and checks its files.
    pub fn opened(&mut self, latest: Latest) {
        self.shared.preferences.opened(latest.project.folder.as_std_path());
        if latest.watch.wanted && latest.project.read_only.is_none() {
            self.submit(Command::WatchFolders(true));
        }
        if !latest.dataset.files.is_empty() {
            self.submit(Command::CheckFiles);
        }
        // The command line may have added sounds without indexing them.
        let lacks_index = latest.index.is_none() && !latest.dataset.files.is_empty();
        if lacks_index && latest.project.read_only.is_none() {
            self.submit(Command::BuildIndex);
        }
        self.observe(latest);
    }

    /// Notes which job a command became.
    pub fn submitted(&mut self, job: JobId, command: &Command) {
        match command {
            Command::Search(query) if self.search.asks_for_moments(query).is_some() => {}
            Command::Search(_) | Command::SearchSaved { .. } => {
                if let Run::Searching { job: running, .. } = &mut self.search.run {
                    *running = Some(job);
                }
            }
            Command::Preview { .. } => self.search.pictures.asked(job),
            Command::DrawTimeline { .. } => self.review.asked.submitted(job),
            Command::DrawMap => self.map.asked.submitted(job),
            Command::LookAtCode { .. } => self.bits.asked.submitted(job),
            Command::FindDuplicates { .. } => self.duplicates.asked.submitted(job),
            Command::MeasureDistances => self.indexing.asked.submitted(job),
            Command::FindCopies(_) => self.copies.asked.submitted(job),
            _ => {}
        }
        self.jobs.submitted(job, command, &self.shared.latest);
    }

    /// A job has ended.
    pub fn apply(&mut self, event: Event) {
        let (Event::Finished { job, .. } | Event::Cancelled { job } | Event::Failed { job, .. }) = &event;
        self.map.asked.ended(*job);
        self.bits.asked.ended(*job);
        self.duplicates.asked.ended(*job);
        self.indexing.asked.ended(*job);
        self.copies.asked.ended(*job);
        self.review.asked.ended(*job);
        match event {
            Event::Finished { job, outcome } => {
                let ticket = self.jobs.ended(job);
                if let Some(ticket) = &ticket {
                    self.notices.settle(ticket.place);
                }
                self.finished(job, ticket, outcome);
            }
            Event::Cancelled { job } => {
                if let Some(Ticket { picture: Some(shown), .. }) = self.jobs.ended(job) {
                    self.picture_ended(shown, None);
                }
                self.search_ended(job);
            }
            Event::Failed { job, failure } => {
                let ticket = self.jobs.ended(job);
                self.failed(job, ticket, &failure);
            }
        }
    }

    fn finished(&mut self, job: JobId, ticket: Option<Ticket>, outcome: Outcome) {
        match outcome {
            Outcome::Added(report) => self.added(ticket.is_some(), report),
            // The person sees the new tag or verdict, and can undo it with Ctrl+Z.
            Outcome::Changed { .. } if ticket.as_ref().is_some_and(|ticket| ticket.is_quiet) => {
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
            Outcome::MapDrawn(report) => self.map.show(report),
            Outcome::CodeLookedAt(report) => self.bits.show(report),
            Outcome::CodeDecoded(decoded) => {
                if let Some(clip) = self.bits.decoded(&decoded) {
                    self.play(clip);
                }
            }
            Outcome::DuplicatesFound(report) => self.duplicates.show(report),
            Outcome::CopiesFound(report) => self.copies.show(report),
            Outcome::DistancesMeasured(report) => self.indexing.report = Some(report),
            // Only the command line asks for these.
            #[cfg(feature = "shared")]
            Outcome::Published(_) => {}
            Outcome::AnnotationsTaken(_) | Outcome::Evaluated(_) | Outcome::Exported(_) | Outcome::Reconstructed(_) => {
            }
            Outcome::Saved { out } => self.notices.push(Tone::Good, format!("Saved as {out}.")),
            Outcome::MissingFound(plan) => self.missing_found(plan),
            Outcome::LeftOut(report) => self.modals.upkeep.left_out = Some(Arc::new(report)),
            Outcome::Trained(report) => self.trained(report),
            Outcome::Indexed(report) => {
                self.indexing.last = Some(report);
                self.search_again_if_shown();
            }
            Outcome::Searched(report) => {
                // An answer about an earlier query comes too late.
                let asked = ticket.and_then(|ticket| ticket.path);
                if asked.is_none() || asked == self.search.path {
                    self.searched(report);
                }
                self.search_ended(job);
            }
            Outcome::Previewed(preview) => {
                self.picture_ended(Shown::of(&preview), Some(Picture::Drawn(preview)));
            }
            Outcome::TimelineDrawn(timeline) => self.review.timeline = Some(timeline),
            Outcome::Recorded(take) => self.recorded(take),
            Outcome::TakeRenamed { from, to } => self.take_renamed(&from, to),
        }
    }

    /// A search has ended: the one for the query, or one for the moments of a file.
    fn searched(&mut self, report: SearchReport) {
        let moments_of = report.query.as_ref().and_then(|query| self.search.asks_for_moments(query));
        match moments_of {
            Some(file) => self.search.show_moments(file, report),
            None => {
                if let Some(new) = report.line.new {
                    self.search.taught.new = Some(new);
                }
                let dataset = self.shared.latest.dataset.clone();
                self.search.show(report, &dataset);
                // The focus stays on the selected match, even if the match is elsewhere in the new list.
                self.search.reveal |= self.shared.list == List::Matches;
                self.ask_for_all_moments();
                self.want_pictures();
            }
        }
    }

    /// The picture of a sound has come. `None` if its job was cancelled.
    fn picture_ended(&mut self, of: Shown, picture: Option<Picture>) {
        let shown = self.pictured();
        self.search.pictures.ended(of, picture, &shown);
        self.want_pictures();
    }

    fn failed(&mut self, job: JobId, ticket: Option<Ticket>, failure: &Failure) {
        self.modals.upkeep.is_looking = false;
        if let Some(Ticket { picture: Some(shown), .. }) = &ticket {
            self.picture_ended(shown.clone(), Some(Picture::Failed));
            // Only the picture of the query is missed. If the player cannot read a file, the player says so.
            if self.search.path.clone().map(Shown::whole).as_ref() != Some(shown) {
                return;
            }
        }
        if let Some(Ticket { place: Place::Player, path: Some(path), .. }) = &ticket {
            self.search.mark_unplayable(path, failure);
        }
        let place = ticket.map_or(Place::Dataset, |ticket| ticket.place);
        // The player strip shows what is wrong with the device, so no message repeats it.
        let message = failure.to_string();
        if place != Place::Player || self.shared.latest.player.problem.as_ref() != Some(&message) {
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

    /// Files were added. `asked` is true if the person added them. A watched folder in which nothing changed gives no
    /// message.
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
        // A running training ends with indexing, so nothing else must index the new files.
        if is_new && self.shared.job(JobKind::Train).is_none() {
            self.submit(Command::BuildIndex);
        }
    }

    /// The files were checked. They are checked each time that the window gets the keyboard, so a message appears only
    /// if more files are missing than before.
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
            match self.shared.read_only() {
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
            self.indexing.last = Some(index.clone());
        }
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
        // The file keeps the silence at both ends, and the query leaves it out.
        self.choose_query(take.path, take.heard_secs);
    }

    fn take_renamed(&mut self, from: &Utf8Path, to: Utf8PathBuf) {
        self.search.history.rename(from, &to);
        if self.search.path.as_deref() == Some(from) {
            self.search.path = Some(to);
            self.search_now();
        }
    }

    /// Searches again, because new codes may give the query other matches.
    fn search_again_if_shown(&mut self) {
        if self.search.path.is_some() {
            self.search_now();
        }
    }
}

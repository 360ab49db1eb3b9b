//! Lanes: the queues in which commands wait, and the threads that carry them out.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use super::command::Command;
use super::error::EngineError;
use super::event::{Event, Outcome};
use super::formats::save_matches;
use super::job::{JobId, JobKind, JobView};
use super::shared::{Flags, Job, Shared};
#[cfg(feature = "shared")]
use super::shared_library;
use super::sound::Sound;
#[cfg(feature = "shared")]
use super::stage::JobStage;
use super::watch::Watch;
use super::{
    annotations, code, collections, copies, cut, distances, duplicates, edit, evaluate, export, favourites, import,
    index, left_out, map, on_disk, preview, reconstruct, relink, saved_searches, search, sources, takes, train,
};
use crate::audio::device::Backend;

/// The most commands that may wait in a lane.
const WAITING_AT_MOST: usize = 64;

const KINDS: [JobKind; 11] = [
    JobKind::Import,
    JobKind::Train,
    JobKind::Index,
    JobKind::Search,
    JobKind::Preview,
    JobKind::Map,
    JobKind::Compare,
    JobKind::Audio,
    JobKind::Record,
    JobKind::Edit,
    JobKind::Check,
];

/// The jobs that wait or run, with the flags that tell them to stop.
type Books = Arc<Mutex<HashMap<JobId, (JobKind, Arc<Flags>)>>>;

struct Ticket {
    id: JobId,
    command: Box<Command>,
    flags: Arc<Flags>,
}

/// A lane for each kind of work.
pub(super) struct Lanes {
    desk: Arc<Desk>,
    watch: Arc<Watch>,
    threads: Vec<JoinHandle<()>>,
}

/// Where commands are submitted.
pub(super) struct Desk {
    shared: Arc<Shared>,
    /// Empty when the lanes are to end.
    senders: Mutex<HashMap<JobKind, Sender<Ticket>>>,
    books: Books,
    next: AtomicU64,
    sound: Arc<Sound>,
}

fn kind_of(command: &Command) -> JobKind {
    match command {
        Command::AddPaths { .. }
        | Command::AddFrom(_)
        | Command::AddDemo
        | Command::FindMissing { .. }
        | Command::Relink(_)
        | Command::ForgetMissing
        | Command::FindCopies(_)
        | Command::ThinOutCopies { .. }
        | Command::SaveCopiesScript { .. }
        | Command::ExportCollection { .. }
        | Command::ExportAnnotations { .. } => JobKind::Import,
        Command::RemoveFiles { .. }
        | Command::ClearProblems
        | Command::TagFiles { .. }
        | Command::UntagFiles { .. }
        | Command::RenameTag { .. }
        | Command::ChangeCollection(_)
        | Command::ImportAnnotations { .. }
        | Command::MarkFavourite { .. }
        | Command::SaveSearch { .. }
        | Command::JudgeMatches { .. }
        | Command::RenameSearch { .. }
        | Command::DeleteSearch { .. }
        | Command::WatchFolders(_)
        | Command::SetIgnored { .. }
        | Command::Undo
        | Command::Redo => JobKind::Edit,
        Command::CheckFiles | Command::ListLeftOut => JobKind::Check,
        Command::TrainModel { .. } | Command::FinishTrainingNow => JobKind::Train,
        Command::BuildIndex => JobKind::Index,
        #[cfg(feature = "shared")]
        Command::Publish(_) => JobKind::Index,
        #[cfg(feature = "shared")]
        Command::SearchLibrary { .. } => JobKind::Search,
        Command::Search(_)
        | Command::SearchSaved { .. }
        | Command::SaveMatches { .. }
        | Command::Evaluate { .. }
        | Command::Export { .. }
        | Command::EncodeFolder { .. }
        | Command::LookAtCode { .. }
        | Command::DecodeCode { .. }
        | Command::Reconstruct { .. }
        | Command::SaveClip { .. } => JobKind::Search,
        Command::Preview { .. } | Command::DrawTimeline { .. } => JobKind::Preview,
        Command::DrawMap => JobKind::Map,
        Command::FindDuplicates { .. } | Command::MeasureDistances => JobKind::Compare,
        Command::Play(_)
        | Command::StopPlaying
        | Command::SeekPlayer { .. }
        | Command::LoopPlayer(_)
        | Command::SetVolume(_)
        | Command::SetSound(_)
        | Command::WatchDevices(_)
        | Command::WatchMicrophone(_)
        | Command::RenameTake { .. }
        | Command::DeleteTake { .. } => JobKind::Audio,
        Command::StartRecording { .. } | Command::StopRecording => JobKind::Record,
    }
}

impl Lanes {
    pub fn start(shared: &Arc<Shared>, backend: Arc<dyn Backend>) -> Result<Self, EngineError> {
        let sound = Arc::new(Sound::new(shared.clone(), backend)?);
        let desk = Arc::new(Desk {
            shared: shared.clone(),
            senders: Mutex::default(),
            books: Books::default(),
            next: AtomicU64::new(1),
            sound: sound.clone(),
        });
        let submit = desk.clone();
        let submit = Arc::new(move |command| _ = submit.submit(command));
        let watch = Arc::new(Watch::new(shared.clone(), submit));
        let mut lanes = Self { desk, watch, threads: Vec::new() };
        for kind in KINDS {
            let (sender, receiver) = bounded(WAITING_AT_MOST);
            let (books, watch) = (lanes.desk.books.clone(), lanes.watch.clone());
            let lane = Lane { kind, shared: shared.clone(), books, sound: sound.clone(), watch };
            let thread = std::thread::Builder::new()
                .name(format!("{kind:?}").to_lowercase())
                .spawn(move || lane.work(&receiver))
                .map_err(|cause| EngineError::Fault(format!("no thread for the {kind:?} lane: {cause}")))?;
            lanes.desk.senders.lock().insert(kind, sender);
            lanes.threads.push(thread);
        }
        Ok(lanes)
    }

    pub fn submit(&self, command: Command) -> JobId {
        self.desk.submit(command)
    }

    pub fn cancel(&self, job: JobId) {
        self.desk.cancel(job);
    }
}

impl Desk {
    pub fn submit(&self, command: Command) -> JobId {
        let id = JobId(self.next.fetch_add(1, Ordering::Relaxed));
        // A command that ends another one must not wait behind it.
        let ends = match command {
            Command::FinishTrainingNow => Some(JobKind::Train),
            Command::StopRecording => Some(JobKind::Record),
            _ => None,
        };
        if let Some(ended) = ends {
            let books = self.books.lock();
            books.values().filter(|(kind, _)| *kind == ended).for_each(|(_, flags)| flags.finish());
            drop(books);
            self.sound.wake_recording();
            self.shared.send(Event::Finished { job: id, outcome: Outcome::Done });
            return id;
        }
        let kind = kind_of(&command);
        let (command, flags) = (Box::new(command), Arc::new(Flags::default()));
        self.books.lock().insert(id, (kind, flags.clone()));
        self.shared.update(|latest| {
            latest.jobs.insert(id, JobView::waiting(kind));
        });
        // A lane is missing only while the engine is being closed. Then nobody waits for the command.
        let sent = self.senders.lock().get(&kind).map(|lane| lane.try_send(Ticket { id, command, flags }));
        if !matches!(sent, Some(Ok(()))) {
            let why = match sent {
                Some(Err(TrySendError::Full(_))) => EngineError::Busy,
                _ => EngineError::Fault(format!("the {kind:?} lane has ended")),
            };
            finish(&self.shared, &self.books, id, Event::Failed { job: id, failure: why.into() });
        }
        id
    }

    fn cancel(&self, job: JobId) {
        if let Some((_, flags)) = self.books.lock().get(&job) {
            flags.cancel();
        }
        self.sound.wake_recording();
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.watch.stop();
        self.desk.books.lock().values().for_each(|(_, flags)| flags.cancel());
        self.desk.sound.wake_recording();
        // A job may wait for a device that takes no sound. This ends its waiting.
        self.desk.sound.stop_playing();
        self.desk.senders.lock().clear();
        for thread in self.threads.drain(..) {
            // A lane catches the panics of its jobs, so its thread ends normally. If not, nobody is left to tell.
            let _ = thread.join();
        }
        // A job may have started watching while the lanes ended.
        self.watch.stop();
    }
}

struct Lane {
    kind: JobKind,
    shared: Arc<Shared>,
    books: Books,
    sound: Arc<Sound>,
    watch: Arc<Watch>,
}

impl Lane {
    fn work(&self, tickets: &Receiver<Ticket>) {
        for ticket in tickets {
            let id = ticket.id;
            let job = Job { id, shared: self.shared.clone(), flags: ticket.flags, began: Instant::now() };
            let outcome = match job.check() {
                Err(cancelled) => Err(cancelled),
                // A panic in one job must not end the window or other jobs.
                Ok(()) => catch_unwind(AssertUnwindSafe(|| self.carry_out(&job, *ticket.command)))
                    .unwrap_or_else(|panic| Err(EngineError::Fault(words_of(panic.as_ref())))),
            };
            let event = match outcome {
                Ok(outcome) => Event::Finished { job: id, outcome },
                Err(EngineError::Cancelled) => Event::Cancelled { job: id },
                Err(failure) => Event::Failed { job: id, failure: failure.into() },
            };
            tracing::debug!(?id, kind = ?self.kind, took = ?job.began.elapsed(), "job ended");
            finish(&self.shared, &self.books, id, event);
        }
    }

    fn carry_out(&self, job: &Job, command: Command) -> Result<Outcome, EngineError> {
        match command {
            Command::AddPaths { paths } => {
                let report = import::add_paths(job, &paths)?;
                self.watch.follow_roots()?;
                Ok(Outcome::Added(report))
            }
            Command::FindMissing { folders } => {
                relink::find_missing(job, &folders).map(Arc::new).map(Outcome::MissingFound)
            }
            Command::Relink(plan) => {
                let outcome = relink::relink(job, &plan)?;
                self.watch.follow_roots()?;
                Ok(outcome)
            }
            Command::ForgetMissing => edit::forget_missing(job),
            Command::FindCopies(keep) => copies::find(job, &keep).map(Arc::new).map(Outcome::CopiesFound),
            Command::ThinOutCopies { copies: found, deed } => copies::thin_out(job, &found, deed),
            Command::WatchFolders(on) => self.watch.set(on).map(|()| Outcome::Done),
            Command::AddFrom(from) => sources::add_from(job, &from).map(Outcome::Added),
            Command::AddDemo => import::add_demo(job).map(Outcome::Added),
            Command::RemoveFiles { files } => edit::remove_files(job, &files),
            Command::ClearProblems => edit::clear_problems(job),
            Command::TagFiles { files, tag } => edit::tag_files(job, &files, &tag),
            Command::RenameTag { tag, to } => edit::rename_tag(job, &tag, &to),
            Command::ChangeCollection(change) => collections::change(job, change),
            Command::SaveCopiesScript { copies: found, out } => copies::save_script(job, &found, &out),
            Command::ExportCollection { collection, format, out } => collections::export(job, collection, format, &out),
            Command::ExportAnnotations { out } => annotations::export(job, &out),
            Command::ImportAnnotations { from } => annotations::import(job, &from).map(Outcome::AnnotationsTaken),
            Command::UntagFiles { files, tag } => edit::untag_files(job, &files, &tag),
            Command::Undo => {
                let outcome = edit::undo(job)?;
                self.watch.follow_roots()?;
                Ok(outcome)
            }
            Command::Redo => {
                let outcome = edit::redo(job)?;
                self.watch.follow_roots()?;
                Ok(outcome)
            }
            Command::CheckFiles => on_disk::check_files(job).map(Outcome::Checked),
            Command::SetIgnored { patterns } => {
                left_out::set_ignored(&job.shared, patterns)?;
                Ok(Outcome::Done)
            }
            Command::ListLeftOut => left_out::list_left_out(job).map(Outcome::LeftOut),
            Command::TrainModel { settings, resume, then_index } => {
                train::train(job, &settings, resume, then_index).map(Outcome::Trained)
            }
            Command::BuildIndex => index::build_and_measure(job).map(Outcome::Indexed),
            Command::Search(query) => search::search(job, &query).map(Outcome::Searched),
            #[cfg(feature = "shared")]
            Command::Publish(wanted) => shared_library::publish(job, &wanted).map(Outcome::Published),
            #[cfg(feature = "shared")]
            Command::SearchLibrary { seat, query } => {
                job.progress(JobKind::Search, JobStage::Searching, job.began, 0, 0);
                seat.search(&query, &|| job.check()).map(Outcome::Searched)
            }
            Command::SearchSaved { name, k } => saved_searches::run(job, &name, k).map(Outcome::Searched),
            Command::SaveSearch { name, query } => saved_searches::save(job, &name, &query),
            Command::JudgeMatches { name, verdicts } => saved_searches::judge(job, &name, &verdicts),
            Command::RenameSearch { from, to } => saved_searches::rename(job, &from, &to),
            Command::DeleteSearch { name } => saved_searches::delete(job, &name),
            Command::SaveMatches { report, format, out, margin_secs } => {
                let sounds = job.shared.latest().dataset;
                save_matches(format, &[&report], &sounds, &out, margin_secs, &|| !job.is_cancelled())?;
                Ok(Outcome::Saved { out })
            }
            Command::Preview { path, stretch_secs } => {
                preview::preview(job, &path, stretch_secs).map(|picture| Outcome::Previewed(Arc::new(picture)))
            }
            Command::DrawTimeline { query, file } => {
                search::timeline(job, &query, file).map(|timeline| Outcome::TimelineDrawn(Arc::new(timeline)))
            }
            Command::Evaluate { label } => evaluate::evaluate(job, &label).map(Outcome::Evaluated),
            Command::Export { folder, format, shard } => {
                export::export(job, &folder, format, shard).map(Outcome::Exported)
            }
            Command::EncodeFolder { folder, out } => export::encode_folder(job, &folder, &out).map(Outcome::Exported),
            Command::Reconstruct { from, out } => {
                reconstruct::reconstruct(job, &from, &out).map(Outcome::Reconstructed)
            }
            Command::SaveClip { clip, out } => cut::save(job, &clip, &out).map(|()| Outcome::Saved { out }),
            Command::DrawMap => map::draw_map(job).map(Arc::new).map(Outcome::MapDrawn),
            Command::LookAtCode { of, k } => code::look_at_code(job, &of, k).map(Outcome::CodeLookedAt),
            Command::DecodeCode { code } => code::decode_code(job, &code).map(Outcome::CodeDecoded),
            Command::FindDuplicates { within, by } => {
                duplicates::find_duplicates(job, within, by).map(Arc::new).map(Outcome::DuplicatesFound)
            }
            Command::MeasureDistances => {
                distances::measure_distances(job).map(Arc::new).map(Outcome::DistancesMeasured)
            }
            Command::StartRecording { stop_when } => self.sound.record(job, stop_when).map(Outcome::Recorded),
            Command::Play(clip) => self.sound.play(&clip).map(|()| Outcome::Done),
            Command::StopPlaying => {
                self.sound.stop_playing();
                Ok(Outcome::Done)
            }
            Command::SeekPlayer { secs } => {
                self.sound.seek(secs);
                Ok(Outcome::Done)
            }
            Command::LoopPlayer(looping) => {
                self.sound.set_looping(looping);
                Ok(Outcome::Done)
            }
            Command::SetVolume(volume) => {
                self.sound.set_volume(volume);
                Ok(Outcome::Done)
            }
            Command::SetSound(settings) => self.sound.set(*settings).map(|()| Outcome::Done),
            Command::WatchDevices(on) => {
                self.sound.watch_devices(on);
                Ok(Outcome::Done)
            }
            Command::WatchMicrophone(on) => {
                self.sound.watch_microphone(on);
                Ok(Outcome::Done)
            }
            Command::RenameTake { path, name } => {
                let to = takes::rename(&job.shared.project, &path, &name)?;
                job.shared.refresh_takes()?;
                Ok(Outcome::TakeRenamed { from: path, to })
            }
            Command::DeleteTake { path } => {
                takes::delete(&job.shared.project, &path)?;
                job.shared.refresh_takes()?;
                Ok(Outcome::Removed)
            }
            Command::MarkFavourite { favourite, on } => {
                favourites::mark(job, favourite, on)?;
                Ok(Outcome::Done)
            }
            // These are carried out when they are submitted.
            Command::FinishTrainingNow | Command::StopRecording => Ok(Outcome::Done),
        }
    }
}

/// Removes a job from the list and then reports its end. So whoever hears of the end no longer sees the job.
fn finish(shared: &Shared, books: &Books, id: JobId, event: Event) {
    books.lock().remove(&id);
    shared.update(|latest| {
        latest.jobs.remove(&id);
    });
    shared.send(event);
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

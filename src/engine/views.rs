//! The newest values about the project at rest: dataset, model, index.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::at_rest::{AtRest, dataset};
use super::error::EngineError;
use super::latest::{DevicesView, IndexView, Latest, ModelView, PlayerView, ProjectView, RecorderView, TrainingView};
use super::shared::Shared;
use super::snapshot::Snapshot;
use super::sound_settings::SoundSettings;
use super::{saved_searches, takes, watch};
use crate::index::IndexFile;
use crate::model::Model;
use crate::project::Project;

/// All values of a project that has just been opened.
pub(super) fn all(project: &Project, at_rest: &AtRest) -> Result<Latest, EngineError> {
    Ok(Latest {
        project: Arc::new(project_view(project)),
        dataset: at_rest.dataset.clone(),
        model: model(at_rest),
        index: index(project, at_rest),
        training: last_training(at_rest),
        on_disk: Arc::default(),
        watch: Arc::new(watch::view(project)?),
        ignored: Arc::new(project.ignored()?),
        history: project.history()?,
        jobs: BTreeMap::new(),
        resumable: project.checkpoint_path().is_file(),
        player: PlayerView { volume: 1.0, ..PlayerView::default() },
        recorder: RecorderView::default(),
        sound: Arc::new(SoundSettings::load(project)?),
        devices: Arc::new(DevicesView::default()),
        takes: Arc::new(takes::list(project, None)?),
        favourites: Arc::new(project.favourites()?),
        searches: Arc::new(saved_searches::list(project)?),
        collections: Arc::new(project.collections()?),
    })
}

fn project_view(project: &Project) -> ProjectView {
    ProjectView {
        folder: project.folder().to_owned(),
        read_only: project.read_only(),
        unusable_settings: project.unusable_settings(),
    }
}

impl Shared {
    /// Reads the project's state again after a job has changed it, and loads what searches use.
    pub fn refresh(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let at_rest = AtRest::read(&self.project)?;
        let (model, index) = (model(&at_rest), index(&self.project, &at_rest));
        let snapshot = Snapshot::usable(&self.project, &at_rest, self.snapshot().as_deref());
        self.set_snapshot(snapshot.map(Arc::new));
        let (favourites, history) = (self.project.favourites()?, self.project.history()?);
        let (searches, collections) = (saved_searches::list(&self.project)?, self.project.collections()?);
        self.update(|latest| {
            latest.project = Arc::new(project_view(&self.project));
            latest.favourites = Arc::new(favourites);
            latest.searches = Arc::new(searches);
            latest.collections = Arc::new(collections);
            latest.dataset = at_rest.dataset;
            latest.history = history;
            latest.model = model;
            latest.index = index;
        });
        Ok(())
    }

    /// Deletes the files of superseded generations if the current ones can be used. Files that cannot be deleted now
    /// are deleted later, so a failure here does not fail the job.
    pub fn sweep(&self) {
        let latest = self.latest();
        let (has_model, has_index) = (latest.model.is_some(), latest.index.is_some());
        let is_usable = match self.snapshot() {
            Some(_) => true,
            // A model without an index is checked by opening it.
            None if has_model => self.current_model_opens(),
            None => !has_index,
        };
        if is_usable && let Err(cause) = self.project.sweep() {
            tracing::warn!("superseded files stay for now: {cause}");
        }
    }

    fn current_model_opens(&self) -> bool {
        let Ok(Some(model)) = self.project.current_model() else { return false };
        Model::load(self.project.model_path(model.generation).as_std_path()).is_ok()
    }

    /// Reads the takes again.
    pub fn refresh_takes(&self) -> Result<(), EngineError> {
        let takes = Arc::new(takes::list(&self.project, self.recording().as_deref())?);
        self.update(|latest| latest.takes = takes);
        Ok(())
    }

    /// Reads the saved searches again.
    pub fn refresh_searches(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let (searches, history) = (Arc::new(saved_searches::list(&self.project)?), self.project.history()?);
        self.update(|latest| {
            latest.searches = searches;
            latest.history = history;
        });
        Ok(())
    }

    /// Reads the collections again.
    pub fn refresh_collections(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let (collections, history) = (Arc::new(self.project.collections()?), self.project.history()?);
        self.update(|latest| {
            latest.collections = collections;
            latest.history = history;
        });
        Ok(())
    }

    /// Reads the favourites again.
    pub fn refresh_favourites(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let (favourites, history) = (Arc::new(self.project.favourites()?), self.project.history()?);
        self.update(|latest| {
            latest.favourites = favourites;
            latest.history = history;
        });
        Ok(())
    }

    /// Reads only the dataset again, so that a running import shows its files.
    pub fn refresh_dataset(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let dataset = dataset(&self.project, self.latest().model.as_ref().map(|model| &model.config))?;
        let history = self.project.history()?;
        self.update(|latest| {
            latest.dataset = Arc::new(dataset);
            latest.history = history;
        });
        Ok(())
    }
}

fn model(at_rest: &AtRest) -> Option<Arc<ModelView>> {
    at_rest.model.as_ref().map(|model| {
        Arc::new(ModelView {
            generation: model.generation,
            kind: model.config.kind(model.steps),
            config: model.config.clone(),
            steps: model.steps,
            seconds: model.seconds,
            loss: model.loss,
            saturation: model.saturation,
            collapsed: model.collapsed.clone(),
        })
    })
}

fn index(project: &Project, at_rest: &AtRest) -> Option<Arc<IndexView>> {
    let (files, index) = (&at_rest.dataset.files, at_rest.index.as_ref()?);
    // If the index cannot be used, a search reports it. All files then count as not indexed.
    let file = IndexFile::open(project.index_path(index.generation).as_std_path()).ok();
    let indexed: HashMap<_, _> = index.files.iter().map(|file| (file.file, file.content_hash)).collect();
    let missing = files.iter().filter(|file| indexed.get(&file.id) != Some(&file.content_hash)).count();
    let of_current_model = at_rest.is_index_current();
    Some(Arc::new(IndexView {
        generation: index.generation,
        codes: index.codes,
        bits: at_rest.model.as_ref().map_or(0, |model| model.config.bits),
        unique_codes: index.unique_codes,
        entropy_nats: index.entropy_nats,
        file_bytes: file.as_ref().map_or(0, IndexFile::file_bytes),
        missing_files: if of_current_model && file.is_some() { missing } else { files.len() },
        of_current_model,
    }))
}

/// The training that made the current model.
fn last_training(at_rest: &AtRest) -> Option<Arc<TrainingView>> {
    at_rest.model.as_ref().map(|model| {
        Arc::new(TrainingView {
            // If this program cannot read the history, the curve is left out. The model can still be used.
            history: serde_json::from_str(&model.history).unwrap_or_default(),
            steps_planned: model.steps,
            collapsed: model.collapsed.clone(),
            config: Some(model.config.clone()),
            ..TrainingView::default()
        })
    })
}

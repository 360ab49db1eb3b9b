//! The newest values about the project at rest: dataset, model, index.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::EngineError;
use super::latest::{
    DatasetView, DevicesView, IndexView, Latest, ModelView, PlayerView, ProjectView, RecorderView, TrainingView,
};
use super::shared::Shared;
use super::snapshot::{Snapshot, grid_of};
use super::sound_settings::SoundSettings;
use super::{takes, watch};
use crate::dataset::{Grid, SoundFile};
use crate::index::IndexFile;
use crate::model::{Config, TrainingSettings};
use crate::project::Project;

/// All values of a project that has just been opened.
pub(super) fn all(project: &Project) -> Result<Latest, EngineError> {
    let model = model(project)?;
    let dataset = dataset(project, model.as_deref())?;
    Ok(Latest {
        project: Arc::new(ProjectView {
            folder: project.folder().to_owned(),
            read_only: project.read_only().map(str::to_owned),
        }),
        index: index(project, model.as_deref(), &dataset)?,
        training: last_training(project)?,
        dataset: Arc::new(dataset),
        on_disk: Arc::default(),
        watch: Arc::new(watch::view(project)?),
        history: project.history(),
        model,
        jobs: BTreeMap::new(),
        resumable: project.checkpoint_path().is_file(),
        player: PlayerView { volume: 1.0, ..PlayerView::default() },
        recorder: RecorderView::default(),
        sound: Arc::new(SoundSettings::load(project)?),
        devices: Arc::new(DevicesView::default()),
        takes: Arc::new(takes::list(project)?),
        favourites: Arc::new(project.favourites()?),
    })
}

impl Shared {
    /// Reads anew what is at rest, after a job has changed it, and loads what searches use.
    pub fn refresh(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let model = model(&self.project)?;
        let dataset = dataset(&self.project, model.as_deref())?;
        let index = index(&self.project, model.as_deref(), &dataset)?;
        let snapshot = match &index {
            Some(view) if view.of_current_model => Snapshot::load(&self.project, self.snapshot().as_deref())
                .inspect_err(|cause| tracing::warn!("the index is not loaded: {cause}"))
                .ok(),
            _ => None,
        };
        self.set_snapshot(snapshot.map(Arc::new));
        let favourites = self.project.favourites()?;
        self.update(|latest| {
            latest.favourites = Arc::new(favourites);
            latest.dataset = Arc::new(dataset);
            latest.history = self.project.history();
            latest.model = model;
            latest.index = index;
        });
        Ok(())
    }

    /// Reads the takes anew.
    pub fn refresh_takes(&self) -> Result<(), EngineError> {
        let takes = Arc::new(takes::list(&self.project)?);
        self.update(|latest| latest.takes = takes);
        Ok(())
    }

    /// Reads the favourites anew.
    pub fn refresh_favourites(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let favourites = Arc::new(self.project.favourites()?);
        self.update(|latest| {
            latest.favourites = favourites;
            latest.history = self.project.history();
        });
        Ok(())
    }

    /// Reads the dataset anew and nothing else: an import in progress shows its files.
    pub fn refresh_dataset(&self) -> Result<(), EngineError> {
        let _one_at_a_time = self.refreshing();
        let dataset = dataset(&self.project, self.latest().model.as_deref())?;
        self.update(|latest| {
            latest.dataset = Arc::new(dataset);
            latest.history = self.project.history();
        });
        Ok(())
    }
}

/// The rate that most files have; the higher one where two are equally common.
pub(super) fn common_rate<'a>(files: impl IntoIterator<Item = &'a SoundFile>) -> Option<u32> {
    let mut rates: BTreeMap<u32, usize> = BTreeMap::new();
    for file in files {
        *rates.entry(file.rate).or_default() += 1;
    }
    rates.into_iter().max_by_key(|&(rate, count)| (count, rate)).map(|(rate, _)| rate)
}

fn dataset(project: &Project, model: Option<&ModelView>) -> Result<DatasetView, EngineError> {
    let files: Vec<Arc<SoundFile>> = project.files()?.into_iter().map(Arc::new).collect();
    let grid: Grid = match model {
        Some(model) => grid_of(&model.config),
        None => grid_of(&Config::new(&TrainingSettings::default(), common_rate(files.iter().map(Arc::as_ref)))?),
    };
    Ok(DatasetView::new(files, project.problems()?, project.tags()?, grid))
}

fn model(project: &Project) -> Result<Option<Arc<ModelView>>, EngineError> {
    Ok(project.current_model()?.map(|model| {
        Arc::new(ModelView {
            generation: model.generation,
            config: model.config,
            steps: model.steps,
            seconds: model.seconds,
            loss: model.loss,
            saturation: model.saturation,
            collapsed: model.collapsed,
        })
    }))
}

fn index(
    project: &Project,
    model: Option<&ModelView>,
    dataset: &DatasetView,
) -> Result<Option<Arc<IndexView>>, EngineError> {
    let Some(index) = project.current_index()? else { return Ok(None) };
    // One that cannot be used is told when it is searched. All files are then missing from it.
    let file = IndexFile::open(project.index_path(index.generation).as_std_path()).ok();
    let indexed: BTreeMap<_, _> = index.files.iter().map(|file| (file.file, file.content_hash)).collect();
    let of_current_model = model.is_some_and(|model| model.generation == index.model_generation);
    let missing = dataset.files.iter().filter(|file| indexed.get(&file.id) != Some(&file.content_hash)).count();
    Ok(Some(Arc::new(IndexView {
        generation: index.generation,
        codes: index.codes,
        bits: model.map_or(0, |model| model.config.bits),
        unique_codes: index.unique_codes,
        entropy_nats: index.entropy_nats,
        file_bytes: file.as_ref().map_or(0, IndexFile::file_bytes),
        missing_files: if of_current_model && file.is_some() { missing } else { dataset.files.len() },
        of_current_model,
    })))
}

/// The course of the training that made the current model.
fn last_training(project: &Project) -> Result<Option<Arc<TrainingView>>, EngineError> {
    let Some(model) = project.current_model()? else { return Ok(None) };
    // A history that this program cannot read is no reason to refuse the model: the curve is left out.
    let history = serde_json::from_str(&model.history).unwrap_or_default();
    Ok(Some(Arc::new(TrainingView {
        history,
        steps_planned: model.steps,
        collapsed: model.collapsed,
        config: Some(model.config),
        ..TrainingView::default()
    })))
}

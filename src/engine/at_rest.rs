//! What the catalogue says about a project while no command changes it. It is read once for everybody who needs it,
//! because reading it takes a while with 100,000 files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::EngineError;
use super::latest::DatasetView;
use crate::dataset::SoundFile;
use crate::model::{Config, TrainingSettings};
use crate::project::{IndexGeneration, ModelGeneration, Project, RootId};

pub(super) struct AtRest {
    /// The current model and the current index.
    pub model: Option<ModelGeneration>,
    pub index: Option<IndexGeneration>,
    pub dataset: Arc<DatasetView>,
}

impl AtRest {
    pub fn read(project: &Project) -> Result<Self, EngineError> {
        let (model, index) = (project.current_model()?, project.current_index()?);
        let dataset = Arc::new(dataset(project, model.as_ref().map(|model| &model.config))?);
        Ok(Self { model, index, dataset })
    }

    /// Whether the index was made by the current model.
    pub fn is_index_current(&self) -> bool {
        let made_by = self.index.as_ref().map(|index| index.model_generation);
        made_by.is_some() && made_by == self.model.as_ref().map(|model| model.generation)
    }
}

/// The dataset, on the grid of a model. Without a model, on the grid of the default preset.
pub(super) fn dataset(project: &Project, config: Option<&Config>) -> Result<DatasetView, EngineError> {
    let library = project.library()?;
    let sound_hashes: Vec<Option<[u8; 32]>> = library.iter().map(|kept| kept.sound_hash).collect();
    let of_files: Vec<RootId> = library.iter().map(|kept| kept.root).collect();
    let files: Vec<Arc<SoundFile>> = library.into_iter().map(|kept| Arc::new(kept.file)).collect();
    let grid = match config {
        Some(config) => config.grid(),
        None => Config::new(&TrainingSettings::default(), common_rate(files.iter().map(Arc::as_ref)))?.grid(),
    };
    let view = DatasetView::new(files, project.problems()?, project.tags()?, grid);
    Ok(view.with_roots(project.roots()?, &of_files).with_sound_hashes(&sound_hashes))
}

/// The rate that most files have. If two rates are equally common, the higher one.
pub(super) fn common_rate<'a>(files: impl IntoIterator<Item = &'a SoundFile>) -> Option<u32> {
    let mut rates: BTreeMap<u32, usize> = BTreeMap::new();
    for file in files {
        *rates.entry(file.rate).or_default() += 1;
    }
    rates.into_iter().max_by_key(|&(rate, count)| (count, rate)).map(|(rate, _)| rate)
}

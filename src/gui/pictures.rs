//! The pictures of sounds in the window: those of the query and of the selected match. They are requested one at a
//! time, so that a person who hurries through a list does not wait for pictures of passed sounds.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::{JobId, SoundPreview};

/// A picture of a sound, as far as the engine has answered.
#[derive(Clone, Debug)]
pub enum Picture {
    Asked,
    Drawn(Arc<SoundPreview>),
    Failed,
}

/// What the engine must do for the pictures that are shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Draw the sound in this file.
    Picture(Utf8PathBuf),
    /// End this job: nobody looks at its picture any more.
    End(JobId),
}

/// The most pictures that are kept, beside those that are shown.
const PICTURES: usize = 128;

#[derive(Clone, Debug, Default)]
pub struct Pictures {
    kept: HashMap<Utf8PathBuf, Picture>,
    /// The file whose picture is being computed, and the job when it is known.
    drawing: Option<(Utf8PathBuf, Option<JobId>)>,
}

impl Pictures {
    pub fn of(&self, path: &Utf8Path) -> Option<&Picture> {
        self.kept.get(path)
    }

    /// What to ask the engine for, so that these sounds have pictures.
    pub fn want(&mut self, shown: &[Utf8PathBuf]) -> Option<Wanted> {
        match &self.drawing {
            Some((path, _)) if shown.contains(path) => return None,
            Some((_, Some(job))) => return Some(Wanted::End(*job)),
            Some((_, None)) => return None,
            None => {}
        }
        let missing = shown.iter().find(|path| !self.kept.contains_key(*path))?.clone();
        self.drawing = Some((missing.clone(), None));
        self.keep(missing.clone(), Picture::Asked, shown);
        Some(Wanted::Picture(missing))
    }

    /// Notes the job that computes the requested picture.
    pub fn asked(&mut self, job: JobId) {
        if let Some((_, drawing)) = &mut self.drawing {
            *drawing = Some(job);
        }
    }

    /// Takes the picture of a job that has ended. `None` if the job was cancelled.
    pub fn ended(&mut self, path: Utf8PathBuf, picture: Option<Picture>, shown: &[Utf8PathBuf]) {
        if self.drawing.as_ref().is_some_and(|(drawing, _)| *drawing == path) {
            self.drawing = None;
        }
        match picture {
            Some(picture) => self.keep(path, picture, shown),
            None => drop(self.kept.remove(&path)),
        }
    }

    fn keep(&mut self, path: Utf8PathBuf, picture: Picture, shown: &[Utf8PathBuf]) {
        if self.kept.len() >= PICTURES {
            self.kept.retain(|path, _| shown.contains(path));
        }
        self.kept.insert(path, picture);
    }
}

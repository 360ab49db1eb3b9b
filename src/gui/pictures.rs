//! The pictures of sounds and of stretches of them. They are requested one at a time, so that a person who hurries through
//! a list does not wait for pictures of passed sounds.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::{Command, JobId, SoundPreview};

/// A picture of a sound, as far as the engine has answered.
#[derive(Clone, Debug)]
pub enum Picture {
    Asked,
    Drawn(Arc<SoundPreview>),
    Failed,
}

/// What a picture shows: a file, or a stretch of it in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    pub path: Utf8PathBuf,
    stretch_ms: Option<(u64, u64)>,
}

impl Shown {
    pub fn whole(path: Utf8PathBuf) -> Self {
        Self { path, stretch_ms: None }
    }

    pub fn stretch(path: Utf8PathBuf, (from, to): (f64, f64)) -> Self {
        let ms = |secs: f64| (1000.0 * secs.max(0.0)).round() as u64;
        Self { path, stretch_ms: Some((ms(from), ms(to))) }
    }

    /// What a picture of the engine shows.
    pub fn of(preview: &SoundPreview) -> Self {
        match preview.stretch_secs {
            None => Self::whole(preview.path.clone()),
            Some(stretch) => Self::stretch(preview.path.clone(), stretch),
        }
    }

    /// What a command asks a picture of.
    pub fn asked(command: &Command) -> Option<Self> {
        let Command::Preview { path, stretch_secs } = command else { return None };
        Some(match stretch_secs {
            None => Self::whole(path.clone()),
            Some(stretch) => Self::stretch(path.clone(), *stretch),
        })
    }

    pub fn command(self) -> Command {
        let secs = |ms: u64| ms as f64 / 1000.0;
        Command::Preview { path: self.path, stretch_secs: self.stretch_ms.map(|(from, to)| (secs(from), secs(to))) }
    }
}

/// What the engine must do for the pictures that are shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    Picture(Shown),
    /// End this job: nobody looks at its picture any more.
    End(JobId),
}

/// The most pictures that are kept, beside those that are shown.
const PICTURES: usize = 128;

#[derive(Clone, Debug, Default)]
pub struct Pictures {
    kept: HashMap<Shown, Picture>,
    /// What is being drawn, and the job when it is known.
    drawing: Option<(Shown, Option<JobId>)>,
}

impl Pictures {
    /// The picture of a whole sound.
    pub fn of(&self, path: &Utf8Path) -> Option<&Picture> {
        self.get(&Shown::whole(path.to_owned()))
    }

    pub fn get(&self, shown: &Shown) -> Option<&Picture> {
        self.kept.get(shown)
    }

    pub fn drawn(&self, shown: &Shown) -> Option<&Arc<SoundPreview>> {
        match self.get(shown) {
            Some(Picture::Drawn(preview)) => Some(preview),
            _ => None,
        }
    }

    /// What to ask the engine for, so that all these have pictures. The first come first.
    pub fn want(&mut self, shown: &[Shown]) -> Option<Wanted> {
        match &self.drawing {
            Some((drawing, _)) if shown.contains(drawing) => return None,
            Some((_, Some(job))) => return Some(Wanted::End(*job)),
            Some((_, None)) => return None,
            None => {}
        }
        let missing = shown.iter().find(|shown| !self.kept.contains_key(*shown))?.clone();
        self.drawing = Some((missing.clone(), None));
        self.keep(missing.clone(), Picture::Asked, shown);
        Some(Wanted::Picture(missing))
    }

    /// Notes the job that draws the requested picture.
    pub fn asked(&mut self, job: JobId) {
        if let Some((_, drawing)) = &mut self.drawing {
            *drawing = Some(job);
        }
    }

    /// Takes the picture of a job that has ended. `None` if the job was cancelled.
    pub fn ended(&mut self, of: Shown, picture: Option<Picture>, shown: &[Shown]) {
        if self.drawing.as_ref().is_some_and(|(drawing, _)| *drawing == of) {
            self.drawing = None;
        }
        match picture {
            Some(picture) => self.keep(of, picture, shown),
            None => drop(self.kept.remove(&of)),
        }
    }

    fn keep(&mut self, of: Shown, picture: Picture, shown: &[Shown]) {
        if self.kept.len() >= PICTURES {
            self.kept.retain(|of, _| shown.contains(of));
        }
        self.kept.insert(of, picture);
    }
}

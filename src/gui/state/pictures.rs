//! The pictures of sounds in the window: those of the query and of the selected match. They are requested one at a
//! time, so that a person who hurries through a list does not wait for pictures of passed sounds.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashMap;
use std::sync::Arc;

use super::{Action, State};
use crate::engine::{Command, JobId, SoundPreview};

/// A picture of a sound, as far as the engine has answered.
#[derive(Clone, Debug)]
pub enum Picture {
    Asked,
    Drawn(Arc<SoundPreview>),
    Failed,
}

/// The most pictures that are kept, beside those that are shown.
const PICTURES: usize = 128;

#[derive(Debug, Default)]
pub struct Pictures {
    kept: HashMap<Utf8PathBuf, Picture>,
    /// The picture that is being computed, and its job when it is known.
    drawing: Option<(Utf8PathBuf, Option<JobId>)>,
}

impl State {
    pub fn picture(&self, path: &Utf8Path) -> Option<&Picture> {
        self.pictures.kept.get(path)
    }

    /// Requests the shown pictures that are missing.
    pub(super) fn want_pictures(&mut self) {
        let matched = self.search.selected_match().map(|found| found.path.clone());
        let shown = [self.search.path.clone(), matched];
        match &self.pictures.drawing {
            Some((path, _)) if shown.iter().flatten().any(|shown| shown == path) => return,
            // It may take long, and nobody waits for it any more.
            Some((_, Some(job))) => return self.actions.push(Action::Cancel(*job)),
            Some((_, None)) => return,
            None => {}
        }
        let missing = shown.into_iter().flatten().find(|path| !self.pictures.kept.contains_key(path));
        if let Some(path) = missing {
            self.pictures.drawing = Some((path.clone(), None));
            self.keep_picture(path.clone(), Picture::Asked);
            self.submit(Command::Preview { path });
        }
    }

    pub(super) fn picture_asked(&mut self, job: JobId) {
        if let Some((_, drawing)) = &mut self.pictures.drawing {
            *drawing = Some(job);
        }
    }

    /// A picture has arrived. `None` if its job was cancelled.
    pub(super) fn picture_ended(&mut self, path: Utf8PathBuf, picture: Option<Picture>) {
        if self.pictures.drawing.as_ref().is_some_and(|(drawing, _)| *drawing == path) {
            self.pictures.drawing = None;
        }
        match picture {
            Some(picture) => self.keep_picture(path, picture),
            None => drop(self.pictures.kept.remove(&path)),
        }
        self.want_pictures();
    }

    fn keep_picture(&mut self, path: Utf8PathBuf, picture: Picture) {
        if self.pictures.kept.len() >= PICTURES {
            let query = self.search.path.clone();
            let matched = self.search.selected_match().map(|found| found.path.clone());
            self.pictures.kept.retain(|path, _| Some(path) == query.as_ref() || Some(path) == matched.as_ref());
        }
        self.pictures.kept.insert(path, picture);
    }
}

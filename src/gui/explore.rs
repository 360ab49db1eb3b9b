//! The contents of the pages beside the search, without widgets. Each page owns its file here: the map, the bits of a
//! code, exact copies, and near-duplicates.

pub mod bits;
pub mod copies;
pub mod duplicates;
pub mod kinds;
pub mod map;

use crate::engine::{ChunkPlace, Clip, JobId};

/// A question to the engine: which one, and whether it is being answered. At most one is on the way. A change meanwhile
/// is asked about when it ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<K> {
    /// The last question.
    key: Option<K>,
    run: Run,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Idle,
    Submitted,
    Running(JobId),
}

impl<K> Default for Asked<K> {
    fn default() -> Self {
        Self { key: None, run: Run::Idle }
    }
}

impl<K: PartialEq> Asked<K> {
    /// Whether to ask now. Then the question counts as asked.
    pub fn wants(&mut self, key: K) -> bool {
        let wanted = self.run == Run::Idle && self.key.as_ref() != Some(&key);
        if wanted {
            (self.key, self.run) = (Some(key), Run::Submitted);
        }
        wanted
    }

    /// Asks again, whatever the answer was.
    pub fn forget(&mut self) {
        self.key = None;
    }

    /// The job whose answer is no longer wanted.
    pub fn overtaken_by(&self, key: &K) -> Option<JobId> {
        match self.run {
            Run::Running(job) if self.key.as_ref() != Some(key) => Some(job),
            _ => None,
        }
    }

    pub fn is_running(&self) -> bool {
        self.run != Run::Idle
    }

    pub fn submitted(&mut self, job: JobId) {
        self.run = Run::Running(job);
    }

    /// Notes the end of a job, if it is this one.
    pub fn ended(&mut self, job: JobId) {
        if self.run == Run::Running(job) {
            self.run = Run::Idle;
        }
    }
}

pub fn clip_of_place(place: ChunkPlace) -> Clip {
    Clip { path: place.path, from_secs: place.start_secs, to_secs: Some(place.end_secs) }
}

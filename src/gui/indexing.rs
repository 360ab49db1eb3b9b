//! The panel of the index: the distances between its codes, and what the last indexing reported.

use std::sync::Arc;

use super::explore::Asked;
use super::intents::Intents;
use super::shared::Shared;
use crate::engine::{Command, DistancesReport, IndexReport};

#[derive(Default)]
pub struct Indexing {
    /// Whether the distances of the index with this generation were asked for.
    pub asked: Asked<i64>,
    pub report: Option<Arc<DistancesReport>>,
    /// What the last indexing reported.
    pub last: Option<IndexReport>,
}

impl Indexing {
    /// Asks for the distances between codes, once for each index.
    pub fn want_distances(&mut self, shared: &Shared, intents: &mut Intents) {
        if let Some(generation) = shared.index_generation()
            && self.asked.wants(generation)
        {
            intents.submit(Command::MeasureDistances);
        }
    }
}

//! Sound files as a project knows them: finding, filtering, favourites, collections, verdicts, and the demo library.

pub mod collection;
pub mod demo;
pub mod exclusions;
pub mod favourite;
pub mod filter;
pub mod letters;
pub mod measure;
pub mod moment;
pub mod relink;
pub mod scan;
pub mod sound_file;
pub mod verdict;

pub use collection::{Collection, CollectionId, Item};
pub use exclusions::Exclusions;
pub use favourite::Favourite;
pub use filter::{Candidate, Filter};
pub use measure::Measure;
pub use sound_file::{FileId, Problem, SkipReason, Skipped, SoundFile};
pub use verdict::Verdict;

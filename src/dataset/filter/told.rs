//! Filters by a part of a file's metadata: `artist:ann`.

use super::super::letters;
use crate::metadata::Metadata;

/// A part of the metadata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    Artist,
    Title,
    Album,
    Genre,
    Comment,
    Key,
    Marker,
}

/// The names of the parts in a filter.
pub(super) const TOLD: [(&str, Told); 7] = [
    ("artist", Told::Artist),
    ("title", Told::Title),
    ("album", Told::Album),
    ("genre", Told::Genre),
    ("comment", Told::Comment),
    ("key", Told::Key),
    ("marker", Told::Marker),
];

impl Told {
    /// Whether this part has `letters`, which are folded by [`letters`].
    pub fn has(self, metadata: &Metadata, letters: &str) -> bool {
        let text = match self {
            Self::Artist => &metadata.artist,
            Self::Title => &metadata.title,
            Self::Album => &metadata.album,
            Self::Genre => &metadata.genre,
            Self::Comment => &metadata.comment,
            Self::Key => &metadata.key,
            Self::Marker => return metadata.markers.iter().any(|marker| letters::contains(&marker.label, letters)),
        };
        text.as_ref().is_some_and(|text| letters::contains(text, letters))
    }
}

//! [`MatchFormat`]: the formats of matches.

use clap::ValueEnum;
use clap::builder::PossibleValue;

/// The format of matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchFormat {
    Text(TextFormat),
    /// The sounds of the matches: WAV files, cut from their originals, in a folder.
    Clips,
}

/// The text format of matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextFormat {
    Json,
    Csv,
    /// A label track of Audacity: start, end, label.
    Audacity,
    /// A selection table of Raven.
    Raven,
    /// A playlist whose entries begin and end where the matches do.
    M3u,
    /// A marker list of Adobe Audition.
    Markers,
    /// The number of matches in each hour of each file, as CSV.
    Counts,
    /// The same as JSON.
    CountsJson,
}

impl MatchFormat {
    pub const ALL: [MatchFormat; 9] = [
        MatchFormat::Text(TextFormat::Json),
        MatchFormat::Text(TextFormat::Csv),
        MatchFormat::Text(TextFormat::Audacity),
        MatchFormat::Text(TextFormat::Raven),
        MatchFormat::Text(TextFormat::M3u),
        MatchFormat::Text(TextFormat::Markers),
        MatchFormat::Text(TextFormat::Counts),
        MatchFormat::Text(TextFormat::CountsJson),
        MatchFormat::Clips,
    ];

    /// The name on the command line and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            MatchFormat::Text(TextFormat::Json) => "json",
            MatchFormat::Text(TextFormat::Csv) => "csv",
            MatchFormat::Text(TextFormat::Audacity) => "audacity",
            MatchFormat::Text(TextFormat::Raven) => "raven",
            MatchFormat::Text(TextFormat::M3u) => "m3u",
            MatchFormat::Text(TextFormat::Markers) => "markers",
            MatchFormat::Text(TextFormat::Counts) => "counts",
            MatchFormat::Text(TextFormat::CountsJson) => "counts-json",
            MatchFormat::Clips => "clips",
        }
    }

    /// The description for a person who chooses.
    pub fn title(self) -> &'static str {
        match self {
            MatchFormat::Text(TextFormat::Json) => "JSON",
            MatchFormat::Text(TextFormat::Csv) => "CSV table",
            MatchFormat::Text(TextFormat::Audacity) => "Audacity label track",
            MatchFormat::Text(TextFormat::Raven) => "Raven selection table",
            MatchFormat::Text(TextFormat::M3u) => "M3U playlist",
            MatchFormat::Text(TextFormat::Markers) => "Audition marker list",
            MatchFormat::Text(TextFormat::Counts) => "CSV table of counts per file and hour",
            MatchFormat::Text(TextFormat::CountsJson) => "JSON of counts per file and hour",
            MatchFormat::Clips => "WAV clips in a folder",
        }
    }

    /// The extension of its files. `None`: it is a folder.
    pub fn ending(self) -> Option<&'static str> {
        match self {
            MatchFormat::Text(TextFormat::Json | TextFormat::CountsJson) => Some("json"),
            MatchFormat::Text(TextFormat::Csv | TextFormat::Markers | TextFormat::Counts) => Some("csv"),
            MatchFormat::Text(TextFormat::Audacity | TextFormat::Raven) => Some("txt"),
            MatchFormat::Text(TextFormat::M3u) => Some("m3u8"),
            MatchFormat::Clips => None,
        }
    }
}

impl ValueEnum for MatchFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.title()))
    }
}

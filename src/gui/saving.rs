//! What the dialog for saving saves, in which format, and where.

use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

use super::typed_path::typed_path;
use crate::dataset::CollectionId;
use crate::engine::formats::MatchFormat;
use crate::engine::{Clip, CollectionFormat, Command, CopiesReport, SearchReport};

#[derive(Clone, Debug)]
pub enum What {
    /// A stretch of a file, as WAV.
    Clip(Clip),
    /// All matches of a search.
    Matches(Arc<SearchReport>, MatchFormat),
    Collection(CollectionId, CollectionFormat),
    /// A shell script that removes copies.
    CopiesScript(Arc<CopiesReport>),
}

#[derive(Clone, Debug)]
pub struct Saving {
    pub what: What,
    /// The path in the field.
    pub typed: String,
}

impl Saving {
    /// Suggests the file `name` in the person's home folder.
    pub fn new(what: What, name: &str) -> Self {
        let home =
            directories::BaseDirs::new().and_then(|folders| Utf8PathBuf::from_path_buf(folders.home_dir().into()).ok());
        Self { what, typed: home.unwrap_or_default().join(name).into_string() }
    }

    pub fn is_folder(&self) -> bool {
        match &self.what {
            What::Clip(_) | What::CopiesScript(_) => false,
            What::Matches(_, format) => format.ending().is_none(),
            What::Collection(_, format) => collection_ending(*format).is_none(),
        }
    }

    pub fn file_name(&self) -> String {
        Utf8Path::new(&self.typed).file_name().unwrap_or_default().to_owned()
    }

    /// Chooses the format of the matches. The extension of the path follows.
    pub fn set_format(&mut self, chosen: MatchFormat) {
        if let What::Matches(_, format) = &mut self.what {
            let before = std::mem::replace(format, chosen);
            self.change_ending(before.ending(), chosen.ending());
        }
    }

    /// Chooses the format of the collection. The extension of the path follows.
    pub fn set_collection_format(&mut self, chosen: CollectionFormat) {
        if let What::Collection(_, format) = &mut self.what {
            let before = std::mem::replace(format, chosen);
            self.change_ending(collection_ending(before), collection_ending(chosen));
        }
    }

    /// Replaces the extension, unless the person has typed another one.
    fn change_ending(&mut self, before: Option<&str>, after: Option<&str>) {
        let path = Utf8Path::new(&self.typed);
        if path.extension() == before {
            self.typed = path.with_extension(after.unwrap_or_default()).into_string();
        }
    }

    /// The command that saves. `None` while no path is typed.
    pub fn command(&self) -> Option<Command> {
        let out = Utf8PathBuf::from_path_buf(typed_path(&self.typed)?).ok()?;
        Some(match &self.what {
            What::Clip(clip) => Command::SaveClip { clip: clip.clone(), out },
            What::Matches(report, format) => {
                Command::SaveMatches { report: report.clone(), format: *format, out, margin_secs: 0.0 }
            }
            What::CopiesScript(copies) => Command::SaveCopiesScript { copies: copies.clone(), out },
            What::Collection(collection, format) => {
                Command::ExportCollection { collection: *collection, format: *format, out }
            }
        })
    }
}

/// The extension of an exported collection. `None` for a folder.
fn collection_ending(format: CollectionFormat) -> Option<&'static str> {
    match format {
        CollectionFormat::M3u => Some("m3u8"),
        CollectionFormat::Csv => Some("csv"),
        CollectionFormat::Folder => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::formats::TextFormat;

    #[test]
    fn the_extension_follows_the_format_unless_the_person_typed_another() {
        let report = SearchReport {
            model: crate::model::ModelKind::Trained,
            query: None,
            bits: 64,
            matches: Vec::new(),
            silent: false,
            query_chunks: 0,
            searched: 0,
            seconds: 0.0,
            line: crate::engine::Line::default(),
            of_library: None,
        };
        let csv = MatchFormat::Text(TextFormat::Csv);
        let mut saving = Saving { what: What::Matches(Arc::new(report), csv), typed: "/out/like kick.csv".into() };
        saving.set_format(MatchFormat::Text(TextFormat::Json));
        assert_eq!(saving.typed, "/out/like kick.json");
        saving.set_format(MatchFormat::Clips);
        assert_eq!((saving.typed.as_str(), saving.is_folder()), ("/out/like kick", true));
        saving.set_format(csv);
        saving.typed = "/out/mine.tab".into();
        saving.set_format(MatchFormat::Text(TextFormat::M3u));
        assert_eq!(saving.typed, "/out/mine.tab");
        assert!(matches!(saving.command(), Some(Command::SaveMatches { out, .. }) if out == "/out/mine.tab"));
        saving.typed.clear();
        assert!(saving.command().is_none());
    }
}

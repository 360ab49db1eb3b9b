//! Annotations in one file: the tags, favourites and collections of a project, for another project, another machine or
//! another person. Sounds are identified by content hash and by path below the root.
//!
//! The file is JSON, or a CSV table with one line for each annotation. An import only adds annotations and removes
//! none.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::edit::files_in_words;
use super::error::EngineError;
use super::event::Outcome;
use super::latest::Latest;
use super::library::AnnotationsReport;
use super::shared::Job;
use crate::audio::Cause;
use crate::audio::wav::write_whole;
use crate::dataset::{Favourite, FileId, Item, letters};
use crate::ground::files;

/// The most bytes of a file of annotations.
const BYTES_AT_MOST: u64 = 1 << 30;

/// All annotations of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Annotations {
    pub files: Vec<Annotated>,
    #[serde(default)]
    pub collections: Vec<NamedItems>,
}

/// A sound, identified independently of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct SoundName {
    /// The path below the root.
    pub path: String,
    /// The content hash in hexadecimal digits.
    pub content_hash: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Annotated {
    #[serde(flatten)]
    pub sound: SoundName,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Starts and ends, in seconds.
    #[serde(default)]
    pub favourites: Vec<(f64, f64)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct NamedItems {
    pub name: String,
    pub items: Vec<NamedItem>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct NamedItem {
    #[serde(flatten)]
    pub sound: SoundName,
    /// Start and end, in seconds. `None` for the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<(f64, f64)>,
}

/// The annotations of this project.
pub(super) fn of_project(latest: &Latest) -> Annotations {
    let dataset = &latest.dataset;
    let name = |file: FileId| {
        let file = dataset.file(file)?;
        Some(SoundName { path: dataset.below_root(file).to_string(), content_hash: hex(&file.content_hash) })
    };
    let mut favourites: HashMap<FileId, Vec<(f64, f64)>> = HashMap::new();
    for favourite in latest.favourites.iter() {
        favourites.entry(favourite.file).or_default().push((favourite.start_secs, favourite.end_secs));
    }
    let files = dataset.files.iter().filter_map(|file| {
        let tags = dataset.tags_of(file.id).to_vec();
        let favourites = favourites.remove(&file.id).unwrap_or_default();
        let is_annotated = !tags.is_empty() || !favourites.is_empty();
        is_annotated.then(|| Some(Annotated { sound: name(file.id)?, tags, favourites })).flatten()
    });
    let collections = latest.collections.iter().map(|collection| NamedItems {
        name: collection.name.clone(),
        items: collection
            .items
            .iter()
            .filter_map(|item| Some(NamedItem { sound: name(item.file)?, stretch: item.stretch_secs }))
            .collect(),
    });
    Annotations { files: files.collect(), collections: collections.collect() }
}

/// Writes the annotations to `out`: a CSV table if the name ends in `.csv`, JSON otherwise.
pub(super) fn export(job: &Job, out: &Utf8Path) -> Result<Outcome, EngineError> {
    let latest = job.shared.latest();
    super::cut::refuse_sounds(&latest.dataset, None, out)?;
    let annotations = of_project(&latest);
    write_whole(out.as_std_path(), |mut file| {
        let written = match is_csv(out) {
            true => write_csv(&annotations, &mut file),
            false => serde_json::to_writer_pretty(&mut file, &annotations).map_err(io::Error::from),
        };
        written.and_then(|()| file.flush()).map_err(Cause::Unwritable)
    })
    .map_err(|cause| cause.at(out.as_std_path()))?;
    Ok(Outcome::Saved { out: out.to_owned() })
}

/// Imports annotations as one change that can be undone.
pub(super) fn import(job: &Job, from: &Utf8Path) -> Result<AnnotationsReport, EngineError> {
    let unreadable = |cause| EngineError::Read { path: from.as_std_path().to_owned(), cause };
    let bytes = files::read_within(from.as_std_path(), BYTES_AT_MOST).map_err(unreadable)?;
    let read = match is_csv(from) {
        true => read_csv(&bytes),
        false => serde_json::from_slice(&bytes).map_err(|cause| cause.to_string()),
    };
    let annotations = read.map_err(|why| EngineError::Annotations { path: from.to_owned(), why })?;
    let latest = job.shared.latest();
    let known = Known::new(&latest);
    let mut report = AnnotationsReport::default();
    let mut seen: BTreeMap<&SoundName, Option<FileId>> = BTreeMap::new();
    let items = annotations.collections.iter().flat_map(|collection| &collection.items);
    for sound in annotations.files.iter().map(|file| &file.sound).chain(items.map(|item| &item.sound)) {
        seen.entry(sound).or_insert_with(|| known.find(sound));
    }
    let mut by_tag: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
    let edit = job.shared.project.edit("Imported annotations")?;
    for file in &annotations.files {
        let Some(id) = seen[&file.sound] else { continue };
        for tag in &file.tags {
            by_tag.entry(super::edit::checked(tag)?).or_default().push(id);
        }
        for &(start_secs, end_secs) in &file.favourites {
            edit.mark_favourite(Favourite { file: id, start_secs, end_secs }, true)?;
        }
    }
    for (tag, files) in by_tag {
        edit.tag_files(&files, tag)?;
    }
    for collection in &annotations.collections {
        let id = edit.collection(super::edit::checked_name(&collection.name)?)?;
        let items = collection.items.iter().filter_map(|item| {
            let file = seen[&item.sound]?;
            Some(Item { file, stretch_secs: item.stretch })
        });
        edit.put_into_collection(id, &items.collect::<Vec<_>>(), None)?;
    }
    for (sound, file) in seen {
        match file {
            Some(_) => report.found += 1,
            None => report.not_found.push(sound.path.clone()),
        }
    }
    edit.name(format!("Imported annotations of {}", files_in_words(report.found)));
    edit.commit()?;
    job.shared.refresh()?;
    Ok(report)
}

/// The project's files by content hash.
struct Known<'a> {
    latest: &'a Latest,
    by_hash: HashMap<String, Vec<FileId>>,
}

impl<'a> Known<'a> {
    fn new(latest: &'a Latest) -> Self {
        let mut by_hash: HashMap<String, Vec<FileId>> = HashMap::new();
        for file in &latest.dataset.files {
            by_hash.entry(hex(&file.content_hash)).or_default().push(file.id);
        }
        Self { latest, by_hash }
    }

    /// The file with this content. If there are several, the one whose path has the longest common ending. A file with
    /// other content is another sound, whatever its name is.
    fn find(&self, sound: &SoundName) -> Option<FileId> {
        let of_content = self.by_hash.get(&sound.content_hash.to_ascii_lowercase())?;
        let wanted = Utf8Path::new(&sound.path);
        let shared = |id: &FileId| {
            let path = self.latest.dataset.file(*id).map_or(Utf8Path::new(""), |file| file.path.as_path());
            let pairs = path.components().rev().zip(wanted.components().rev());
            pairs.take_while(|(a, b)| letters::are_alike(a.as_str(), b.as_str())).count()
        };
        // If several fit equally well, the first by path.
        of_content.iter().copied().min_by_key(|id| std::cmp::Reverse(shared(id)))
    }
}

const COLUMNS: [&str; 6] = ["kind", "name", "path", "content_hash", "start_seconds", "end_seconds"];
const TAG: &str = "tag";
const FAVOURITE: &str = "favourite";
const COLLECTION: &str = "collection";

fn write_csv(annotations: &Annotations, to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(COLUMNS)?;
    let mut line = |kind: &str, name: &str, sound: &SoundName, stretch: Option<(f64, f64)>| {
        let [start, end] =
            stretch.map_or([String::new(), String::new()], |(start, end)| [start, end].map(|s| s.to_string()));
        table.write_record([kind, name, &sound.path, &sound.content_hash, &start, &end])
    };
    for file in &annotations.files {
        for tag in &file.tags {
            line(TAG, tag, &file.sound, None)?;
        }
        for &stretch in &file.favourites {
            line(FAVOURITE, "", &file.sound, Some(stretch))?;
        }
    }
    for collection in &annotations.collections {
        for item in &collection.items {
            line(COLLECTION, &collection.name, &item.sound, item.stretch)?;
        }
    }
    table.flush()
}

/// The error says what is wrong, for people.
fn read_csv(bytes: &[u8]) -> Result<Annotations, String> {
    let mut table = ::csv::Reader::from_reader(bytes);
    let columns = table.headers().map_err(|cause| cause.to_string())?.clone();
    let place = |name: &str| columns.iter().position(|column| column == name).ok_or(format!("it has no column {name}"));
    let [kind, name, path, hash, start, end] = COLUMNS.map(place);
    let (kind, name, path, hash, start, end) = (kind?, name?, path?, hash?, start?, end?);
    let mut files: BTreeMap<SoundName, Annotated> = BTreeMap::new();
    let mut collections: Vec<NamedItems> = Vec::new();
    for (number, record) in table.records().enumerate() {
        let record = record.map_err(|cause| cause.to_string())?;
        let wrong = |what: &str| format!("line {} has {what}", number + 2);
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let sound = SoundName { path: cell(path).to_owned(), content_hash: cell(hash).to_owned() };
        let stretch = match (cell(start), cell(end)) {
            ("", "") => None,
            (start, end) => {
                let seconds = |text: &str| text.parse::<f64>().ok().filter(|secs| secs.is_finite());
                Some(
                    seconds(start)
                        .zip(seconds(end))
                        .ok_or_else(|| wrong("a stretch that is not two numbers of seconds"))?,
                )
            }
        };
        let file = || Annotated { sound: sound.clone(), ..Annotated::default() };
        match (cell(kind), stretch) {
            (TAG, _) => files.entry(sound.clone()).or_insert_with(file).tags.push(cell(name).to_owned()),
            (FAVOURITE, Some(stretch)) => files.entry(sound.clone()).or_insert_with(file).favourites.push(stretch),
            (COLLECTION, stretch) => {
                let place = collections.iter().position(|known| known.name == cell(name)).unwrap_or_else(|| {
                    collections.push(NamedItems { name: cell(name).to_owned(), items: Vec::new() });
                    collections.len() - 1
                });
                collections[place].items.push(NamedItem { sound, stretch });
            }
            _ => return Err(wrong("neither a tag, nor a favourite with its stretch, nor an item of a collection")),
        }
    }
    Ok(Annotations { files: files.into_values().collect(), collections })
}

fn is_csv(path: &Utf8Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from(*hash).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Annotations {
        let sound = |path: &str, hash: u8| SoundName { path: path.into(), content_hash: hex(&[hash; 32]) };
        let file = |sound, tags: &[&str], favourites: &[(f64, f64)]| Annotated {
            sound,
            tags: tags.iter().map(|tag| tag.to_string()).collect(),
            favourites: favourites.to_vec(),
        };
        let (kick, rain) = (sound("drums/kick, loud.wav", 1), sound("Übung\n1.wav", 2));
        Annotations {
            files: vec![file(rain.clone(), &["wet", "a \"b\""], &[(0.1, 0.356)]), file(kick.clone(), &["dry"], &[])],
            collections: vec![NamedItems {
                name: "best".into(),
                items: vec![
                    NamedItem { sound: rain, stretch: Some((1.5, 2.0)) },
                    NamedItem { sound: kick, stretch: None },
                ],
            }],
        }
    }

    #[test]
    fn a_table_and_json_say_the_same() {
        let mut csv = Vec::new();
        write_csv(&said(), &mut csv).expect("written");
        let mut back = read_csv(&csv).expect("read");
        back.files.sort_by(|a, b| b.sound.cmp(&a.sound));
        let mut said = said();
        said.files.sort_by(|a, b| b.sound.cmp(&a.sound));
        assert_eq!(back, said);
        let json = serde_json::to_vec(&said).expect("written");
        assert_eq!(serde_json::from_slice::<Annotations>(&json).expect("read"), said);
    }

    #[test]
    fn a_table_that_says_nothing_of_the_kind_is_refused_in_words() {
        assert_eq!(read_csv(b"a,b\n1,2\n").expect_err("other columns"), "it has no column kind");
        let odd = "kind,name,path,content_hash,start_seconds,end_seconds\nfavourite,,a.wav,00,,\n";
        assert!(read_csv(odd.as_bytes()).expect_err("no stretch").starts_with("line 2 has neither"));
        let odd = "kind,name,path,content_hash,start_seconds,end_seconds\nfavourite,,a.wav,00,x,1\n";
        assert!(read_csv(odd.as_bytes()).expect_err("no number").contains("not two numbers"));
    }
}

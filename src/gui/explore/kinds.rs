//! The meaning of the colours of the map's dots: folders, tags, files, or steps of an aspect.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::dataset::{FileId, Measure};
use crate::engine::{DatasetView, MapReport};

/// The number of colours for kinds, such as folders.
pub const KINDS: usize = 10;

/// The number of colours for the steps of a scale.
pub const STEPS: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColourBy {
    #[default]
    Folder,
    Tag,
    File,
    Brightness,
    Length,
    Pitch,
}

/// The end of a step, and its name.
type Step = (f64, &'static str);

const BRIGHTNESS: [Step; STEPS] =
    [(0.25, "dark"), (0.4, "rather dark"), (0.55, "middle"), (0.7, "rather bright"), (f64::INFINITY, "bright")];

/// In seconds.
const LENGTH: [Step; STEPS] = [
    (0.3, "under 0.3 s"),
    (1.0, "under 1 s"),
    (4.0, "under 4 s"),
    (30.0, "under 30 s"),
    (f64::INFINITY, "30 s and longer"),
];

/// In hertz. An octave begins halfway between B and C.
const PITCH: [Step; STEPS] = [
    (63.544, "below C2"),
    (127.089, "C2 to B2"),
    (254.178, "C3 to B3"),
    (508.355, "C4 to B4"),
    (f64::INFINITY, "C5 and above"),
];

/// The colour of each dot, and the meaning of the colours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kinds {
    /// For each dot the number of one of the theme's colours. A dot without a kind has the number of colours.
    pub of: Vec<u8>,
    /// Empty if the colours have no names.
    pub names: Vec<KindName>,
    /// Whether kinds are the steps of a scale, so that the theme's colours for scales show them.
    pub is_scale: bool,
}

/// What a colour stands for, and how many dots have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindName {
    pub kind: usize,
    pub name: String,
    pub dots: usize,
}

impl Kinds {
    pub fn new(report: &MapReport, by: ColourBy, dataset: &DatasetView) -> Self {
        match by {
            ColourBy::Tag => {
                let names: Vec<Option<String>> =
                    report.files.iter().map(|file| dataset.tags_of(file.id).first().cloned()).collect();
                Self::named(report, &names, "no tag")
            }
            ColourBy::File => {
                let of = report.chunks.iter().map(|chunk| (chunk.file as usize % KINDS) as u8).collect();
                Self { of, names: Vec::new(), is_scale: false }
            }
            ColourBy::Brightness => Self::steps(report, dataset, Measure::Brightness, &BRIGHTNESS, "silent"),
            ColourBy::Length => Self::steps(report, dataset, Measure::Length, &LENGTH, "removed"),
            ColourBy::Pitch => Self::steps(report, dataset, Measure::Pitch, &PITCH, "no pitch"),
            ColourBy::Folder => {
                let names = folders(report);
                Self::named(report, &names, "others")
            }
        }
    }

    /// Each dot's step of a measure: the first step whose end is above the file's number. Files without a number are of
    /// the kind `rest`.
    fn steps(report: &MapReport, dataset: &DatasetView, measure: Measure, steps: &[Step; STEPS], rest: &str) -> Self {
        let step_of = |id: FileId| {
            let number = measure.of(dataset.file(id)?)?;
            steps.iter().position(|(end, _)| number < *end)
        };
        let of_file: Vec<u8> = report.files.iter().map(|file| step_of(file.id).unwrap_or(KINDS) as u8).collect();
        let of: Vec<u8> = report.chunks.iter().map(|chunk| of_file[chunk.file as usize]).collect();
        let named = steps.iter().map(|(_, name)| *name).enumerate().chain([(KINDS, rest)]);
        let count = |kind: usize| of.iter().filter(|of| usize::from(**of) == kind).count();
        let names = named.map(|(kind, name)| KindName { kind, name: name.to_owned(), dots: count(kind) });
        let names = names.filter(|name| name.dots > 0).collect();
        Self { of, names, is_scale: true }
    }

    /// The most common names get a colour each. All other dots are of the kind `rest`.
    fn named(report: &MapReport, of_files: &[Option<String>], rest: &str) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let names = report.chunks.iter().filter_map(|chunk| of_files[chunk.file as usize].as_deref());
        names.for_each(|name| *counts.entry(name).or_default() += 1);
        let mut ranked: Vec<(&str, usize)> = counts.into_iter().collect();
        ranked.sort_by_key(|&(_, dots)| std::cmp::Reverse(dots));
        ranked.truncate(KINDS);
        let place: HashMap<&str, u8> = ranked.iter().map(|(name, _)| *name).zip(0..).collect();
        let colour = |name: &Option<String>| name.as_deref().and_then(|name| place.get(name).copied());
        let of_file: Vec<u8> = of_files.iter().map(|name| colour(name).unwrap_or(KINDS as u8)).collect();
        let of: Vec<u8> = report.chunks.iter().map(|chunk| of_file[chunk.file as usize]).collect();
        let others = of.iter().filter(|&&kind| usize::from(kind) == KINDS).count();
        let mut names: Vec<KindName> = ranked
            .into_iter()
            .zip(0..)
            .map(|((name, dots), kind)| KindName { kind, name: name.to_owned(), dots })
            .collect();
        if others > 0 {
            names.push(KindName { kind: KINDS, name: rest.to_owned(), dots: others });
        }
        Self { of, names, is_scale: false }
    }
}

/// The folder of each file, named from where folders branch. If there are more folders than colours, the parent folders
/// take their place.
fn folders(report: &MapReport) -> Vec<Option<String>> {
    let paths: Vec<Vec<&str>> = report.files.iter().map(|file| folder_of(file.path.as_str())).collect();
    by_folder(&paths).into_iter().map(Some).collect()
}

fn folder_of(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.split(['/', '\\']).collect();
    parts.pop();
    parts
}

/// The share of the files that one colour may have.
const MOST_OF_ONE: f32 = 0.8;

fn by_folder(folders: &[Vec<&str>]) -> Vec<String> {
    let shared = folders.iter().skip(1).fold(folders.first().map_or(0, Vec::len), |shared, folder| {
        folders[0].iter().zip(folder).take(shared).take_while(|(a, b)| a == b).count()
    });
    let deepest = folders.iter().map(Vec::len).max().unwrap_or(0) - shared;
    let down_to = |depth: usize| move |folder: &Vec<&str>| folder.len().min(shared + depth);
    let few = |depth: &usize| {
        let names: BTreeSet<&[&str]> = folders.iter().map(|folder| &folder[..down_to(*depth)(folder)]).collect();
        names.len() <= KINDS
    };
    let highest = (1..=deepest).rev().find(few).unwrap_or(1);
    // If nearly all files had one colour, the map would tell nothing. Then deeper folders get the colours, and the
    // rarest folders get none.
    let tells = |depth: &usize| {
        let mut counts: BTreeMap<&[&str], usize> = BTreeMap::new();
        folders.iter().for_each(|folder| *counts.entry(&folder[..down_to(*depth)(folder)]).or_default() += 1);
        counts.values().max().is_none_or(|most| (*most as f32) < MOST_OF_ONE * folders.len() as f32)
    };
    let depth = (highest..=deepest).find(tells).unwrap_or(highest);
    let name = |folder: &Vec<&str>| match &folder[shared..down_to(depth)(folder)] {
        [] => folder.last().copied().unwrap_or_default().to_owned(),
        [.., last] if depth > highest => (*last).to_owned(),
        below => below.join("/"),
    };
    folders.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str]) -> Vec<String> {
        by_folder(&paths.iter().map(|path| folder_of(path)).collect::<Vec<_>>())
    }

    #[test]
    fn octaves_end_where_their_last_note_ends() {
        let octave = |hz: f32| crate::aspects::Note::nearest(hz).to_string();
        for ((end, _), last) in PITCH.iter().zip(["B1", "B2", "B3", "B4"]) {
            let end = *end as f32;
            let next = format!("C{}", last[1..].parse::<i32>().expect("an octave") + 1);
            assert_eq!((octave(end - 0.02), octave(end + 0.02)), (last.to_owned(), next));
        }
    }

    #[test]
    fn folders_are_named_from_where_they_branch() {
        assert_eq!(
            named(&["/s/drums/kick/a.wav", "/s/drums/snare/b.wav", "/s/c.wav"]),
            ["drums/kick", "drums/snare", "s"]
        );
        assert_eq!(named(&["/s/only/a.wav", "/s/only/b.wav"]), ["only", "only"]);
        assert!(named(&[]).is_empty());
    }

    #[test]
    fn a_small_second_root_does_not_take_the_colours_of_the_first() {
        let mut paths: Vec<String> = (0..120).map(|n| format!("/work/data/kind {}/{n}.wav", n % 12)).collect();
        paths.push("/tmp/new/a.wav".into());
        let names = named(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((names[0].as_str(), names[11].as_str(), names[120].as_str()), ("kind 0", "kind 11", "new"));
    }

    #[test]
    fn too_many_folders_are_coloured_by_the_folder_above() {
        let paths: Vec<String> = (0..40).map(|n| format!("/s/kind {}/pack {n}/a.wav", n % 4)).collect();
        let names = named(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names[..5], ["kind 0", "kind 1", "kind 2", "kind 3", "kind 0"]);
        let many: Vec<String> = (0..40).map(|n| format!("/s/pack {n}/a.wav")).collect();
        assert_eq!(named(&many.iter().map(String::as_str).collect::<Vec<_>>())[7], "pack 7");
    }
}

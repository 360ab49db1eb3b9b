//! Finds sound files: named files, and folders with everything below them.
//!
//! The content of a file decides whether it is a sound. Its extension only decides whether it is tried, and reported if
//! it cannot be read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use walkdir::WalkDir;

use super::exclusions::Exclusions;
use super::{Problem, SkipReason, Skipped};
use crate::audio::decode::is_sound;
use crate::ground::names;
use crate::ground::paths::WithoutLinks as _;

/// The extensions of files that are tried when a folder is added. They include formats that the program cannot read.
/// The person is then told about each such file, which is better than a silent gap.
pub const SOUND_ENDINGS: [&str; 38] = [
    "wav", "wave", "bwf", "rf64", "aif", "aiff", "aifc", "flac", "mp1", "mp2", "mp3", "ogg", "oga", "m4a", "m4b",
    "mp4", "3gp", "aac", "opus", "spx", "wma", "caf", "w64", "mka", "webm", "au", "snd", "wv", "ape", "tta", "mpc",
    "amr", "ac3", "dts", "dsf", "dff", "ra", "sph",
];

/// The result of a scan.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// Absolute paths without symbolic links, ordered, each once.
    pub files: Vec<Utf8PathBuf>,
    /// Files that are not sounds, neither by name nor by content.
    pub skipped: Vec<Skipped>,
    /// Folders and sound files that are left out, with the pattern.
    pub left_out: Vec<Problem>,
    /// What could not be read.
    pub failed: Vec<Problem>,
}

/// Finds the sound files among `paths` and below them. A named file is always tried. In folders, files that are not
/// sounds and files that `exclusions` leave out are skipped. Stops between two files if `go_on` returns false.
pub fn scan(paths: &[PathBuf], exclusions: &Exclusions, mut go_on: impl FnMut() -> bool) -> Found {
    let mut found = Found::default();
    for path in paths {
        match path.metadata() {
            Err(cause) => found.fail(path, reason(&cause)),
            Ok(facts) if facts.is_dir() => match path.without_links() {
                Ok(folder) => found.walk(&folder, exclusions, &mut go_on),
                Err(cause) => found.fail(path, reason(&cause)),
            },
            Ok(facts) if facts.is_file() => found.take(path),
            Ok(_) => found.fail(path, "it is neither a file nor a folder".into()),
        }
    }
    found.files.sort_unstable();
    found.files.dedup();
    found
}

impl Found {
    fn walk(&mut self, folder: &Path, exclusions: &Exclusions, go_on: &mut impl FnMut() -> bool) {
        let before = self.files.len() + self.left_out.len() + self.failed.len();
        let (mut rules, faults) = exclusions.rules_in(folder);
        faults.into_iter().for_each(|(path, fault)| self.fail(&path, fault));
        let mut entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            if !go_on() {
                return;
            }
            if let Ok(entry) = &entry
                && entry.depth() > 0
            {
                let (path, is_folder) = (entry.path(), entry.file_type().is_dir());
                if let Some(why) = rules.why_left_out(path, is_folder) {
                    if is_folder {
                        entries.skip_current_dir();
                    }
                    if is_folder || has_sound_ending(path) {
                        self.left_out.push(Problem { path: told(path), reason: why });
                    }
                    continue;
                }
                if is_folder {
                    rules.enter(path).into_iter().for_each(|(path, fault)| self.fail(&path, fault));
                }
            }
            match entry {
                Err(failure) => {
                    let why = match (failure.loop_ancestor(), failure.io_error()) {
                        (Some(above), _) => format!("it links back to {}", above.display()),
                        (None, Some(cause)) => reason(cause),
                        (None, None) => failure.to_string(),
                    };
                    self.fail(failure.path().unwrap_or(folder), why);
                }
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if !has_sound_ending(entry.path()) && !is_sound(entry.path()) => {
                    let path = told(entry.path());
                    self.skipped.push(Skipped { path, reason: SkipReason::NoSound });
                }
                Ok(entry) if entry.file_type().is_file() => self.take(entry.path()),
                Ok(entry) => self.fail(entry.path(), "it is neither a file nor a folder".into()),
            }
        }
        if self.files.len() + self.left_out.len() + self.failed.len() == before {
            self.fail(folder, "there are no sound files in this folder".into());
        }
    }

    fn take(&mut self, path: &Path) {
        match path.without_links() {
            Ok(absolute) => self.files.push(names::text_of(&absolute)),
            Err(cause) => self.fail(path, reason(&cause)),
        }
    }

    fn fail(&mut self, path: &Path, reason: String) {
        self.failed.push(Problem { path: told(path), reason });
    }
}

/// An absolute path, because a project remembers its problems.
fn told(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    names::text_of(absolute.as_deref().unwrap_or(path)).into()
}

/// Whether a scan would take this file in a folder: by its extension, or by its content.
pub fn looks_like_sound(path: &Path) -> bool {
    has_sound_ending(path) || is_sound(path)
}

/// Whether the extension is that of a sound file.
fn has_sound_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    SOUND_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

fn reason(cause: &std::io::Error) -> String {
    match cause.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "reading it is not permitted".into(),
        ErrorKind::InvalidFilename => "its path is too long or has characters that no path may have".into(),
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav::{Depth, write_wav};

    fn tree() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().without_links().expect("its path");
        std::fs::create_dir_all(root.join("b/deep")).expect("folders");
        for name in ["b/deep/z.WAV", "a.wav", "b/notes.txt", "b/._a.wav", "b/.DS_Store", "b/song.opus"] {
            std::fs::write(root.join(name), "x").expect("written");
        }
        (folder, root)
    }

    fn names(found: &Found, root: &Path) -> Vec<String> {
        let short = |path: &Utf8PathBuf| path.as_std_path().strip_prefix(root).expect("below").display().to_string();
        found.files.iter().map(short).collect()
    }

    #[test]
    fn folders_are_searched_to_the_bottom_and_each_file_is_found_once() {
        let (_keep, root) = tree();
        let found = scan(&[root.clone(), root.join("a.wav"), root.join("b/../a.wav")], &Exclusions::default(), || true);
        assert_eq!(names(&found, &root), ["a.wav", "b/deep/z.WAV", "b/song.opus"]);
        assert_eq!(found.skipped.len(), 1, "{:?}", found.skipped);
        assert_eq!(found.failed, []);
        let left_out: Vec<&str> = found.left_out.iter().map(|left| left.reason.as_str()).collect();
        assert_eq!(left_out, ["it is hidden"], "of files alone those that would be sounds");
    }

    #[test]
    fn what_is_left_out_is_listed_and_not_looked_into() {
        let (_keep, root) = tree();
        std::fs::write(root.join("b/.soundalikeignore"), "deep\n[z-a]\n").expect("written");
        let patterns = vec!["song.*".into()];
        let found = scan(std::slice::from_ref(&root), &Exclusions { patterns, ..Exclusions::default() }, || true);
        assert_eq!(names(&found, &root), ["a.wav"]);
        let left_out: Vec<&str> = found.left_out.iter().filter_map(|left| left.path.rsplit('/').next()).collect();
        assert_eq!(left_out, ["._a.wav", "deep", "song.opus"]);
        assert!(found.failed.len() == 1 && found.failed[0].path.ends_with(".soundalikeignore"), "{:?}", found.failed);
        // A named folder is searched even if its name is a pattern.
        assert_eq!(names(&scan(&[root.join("b/deep")], &Exclusions::default(), || true), &root), ["b/deep/z.WAV"]);
    }

    #[test]
    fn a_file_that_is_named_is_tried_whatever_its_ending() {
        let (_keep, root) = tree();
        assert_eq!(names(&scan(&[root.join("b/notes.txt")], &Exclusions::default(), || true), &root), ["b/notes.txt"]);
    }

    #[test]
    fn a_sound_without_a_sounds_ending_is_found_in_a_folder() {
        let (_keep, root) = tree();
        let sound = root.join("tone.wav");
        write_wav(&sound, &[0.5; 800], 1, 8000, Depth::Pcm16).expect("written");
        for name in ["tone", "b/tone.dat", "b/.tone", "tone.txt"] {
            std::fs::copy(&sound, root.join(name)).expect("copied");
        }
        let found = scan(std::slice::from_ref(&root), &Exclusions::default(), || true);
        assert_eq!(
            names(&found, &root),
            ["a.wav", "b/deep/z.WAV", "b/song.opus", "b/tone.dat", "tone", "tone.txt", "tone.wav"]
        );
        assert!(looks_like_sound(&root.join("tone.txt")) && !looks_like_sound(&root.join("b/notes.txt")));
    }

    #[test]
    fn what_cannot_be_read_is_one_problem_with_one_reason() {
        let (_keep, root) = tree();
        std::fs::create_dir(root.join("empty")).expect("a folder");
        let found = scan(
            &[root.join("absent.wav"), root.join("empty"), PathBuf::from("/dev/null")],
            &Exclusions::default(),
            || true,
        );
        let reasons: Vec<&str> = found.failed.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "there is no such file or folder",
                "there are no sound files in this folder",
                "it is neither a file nor a folder"
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn loops_do_not_stop_the_rest_and_names_that_are_no_text_are_taken() {
        use std::os::unix::ffi::OsStrExt;
        let (_keep, root) = tree();
        std::os::unix::fs::symlink(&root, root.join("b/back")).expect("a link");
        std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"b/\xff.wav")), "x").expect("written");
        let found = scan(std::slice::from_ref(&root), &Exclusions::default(), || true);
        let odd = Utf8PathBuf::from(&found.files[3]);
        assert_eq!(crate::ground::names::path_of(&odd), root.join(std::ffi::OsStr::from_bytes(b"b/\xff.wav")));
        let reasons: Vec<String> = found.failed.iter().map(|problem| problem.reason.clone()).collect();
        assert!(reasons.iter().any(|why| why.contains("links back")), "{reasons:?}");
        assert_eq!((found.files.len(), reasons.len()), (4, 1));
    }
}

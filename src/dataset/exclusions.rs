//! The files and folders that are left out when a folder is added.
//!
//! There are three lists of patterns in the syntax of `.gitignore`: the defaults below, the project's own patterns, and
//! the `.soundalikeignore` of each folder on the way. A later list overrides an earlier one, and a deeper folder
//! overrides a higher one.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The name of a folder's own list of patterns.
pub const IGNORE_FILE: &str = ".soundalikeignore";

/// Hidden files, and the folders in which systems keep deleted files and files of their own.
pub const DEFAULTS: [&str; 8] = [
    ".*",
    "$RECYCLE.BIN",
    "System Volume Information",
    "found.[0-9][0-9][0-9]/",
    "lost+found/",
    "@eaDir/",
    "\\#recycle/",
    "__MACOSX/",
];

/// The patterns of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// The project's patterns. Each is a line of a `.gitignore`.
    pub patterns: Vec<String>,
    /// The added folders. A pattern with a slash is relative to them.
    pub roots: Vec<PathBuf>,
    /// The project's own folder, which is not searched for sounds.
    pub own: Option<PathBuf>,
}

/// An invalid pattern, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{pattern}” is not a valid pattern: {why}")]
pub struct PatternError {
    pub pattern: String,
    pub why: String,
}

/// The rules for one folder.
#[derive(Clone, Debug)]
pub struct Rules {
    own: Option<PathBuf>,
    /// From the highest folder down.
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    folder: PathBuf,
    source: Source,
    matcher: Gitignore,
}

#[derive(Clone, Debug)]
enum Source {
    Defaults,
    Project,
    File(PathBuf),
}

impl Exclusions {
    /// Fails with the first invalid pattern.
    pub fn check(&self) -> Result<(), PatternError> {
        let mut builder = GitignoreBuilder::new("");
        self.patterns.iter().try_for_each(|pattern| add(&mut builder, pattern))
    }

    /// The rules for `folder`, an absolute path without links, and the faults in lists of patterns on the way.
    pub fn rules_in(&self, folder: &Path) -> (Rules, Vec<(PathBuf, String)>) {
        let above = self.roots.iter().filter(|root| folder.starts_with(root));
        let root = above.max_by_key(|root| root.as_os_str().len()).map_or(folder, PathBuf::as_path);
        let level = |source, patterns: &mut dyn Iterator<Item = &str>, any_case| {
            let mut builder = GitignoreBuilder::new(root);
            // Patterns were checked when they were saved. A pattern that only a newer program understands has no
            // effect.
            let _ = builder.case_insensitive(any_case);
            patterns.for_each(|pattern| _ = add(&mut builder, pattern));
            let matcher = builder.build().unwrap_or_else(|_| Gitignore::empty());
            Level { folder: root.to_owned(), source, matcher }
        };
        let defaults = level(Source::Defaults, &mut DEFAULTS.into_iter(), true);
        let project = level(Source::Project, &mut self.patterns.iter().map(String::as_str), false);
        let mut rules = Rules { own: self.own.clone(), levels: vec![defaults, project] };
        let mut faults = rules.enter(root);
        let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
        let mut here = root.to_owned();
        for part in below.components() {
            here.push(part);
            faults.extend(rules.enter(&here));
        }
        (rules, faults)
    }

    /// Why a file or folder below an added folder is left out. `None` if it is not. The path must be absolute and
    /// without links.
    pub fn why_left_out(&self, path: &Path) -> Option<String> {
        let above = self.roots.iter().filter(|root| path.starts_with(root));
        let root = above.max_by_key(|root| root.as_os_str().len())?;
        let mut rules = self.rules_in(root).0;
        let mut here = root.clone();
        let parts: Vec<_> = path.strip_prefix(root).ok()?.components().collect();
        for (number, part) in parts.iter().enumerate() {
            here.push(part);
            let is_folder = number + 1 < parts.len() || here.is_dir();
            if let Some(why) = rules.why_left_out(&here, is_folder) {
                return Some(why);
            }
            if is_folder {
                rules.enter(&here);
            }
        }
        None
    }
}

impl Rules {
    /// Reads a folder's own list of patterns, and returns its faults: the file, and what is wrong. Lists of folders
    /// that do not contain `folder` are dropped.
    pub fn enter(&mut self, folder: &Path) -> Vec<(PathBuf, String)> {
        self.levels.retain(|level| !matches!(level.source, Source::File(_)) || folder.starts_with(&level.folder));
        let file = folder.join(IGNORE_FILE);
        if !file.is_file() {
            return Vec::new();
        }
        let mut builder = GitignoreBuilder::new(folder);
        let fault = builder.add(&file);
        let (matcher, also) = match builder.build() {
            Ok(matcher) => (matcher, None),
            Err(fault) => (Gitignore::empty(), Some(fault)),
        };
        self.levels.push(Level { folder: folder.to_owned(), source: Source::File(file.clone()), matcher });
        fault.into_iter().chain(also).map(|fault| (file.clone(), fault.to_string())).collect()
    }

    /// Why a file or folder is left out. It must be directly in the folder that was entered last, or in a folder above
    /// that.
    pub fn why_left_out(&self, path: &Path, is_folder: bool) -> Option<String> {
        if is_folder && self.own.as_deref() == Some(path) {
            return Some("it is the project's own folder".into());
        }
        for level in self.levels.iter().rev().filter(|level| path.starts_with(&level.folder)) {
            match level.matcher.matched(path, is_folder) {
                Match::None => {}
                Match::Whitelist(_) => return None,
                Match::Ignore(glob) => {
                    let pattern = glob.original();
                    return Some(match &level.source {
                        Source::Defaults if pattern == ".*" => "it is hidden".into(),
                        Source::Defaults => format!("“{pattern}” is left out by default"),
                        Source::Project => format!("the project leaves out “{pattern}”"),
                        Source::File(file) => format!("{} leaves out “{pattern}”", file.display()),
                    });
                }
            }
        }
        None
    }
}

fn add(builder: &mut GitignoreBuilder, pattern: &str) -> Result<(), PatternError> {
    match builder.add_line(None, pattern) {
        Ok(_) => Ok(()),
        Err(fault) => Err(PatternError { pattern: pattern.to_owned(), why: fault.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `paths` that are left out. A name that ends in a slash is a folder.
    fn left_out(exclusions: &Exclusions, root: &Path, paths: &[&str]) -> Vec<String> {
        for path in paths {
            let folder = root.join(path);
            std::fs::create_dir_all(if path.ends_with('/') { &folder } else { folder.parent().expect("a folder") })
                .expect("made");
        }
        let out = paths.iter().filter(|path| exclusions.why_left_out(&root.join(path)).is_some());
        out.map(|path| path.to_string()).collect()
    }

    #[test]
    fn systems_folders_and_hidden_files_are_left_out_by_default() {
        let keep = tempfile::tempdir().expect("a folder");
        let root = keep.path().canonicalize().expect("its path");
        let exclusions = Exclusions { roots: vec![root.clone()], ..Exclusions::default() };
        let out = [
            "._a.wav",
            ".git/a.wav",
            ".Trash-1000/a.wav",
            "$RECYCLE.BIN/a.wav",
            "$Recycle.Bin/b.wav",
            "System Volume Information/",
            "disk/lost+found/",
        ];
        assert_eq!(left_out(&exclusions, &root, &out), out);
        let taken = ["a.wav", "found.wav", "b/lost+found", "a_.wav", "git/a.wav"];
        assert_eq!(left_out(&exclusions, &root, &taken), [""; 0]);
        let hidden = Exclusions { patterns: vec!["!.*".into()], ..exclusions };
        assert_eq!(left_out(&hidden, &root, &["._a.wav", "$RECYCLE.BIN/a.wav"]), ["$RECYCLE.BIN/a.wav"]);
    }

    #[test]
    fn a_deeper_list_decides_over_a_higher_one_and_patterns_with_a_slash_begin_at_their_folder() {
        let keep = tempfile::tempdir().expect("a folder");
        let root = keep.path().canonicalize().expect("its path");
        std::fs::create_dir_all(root.join("kept/deep")).expect("folders");
        std::fs::write(root.join(IGNORE_FILE), "# drafts\n*.tmp.wav\n/top\n").expect("written");
        std::fs::write(root.join("kept").join(IGNORE_FILE), "!good.tmp.wav\nbad*\n").expect("written");
        let patterns = vec!["bounce_*.wav".into(), "!._kept.wav".into(), "/old/".into()];
        let exclusions = Exclusions { patterns, roots: vec![root.clone()], own: Some(root.join("project")) };
        let out =
            ["a.tmp.wav", "kept/a.tmp.wav", "kept/deep/bad.wav", "top/a.wav", "old/a.wav", "bounce_1.wav", "project/"];
        assert_eq!(left_out(&exclusions, &root, &out), out);
        let taken = [
            "kept/good.tmp.wav",
            "kept/deep/good.tmp.wav",
            "bad.wav",
            "kept/top/a.wav",
            "kept/old/a.wav",
            "._kept.wav",
        ];
        assert_eq!(left_out(&exclusions, &root, &taken), [""; 0]);
        let why = |path: &str| exclusions.why_left_out(&root.join(path)).expect("left out");
        assert_eq!(why("bounce_1.wav"), "the project leaves out “bounce_*.wav”");
        assert!(why("kept/deep/bad.wav").ends_with("kept/.soundalikeignore leaves out “bad*”"));
        assert_eq!(why(".x.wav"), "it is hidden");
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let exclusions = Exclusions { patterns: vec!["*.wav".into(), "[z-a]".into()], ..Exclusions::default() };
        let refused = exclusions.check().expect_err("no pattern").to_string();
        assert!(refused.starts_with("“[z-a]” is not a valid pattern"), "{refused}");
    }
}

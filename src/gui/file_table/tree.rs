//! Folders as a tree. The tree has the folders with files, and the folders where paths branch. A folder that holds nothing
//! but one other folder is left out, and so is the folder that holds everything.

use std::collections::HashSet;

/// A folder of the tree. It has files, given by their positions in the dataset, or paths branch in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub folder: String,
    /// Relative to the folder above it in the tree.
    pub name: String,
    /// The number of folders above it in the tree.
    pub depth: usize,
    pub files: Vec<u32>,
    /// The number of files in it and in all folders below it.
    pub all: usize,
}

const SEPARATORS: [char; 2] = ['/', '\\'];

/// The names of a path's folders, on every system.
pub fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(SEPARATORS)
}

/// The tree of some folders. They must be sorted name by name, so that each folder comes before those below it.
pub fn of(folders: Vec<Group>) -> Vec<Group> {
    let root = folders
        .iter()
        .skip(1)
        .fold(folders.first().map_or("", |first| &first.folder), |root, folder| shared(root, &folder.folder));
    let root = root.to_owned();
    let pairs = folders.iter().zip(folders.iter().skip(1));
    let branches: HashSet<String> = pairs.map(|(a, b)| shared(&a.folder, &b.folder).to_owned()).collect();

    let mut tree = Tree { groups: Vec::with_capacity(folders.len()), parents: Vec::new(), open: Vec::new(), root };
    for group in folders {
        tree.close_until(&group.folder);
        let above = tree.above().len();
        let starts = group.folder.char_indices().filter(|(_, letter)| SEPARATORS.contains(letter));
        let between = starts.map(|(end, _)| &group.folder[..end]).filter(|folder| folder.len() > above);
        let new: Vec<Group> = between
            .filter(|folder| branches.contains(*folder))
            .map(|folder| Group { folder: folder.to_owned(), ..Group::default() })
            .collect();
        new.into_iter().for_each(|branch| tree.push(branch));
        tree.push(group);
    }
    tree.counted()
}

struct Tree {
    groups: Vec<Group>,
    parents: Vec<Option<usize>>,
    /// The chain of folders from the top down to the last one.
    open: Vec<usize>,
    root: String,
}

impl Tree {
    /// The folder that contains the next folder.
    fn above(&self) -> &str {
        self.open.last().map_or(&self.root, |place| &self.groups[*place].folder)
    }

    fn close_until(&mut self, folder: &str) {
        while !self.open.is_empty() && !is_below(folder, self.above()) {
            self.open.pop();
        }
    }

    fn push(&mut self, group: Group) {
        let below = group.folder[self.above().len().min(group.folder.len())..].trim_start_matches(SEPARATORS);
        let own = parts(&group.folder).filter(|part| !part.is_empty()).last().unwrap_or(&group.folder);
        let name = if below.is_empty() { own } else { below }.to_owned();
        self.parents.push(self.open.last().copied());
        let depth = self.open.len();
        self.open.push(self.groups.len());
        self.groups.push(Group { name, depth, ..group });
    }

    fn counted(mut self) -> Vec<Group> {
        for place in (0..self.groups.len()).rev() {
            self.groups[place].all += self.groups[place].files.len();
            if let Some(parent) = self.parents[place] {
                self.groups[parent].all += self.groups[place].all;
            }
        }
        self.groups
    }
}

fn is_below(folder: &str, above: &str) -> bool {
    folder.strip_prefix(above).is_some_and(|below| below.starts_with(SEPARATORS))
}

/// The path that two folders have in common, without the separator after it.
fn shared<'a>(a: &'a str, b: &str) -> &'a str {
    let mut end = 0;
    let mut letters = a.char_indices().zip(b.chars());
    let differs = letters.find(|((at, letter), other)| {
        if letter == other && SEPARATORS.contains(letter) {
            end = *at;
        }
        letter != other
    });
    let (longer, shorter) = if a.len() >= b.len() { (a, b.len()) } else { (b, a.len()) };
    let is_prefix = differs.is_none() && longer[shorter..].chars().next().is_none_or(|c| SEPARATORS.contains(&c));
    &a[..if is_prefix { a.len().min(b.len()) } else { end }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(folders: &[(&str, u32)]) -> Vec<(usize, String, usize)> {
        let group = |(folder, files): &(&str, u32)| Group {
            folder: (*folder).to_owned(),
            files: (0..*files).collect(),
            ..Group::default()
        };
        of(folders.iter().map(group).collect()).into_iter().map(|group| (group.depth, group.name, group.all)).collect()
    }

    #[test]
    fn a_tree_branches_where_a_folder_has_files_or_folders() {
        let drawn =
            tree(&[("/s/drums/kick", 2), ("/s/drums/more/hat", 1), ("/s/drums/more/tom", 1), ("/s/pads/long", 4)]);
        let expected =
            [(0, "drums", 4), (1, "kick", 2), (1, "more", 2), (2, "hat", 1), (2, "tom", 1), (0, "pads/long", 4)];
        assert_eq!(drawn, expected.map(|(depth, name, all)| (depth, name.to_owned(), all)));
        let nested = tree(&[("/s/drums", 1), ("/s/drums/more", 2)]);
        assert_eq!(nested, [(0, "drums".to_owned(), 3), (1, "more".to_owned(), 2)]);
    }

    #[test]
    fn one_folder_two_drives_and_names_that_begin_alike() {
        assert_eq!(tree(&[("/only", 3)]), [(0, "only".to_owned(), 3)]);
        assert_eq!(tree(&[]), []);
        let drives = tree(&[(r"C:\a\x", 1), (r"C:\a\y", 1), (r"D:\a", 1)]);
        assert_eq!(drives.iter().map(|line| line.0).collect::<Vec<_>>(), [0, 1, 1, 0]);
        let alike = tree(&[("/s/kick", 1), ("/s/kick 2", 1), ("/s/kicks/x", 1)]);
        assert!(alike.iter().all(|line| line.0 == 0), "{alike:?}");
    }
}

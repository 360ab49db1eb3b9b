//! [`NamedRoot`]: where a root of a shared library is on this machine.

use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};

use crate::ground::paths::{WithoutLinks as _, with_slashes};

/// Where a root is on this machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NamedRoot {
    pub name: String,
    /// An absolute path, without links if the folder is there.
    pub place: Utf8PathBuf,
}

impl FromStr for NamedRoot {
    type Err = String;

    /// Reads `NAME=PATH`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, place) = text.split_once('=').ok_or("a root is named as NAME=PATH, such as fx-drive=/mnt/fx")?;
        check_name(name)?;
        if place.is_empty() {
            return Err(format!("the folder of the root {name} is missing: {name}=PATH"));
        }
        let place = Utf8Path::new(place);
        let absolute = std::path::absolute(place).map_err(|cause| format!("{place}: {cause}"))?;
        let absolute =
            Utf8PathBuf::from_path_buf(absolute).map_err(|path| format!("{} is not UTF-8", path.display()))?;
        Ok(Self { name: name.to_owned(), place: absolute.without_links().unwrap_or(absolute) })
    }
}

/// A name of a root can be written on a command line, and begins a path.
fn check_name(name: &str) -> Result<(), String> {
    match name {
        "" => Err("the name of the root is missing: NAME=PATH".into()),
        name if name.contains(['/', '\\']) || name.chars().any(char::is_control) => {
            Err(format!("the name of a root has no slash, so {name:?} cannot be one"))
        }
        _ => Ok(()),
    }
}

impl NamedRoot {
    /// The path of a file below this root, with `/`. `None` if it is not below.
    pub fn below(&self, file: &Utf8Path) -> Option<String> {
        let below = file.strip_prefix(&self.place).ok().filter(|below| !below.as_str().is_empty())?;
        Some(with_slashes(below.as_str()).into_owned())
    }

    /// Where a file of this root is on this machine.
    pub fn path_of(&self, below: &str) -> Utf8PathBuf {
        self.place.join(below)
    }
}

/// The root of a file: the nearest folder above it.
pub(super) fn root_of<'a>(roots: &'a [NamedRoot], file: &Utf8Path) -> Option<(&'a NamedRoot, String)> {
    let above = roots.iter().filter_map(|root| Some((root, root.below(file)?)));
    above.max_by_key(|(root, _)| root.place.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_nearest_root_above_it() {
        let roots: Vec<NamedRoot> =
            ["all=/mnt", "fx=/mnt/fx"].iter().map(|text| text.parse().expect("a root")).collect();
        let of = |path: &str| root_of(&roots, Utf8Path::new(path)).map(|(root, below)| (root.name.as_str(), below));
        assert_eq!(of("/mnt/fx/drums/kick.wav"), Some(("fx", "drums/kick.wav".into())));
        assert_eq!(of("/mnt/fx2/kick.wav"), Some(("all", "fx2/kick.wav".into())));
        assert_eq!(of("/home/kick.wav"), None);
        assert_eq!(roots[1].path_of("drums/kick.wav"), "/mnt/fx/drums/kick.wav");
        for wrong in ["fx", "=/mnt", "fx=", "a/b=/mnt"] {
            assert!(wrong.parse::<NamedRoot>().is_err(), "{wrong}");
        }
    }
}

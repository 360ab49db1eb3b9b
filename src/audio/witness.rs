//! [`Witness`]: proves that a file did not change while it was read.
//!
//! Comparing the path's state before and after is not enough: a file can be replaced and put back meanwhile, and its
//! time of change can be set back. So the open file itself is checked, and its bytes are hashed through it.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};

use super::error::Cause;
use crate::ground::files::modified_ns;

/// The state of an open file when reading began.
#[derive(Debug)]
pub struct Witness {
    file: File,
    before: State,
}

/// What shows a change of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    size_bytes: u64,
    modified_ns: i64,
    /// The time of the last change of the file or of its metadata, which no program can set. 0 if the system has none.
    changed_ns: i128,
}

/// The proven state of a file while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// The BLAKE3 hash of the file's bytes.
    pub content_hash: [u8; 32],
    pub size_bytes: u64,
    /// The time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl Witness {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self { before: State::of(&file.metadata()?), file: file.try_clone()? })
    }

    /// Hashes the file. Call it when nothing more will be read. `None` if `go_on` returns false.
    ///
    /// # Errors
    /// [`Cause::ChangedMeanwhile`] if the file has changed since reading began.
    pub fn testify(&self, go_on: impl Fn() -> bool) -> Result<Option<Testimony>, Cause> {
        self.check()?;
        let Some(content_hash) = self.hash(go_on).map_err(Cause::of_reading)? else { return Ok(None) };
        self.check()?;
        let State { size_bytes, modified_ns, .. } = self.before;
        Ok(Some(Testimony { content_hash, size_bytes, modified_ns }))
    }

    fn check(&self) -> Result<(), Cause> {
        match State::of(&self.file.metadata().map_err(Cause::of_reading)?) == self.before {
            true => Ok(()),
            false => Err(Cause::ChangedMeanwhile),
        }
    }

    /// The bytes come from the system's cache, because they were read a moment ago.
    fn hash(&self, go_on: impl Fn() -> bool) -> io::Result<Option<[u8; 32]>> {
        const BYTES_AT_ONCE: usize = 256 << 10;
        let (mut file, mut buffer) = (&self.file, vec![0; BYTES_AT_ONCE]);
        let mut hasher = blake3::Hasher::new();
        file.seek(SeekFrom::Start(0))?;
        while go_on() {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Some(hasher.finalize().into())),
                Ok(count) => drop(hasher.update(&buffer[..count])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        let changed_ns = changed_ns(metadata);
        Self { size_bytes: metadata.len(), modified_ns: modified_ns(metadata), changed_ns }
    }
}

#[cfg(unix)]
fn changed_ns(metadata: &Metadata) -> i128 {
    use std::os::unix::fs::MetadataExt as _;
    i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed_ns(_: &Metadata) -> i128 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wav");
        fs::write(&path, bytes).expect("written");
        (folder, path)
    }

    #[test]
    fn a_file_that_stays_is_what_it_was() {
        let (_keep, path) = file(b"sound");
        let witness = Witness::of(&File::open(&path).expect("opened")).expect("seen");
        let testimony = witness.testify(|| true).expect("unchanged").expect("read");
        assert_eq!((testimony.content_hash, testimony.size_bytes), (*blake3::hash(b"sound").as_bytes(), 5));
        assert_eq!(witness.testify(|| false).expect("unchanged"), None);
    }

    #[test]
    fn a_file_that_is_replaced_and_put_back_does_not_matter_because_the_open_one_is_read() {
        let (keep, path) = file(b"sound");
        let aside = keep.path().join("aside");
        let witness = Witness::of(&File::open(&path).expect("opened")).expect("seen");
        fs::write(&aside, b"other").expect("written");
        fs::rename(&aside, &path).expect("replaced");
        // On some systems, losing its last name counts as a change of the file.
        match witness.testify(|| true) {
            Ok(testimony) => assert_eq!(testimony.expect("read").content_hash, *blake3::hash(b"sound").as_bytes()),
            Err(cause) => assert!(matches!(cause, Cause::ChangedMeanwhile)),
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_changed_and_put_back_with_their_time_are_noticed() {
        let (_keep, path) = file(b"sound");
        let modified = fs::metadata(&path).expect("there").modified().expect("a time");
        let witness = Witness::of(&File::open(&path).expect("opened")).expect("seen");
        for bytes in [b"other", b"sound"] {
            fs::write(&path, bytes).expect("written");
        }
        File::options().write(true).open(&path).and_then(|file| file.set_modified(modified)).expect("set back");
        let now = fs::metadata(&path).expect("there");
        assert_eq!((now.len(), now.modified().expect("a time")), (5, modified), "nothing else tells it");
        assert!(matches!(witness.testify(|| true), Err(Cause::ChangedMeanwhile)));
    }
}

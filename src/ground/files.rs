//! Small files: written whole or not at all, and read only up to a bound.
//!
//! A [`Draft`] is a file that no other program sees until it is complete. Where the file system allows it (on Linux:
//! ext4, xfs, btrfs, tmpfs), a draft has no name at all, so a program that is killed leaves nothing behind. Elsewhere a
//! draft has a hidden name beside its destination.
//!
//! No function here writes through a symbolic link. The new file replaces a link at its path, and the link's target
//! stays unchanged.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use tempfile::NamedTempFile;

/// The beginning of all drafts' hidden names, where drafts need one.
const PREFIX: &str = ".soundalike-draft-";

/// The beginning of the hidden names of this process's drafts. It has a random number of 128 bits, so no other program
/// makes files with such a name.
pub fn draft_prefix() -> &'static str {
    static OURS: OnceLock<String> = OnceLock::new();
    OURS.get_or_init(|| format!("{PREFIX}{:032x}-", rand::random::<u128>()))
}

/// Whether a text is the [`draft_prefix`] of some process.
pub fn is_draft_prefix(text: &str) -> bool {
    let number = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix('-'));
    number.is_some_and(|number| number.len() == 32 && number.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// A file that is being written. If it is dropped before it is put in its place, it leaves no trace.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    #[cfg(target_os = "linux")]
    Nameless(File),
    Named(NamedTempFile),
}

impl Draft {
    /// Begins a file that will be placed in `folder`.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = nameless::create(folder)? {
            return Ok(Self { folder: folder.to_owned(), content: Content::Nameless(file) });
        }
        let named = tempfile::Builder::new().prefix(draft_prefix()).tempfile_in(folder)?;
        Ok(Self { folder: folder.to_owned(), content: Content::Named(named) })
    }

    pub fn file(&self) -> &File {
        match &self.content {
            #[cfg(target_os = "linux")]
            Content::Nameless(file) => file,
            Content::Named(named) => named.as_file(),
        }
    }

    /// Puts the draft at `path`, which must be in the draft's folder. A file that is already there is replaced. When
    /// this returns, the new file survives a power cut. A kill at any moment leaves either the old file or the new one,
    /// whole.
    pub fn replace(self, path: &Path) -> io::Result<()> {
        self.file().sync_all()?;
        match self.content {
            #[cfg(target_os = "linux")]
            Content::Nameless(file) => nameless::link_over(&file, &self.folder, path)?,
            Content::Named(named) => drop(named.persist(path).map_err(|refused| refused.error)?),
        }
        sync_folder(&self.folder)
    }

    /// Puts the draft at `path`, which must be in the draft's folder, where no file may exist yet.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if there is a file or a link at `path`. It stays unchanged.
    pub fn create(self, path: &Path) -> io::Result<()> {
        self.file().sync_all()?;
        match self.content {
            #[cfg(target_os = "linux")]
            Content::Nameless(file) => nameless::link(&file, path)?,
            Content::Named(named) => create_named(named, path)?,
        }
        sync_folder(&self.folder)
    }
}

/// Gives a named draft the name `path`, where no file may exist yet.
fn create_named(named: NamedTempFile, path: &Path) -> io::Result<()> {
    match named.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Err(refused.error),
        // Many file systems that are programs (FUSE) have neither links nor a rename that spares an existing file. There, an
        // empty file takes the name first, and the draft replaces it.
        Err(refused) => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            refused.file.persist(path).map(drop).map_err(|refused| {
                // It is the empty file of three lines above.
                let _ = std::fs::remove_file(path);
                refused.error
            })
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Seek for Draft {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file().seek(to)
    }
}

/// Writes `bytes` to a file at `path`, with the guarantees of [`Draft::replace`].
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = Draft::in_folder(folder_of(path))?;
    draft.write_all(bytes)?;
    draft.replace(path)
}

/// Writes `bytes` to a new file at `path`, with the guarantees of [`Draft::create`].
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = Draft::in_folder(folder_of(path))?;
    draft.write_all(bytes)?;
    draft.create(path)
}

/// Renames a folder that lies at `path`, where a file must be written, to `NAME.aside` or `NAME.aside-2` and so on. Nothing
/// in it changes. Does nothing if no folder lies there. A link to a folder stays: a new file replaces the link.
pub fn put_folder_aside(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = |number: usize| match number {
        1 => path.with_file_name(format!("{name}.aside")),
        _ => path.with_file_name(format!("{name}.aside-{number}")),
    };
    let free = (1..).map(aside).find(|aside| aside.symlink_metadata().is_err());
    // The numbers never end, and a folder has not so many entries.
    let free = free.ok_or(ErrorKind::AlreadyExists)?;
    tracing::warn!("{} is a folder where a file must be; it is now {}", path.display(), free.display());
    std::fs::rename(path, free)
}

/// The folder that `path` is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes files that were created, renamed or deleted in `folder` survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Other systems cannot open a folder as a file. They keep such changes in order themselves.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The time of a file's last change, in nanoseconds since 1970. On a file system without times it is 0 for all files.
/// Most changes then still show in the file's size.
pub fn modified_ns(facts: &Metadata) -> i64 {
    let modified = facts.modified().ok().and_then(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|ns| -ns),
    });
    modified.unwrap_or(0)
}

/// Opens `path` for reading if it is a regular file or a link to one. For a pipe or a device it fails at once, without
/// waiting.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let refused = || Error::new(ErrorKind::InvalidInput, "it is not a regular file");
    // Opening a device can have side effects, so the kind is checked first. The second check makes sure that the file
    // was not exchanged in between.
    if !std::fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // `custom_flags` takes a signed number, and rustix has the flags of `open` as unsigned numbers.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// The content of the regular file at `path`.
///
/// # Errors
/// [`ErrorKind::FileTooLarge`] if the file has more than `limit` bytes, [`ErrorKind::InvalidInput`] if it is not a
/// regular file.
pub fn read_within(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    let too_large = || Error::new(ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"));
    if file.metadata()?.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// The text of the regular file at `path`. Limits and errors are those of [`read_within`].
///
/// # Errors
/// [`ErrorKind::InvalidData`] if the file is not UTF-8.
pub fn read_text_within(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read_within(path, limit)?).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Files without a name, which Linux has.
#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
    use rustix::io::Errno;

    /// A nameless file in `folder`. `None` if the file system has no nameless files.
    pub fn create(folder: &Path) -> io::Result<Option<File>> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        match open(folder, flags, Mode::from_raw_mode(0o666)) {
            // Without /proc the file could not be given a name later.
            Ok(file) => Ok(Some(File::from(file)).filter(|file| Path::new(&proc_path(file)).exists())),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) if folder.is_dir() => Ok(None),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Gives `file` the name `path`, where no file may exist yet.
    pub fn link(file: &File, path: &Path) -> io::Result<()> {
        linkat(CWD, proc_path(file), CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
    }

    /// Gives `file` the name `path`, and replaces a file that has that name. Only a rename can replace a file, so the
    /// new file has a hidden name for a moment.
    pub fn link_over(file: &File, folder: &Path, path: &Path) -> io::Result<()> {
        let hidden =
            tempfile::Builder::new().prefix(super::draft_prefix()).make_in(folder, |hidden| link(file, hidden))?;
        hidden.persist(path).map(drop).map_err(|refused| refused.error)
    }

    fn proc_path(file: &File) -> String {
        format!("/proc/self/fd/{}", file.as_raw_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("settings");
        replace(&path, b"first").expect("written");
        replace(&path, b"second").expect("written");
        assert_eq!(read_within(&path, 100).expect("read"), b"second");
        assert_eq!(names(folder.path()), ["settings"]);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_renamed_and_keeps_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("codes");
        for round in ["1", "2"] {
            std::fs::create_dir(&path).expect("made");
            std::fs::write(path.join("inside"), round).expect("written");
            put_folder_aside(&path).expect("put aside");
            replace(&path, b"whole").expect("written");
            std::fs::remove_file(&path).expect("removed");
        }
        assert_eq!(names(folder.path()), ["codes.aside", "codes.aside-2"]);
        assert_eq!(std::fs::read(folder.path().join("codes.aside/inside")).expect("read"), b"1");
        assert_eq!(std::fs::read(folder.path().join("codes.aside-2/inside")).expect("read"), b"2");
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_no_trace() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut draft = Draft::in_folder(folder.path()).expect("begun");
        draft.write_all(b"half").expect("written");
        drop(draft);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn creating_never_overwrites() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        create(&path, b"mine").expect("created");
        let refused = create(&path, b"other").expect_err("something is there");
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(read_within(&path, 100).expect("read"), b"mine");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("yours"), folder.path().join("link"));
        std::fs::write(&target, "yours").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        assert_eq!(create(&link, b"ours").expect_err("a link is there").kind(), ErrorKind::AlreadyExists);
        replace(&link, b"ours").expect("replaced");
        assert_eq!(read_within(&target, 100).expect("read"), b"yours");
        assert_eq!(read_within(&link, 100).expect("read"), b"ours");
    }

    #[test]
    fn reading_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("small");
        std::fs::write(&path, "12345").expect("written");
        assert_eq!(read_text_within(&path, 5).expect("read"), "12345");
        assert_eq!(read_within(&path, 4).expect_err("too large").kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_within(folder.path(), 5).expect_err("a folder").kind(), ErrorKind::InvalidInput);
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(read_text_within(&path, 5).expect_err("no text").kind(), ErrorKind::InvalidData);
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (device, pipe) = (folder.path().join("device"), folder.path().join("pipe"));
        std::os::unix::fs::symlink("/dev/zero", &device).expect("linked");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        for path in [device, pipe] {
            assert_eq!(read_within(&path, 10).expect_err("no file").kind(), ErrorKind::InvalidInput);
        }
    }
}

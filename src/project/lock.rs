//! The lock of the one process that may write to a project, and the text that says who holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::time::{Duration, Instant};

use camino::Utf8Path;

/// The file that is locked. It says who holds the lock.
pub(super) const NAME: &str = "project.lock";

/// The most bytes that are read from a lock file.
const WORDS_AT_MOST: u64 = 1000;

/// How often a waiting process asks for the lock.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// The result of asking for the lock.
#[derive(Debug)]
pub(super) enum Asked {
    /// The lock is held until the file is dropped.
    Ours(File),
    /// Another process holds the lock. The text says which.
    Theirs(String),
}

/// Asks for the lock of the project in `folder`, and waits at most `wait`.
///
/// # Errors
/// If the folder cannot be written.
pub(super) fn ask(folder: &Utf8Path, wait: Duration) -> io::Result<Asked> {
    let mut file = open(folder)?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            // Some network file systems have no locks. SQLite still keeps two writers apart there.
            Err(TryLockError::Error(cause)) if cause.kind() == ErrorKind::Unsupported => break,
            Err(TryLockError::Error(cause)) => return Err(cause),
            Err(TryLockError::WouldBlock) if began.elapsed() >= wait => return Ok(Asked::Theirs(holder(&mut file))),
            // The system offers no lock that waits for a limited time.
            Err(TryLockError::WouldBlock) => std::thread::sleep(ASK_EVERY),
        }
    }
    // The text is only for people, so the lock is taken even if a full disk prevents writing it.
    if let Err(cause) = sign(&mut file) {
        tracing::debug!("{folder}/{NAME} does not say who holds it: {cause}");
    }
    Ok(Asked::Ours(file))
}

fn open(folder: &Utf8Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // If there is a link in place of the lock, its target is not our file.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(folder.join(NAME))
}

fn sign(file: &mut File) -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).take(2).collect();
    let what = arguments.into_iter().find(|argument| !argument.starts_with('-')).unwrap_or_else(|| "the window".into());
    let since = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "process {}, {what}, since {since}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut words = String::new();
    let read = file.rewind().and_then(|()| file.take(WORDS_AT_MOST).read_to_string(&mut words));
    match read {
        Ok(_) if !words.trim().is_empty() => words.trim().replace(char::is_control, " "),
        // On systems where a lock also prevents reading, nobody can say who holds it.
        _ => "another process".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_asker_hears_who_holds_the_lock_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let Asked::Ours(held) = ask(folder, Duration::ZERO).expect("asked") else { panic!("nobody else is here") };
        let Asked::Theirs(who) = ask(folder, Duration::from_millis(50)).expect("asked") else { panic!("it is held") };
        assert!(who.contains(&format!("process {}", std::process::id())), "{who}");

        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| ask(folder, Duration::from_secs(60)).expect("asked"));
            drop(held);
            waiting.join().expect("no panic")
        });
        assert!(matches!(waiting, Asked::Ours(_)));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let yours = folder.path().join("yours");
        std::fs::write(&yours, "yours").expect("written");
        std::os::unix::fs::symlink(&yours, folder.path().join(NAME)).expect("linked");
        assert!(ask(Utf8Path::from_path(folder.path()).expect("UTF-8"), Duration::ZERO).is_err());
        assert_eq!(std::fs::read_to_string(&yours).expect("read"), "yours");
    }
}

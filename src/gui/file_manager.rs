//! Shows files in the desktop's file manager. A thread of its own asks the file manager, because the answer can take long.

use std::io;
use std::path::PathBuf;
use std::process::Command;

/// Asks the file manager to show `paths`, each selected in its folder if the file manager can do that. `failed` is
/// called with the reason if nothing could be shown.
///
/// # Errors
/// If no thread can be started.
pub fn reveal(paths: Vec<PathBuf>, failed: impl FnOnce(String) + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("file manager".into()).spawn(move || {
        if let Err(why) = show(&paths) {
            failed(why);
        }
    })?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn show(paths: &[PathBuf]) -> Result<(), String> {
    show_items(paths).or_else(|why| {
        tracing::debug!("no file manager answers on the session bus: {why}");
        open("xdg-open", &[folder_of(paths)])
    })
}

#[cfg(target_os = "macos")]
fn show(paths: &[PathBuf]) -> Result<(), String> {
    let mut arguments = vec![PathBuf::from("-R")];
    arguments.extend(paths.iter().cloned());
    open("open", &arguments)
}

/// Selects the first path in its folder: Explorer takes one path only.
#[cfg(windows)]
fn show(paths: &[PathBuf]) -> Result<(), String> {
    use std::os::windows::process::CommandExt as _;
    let mut command = Command::new("explorer");
    match paths.first().filter(|first| first.exists()) {
        // Explorer parses its command line in its own way: there must be no quote before the comma. A file name cannot
        // contain a quote.
        Some(first) => command.raw_arg(format!("/select,\"{}\"", first.display())),
        None => command.arg(folder_of(paths)),
    };
    // The exit code is useless: it is 1 after success, too.
    let ran = command.status();
    ran.map(|_| ()).map_err(|why| format!("Explorer cannot be run: {why}."))
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn show(paths: &[PathBuf]) -> Result<(), String> {
    open("xdg-open", &[folder_of(paths)])
}

/// The interface that file managers offer for this: they open the folders and select the files.
#[cfg(target_os = "linux")]
fn show_items(paths: &[PathBuf]) -> zbus::Result<()> {
    let uris: Vec<String> = paths.iter().map(|path| uri(path)).collect();
    let name = "org.freedesktop.FileManager1";
    pollster::block_on(async {
        let bus = zbus::Connection::session().await?;
        bus.call_method(Some(name), "/org/freedesktop/FileManager1", Some(name), "ShowItems", &(uris, "")).await?;
        Ok(())
    })
}

/// The folder of the first path, or the path itself if it is a folder.
#[cfg(any(test, not(target_os = "macos")))]
fn folder_of(paths: &[PathBuf]) -> PathBuf {
    let Some(first) = paths.first() else { return PathBuf::from(".") };
    let folder = if first.is_dir() { Some(first.as_path()) } else { first.parent() };
    // If the folder is gone, too, the nearest existing folder above it is shown.
    let there = folder.and_then(|folder| folder.ancestors().find(|above| above.is_dir()));
    there.unwrap_or(std::path::Path::new(".")).to_path_buf()
}

/// Runs a program that ends soon, and whose exit status says whether it succeeded.
#[cfg(any(test, not(windows)))]
fn open(program: &str, arguments: &[PathBuf]) -> Result<(), String> {
    use std::process::Stdio;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let place = arguments.last().map(|path| path.display().to_string()).unwrap_or_default();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("The file manager cannot be opened at {place}: {program} ended with {status}.")),
        Err(why) => Err(format!("The file manager cannot be opened at {place}: {program} cannot be run ({why}).")),
    }
}

/// The `file:` address of a path, as RFC 8089 defines it.
#[cfg(target_os = "linux")]
pub(super) fn uri(path: &std::path::Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    crate::ground::uri::of_path(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_becomes_a_uri_whatever_is_in_it() {
        assert_eq!(uri(std::path::Path::new("/a b/ü%#?.wav")), "file:///a%20b/%C3%BC%25%23%3F.wav");
    }

    #[test]
    fn the_folder_that_the_file_manager_opens_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.wav");
        assert_eq!(folder_of(std::slice::from_ref(&file)), folder.path());
        assert_eq!(folder_of(&[folder.path().to_owned()]), folder.path());
        assert_eq!(folder_of(&[folder.path().join("gone/too/b.wav")]), folder.path());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let why = open("no-such-file-manager", &[PathBuf::from("/sounds")]).expect_err("it is not there");
        assert!(why.contains("no-such-file-manager") && why.contains("/sounds"), "{why}");
    }
}

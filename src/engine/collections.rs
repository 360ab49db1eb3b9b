//! Changes collections, and exports a collection as a playlist, a table, or a folder of copies.

use std::io::{self, Write};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};

use super::cut::refuse_sounds;
use super::edit::{checked_name, files_in_words};
use super::error::EngineError;
use super::event::Outcome;
use super::formats::{address, file_stem};
use super::job::JobKind;
use super::latest::DatasetView;
use super::library::{CollectionChange, CollectionFormat};
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::Cause;
use crate::audio::clip::save_clip;
use crate::audio::wav::write_whole;
use crate::dataset::{Collection, CollectionId, Item, SoundFile};
use crate::ground::files::{self, Draft};
use crate::ground::names;

pub(super) fn change(job: &Job, change: CollectionChange) -> Result<Outcome, EngineError> {
    let edit = job.shared.project.edit("Changed a collection")?;
    let collections = job.shared.latest().collections;
    let name_of = |id: CollectionId| {
        let found = collections.iter().find(|collection| collection.id == id);
        found.map(|collection| collection.name.clone()).ok_or(EngineError::NoSuchCollection)
    };
    let words = match change {
        CollectionChange::Put { name, items, before } => {
            let name = checked_name(&name)?;
            let collection = edit.collection(name)?;
            edit.put_into_collection(collection, &items, before)?;
            match items.len() {
                0 => format!("Made the collection “{name}”"),
                n => format!("Put {} into “{name}”", items_in_words(n)),
            }
        }
        CollectionChange::Take { collection, items } => {
            edit.take_from_collection(collection, &items)?;
            format!("Removed {} from “{}”", items_in_words(items.len()), name_of(collection)?)
        }
        CollectionChange::Move { collection, item, to } => {
            edit.move_in_collection(collection, item, to)?;
            format!("Moved an item of “{}”", name_of(collection)?)
        }
        CollectionChange::Rename { collection, name } => {
            let name = checked_name(&name)?;
            edit.rename_collection(collection, name)?;
            format!("Renamed the collection “{}” to “{name}”", name_of(collection)?)
        }
        CollectionChange::Remove { collection } => {
            edit.remove_collection(collection)?;
            format!("Deleted the collection “{}”", name_of(collection)?)
        }
    };
    edit.name(words.as_str());
    edit.commit()?;
    job.shared.refresh_collections()?;
    Ok(Outcome::Changed { words })
}

fn items_in_words(n: usize) -> String {
    format!("{n} {}", if n == 1 { "item" } else { "items" })
}

/// Writes a collection to the file `out`, or into the folder `out`.
pub(super) fn export(
    job: &Job,
    collection: CollectionId,
    format: CollectionFormat,
    out: &Utf8Path,
) -> Result<Outcome, EngineError> {
    let latest = job.shared.latest();
    let collection = latest.collections.iter().find(|known| known.id == collection);
    let collection = collection.ok_or(EngineError::NoSuchCollection)?;
    let sounds = &latest.dataset;
    if format == CollectionFormat::Folder {
        copy_into(job, collection, sounds, out)?;
        return Ok(Outcome::Saved { out: out.to_owned() });
    }
    refuse_sounds(sounds, None, out)?;
    write_whole(out.as_std_path(), |mut file| {
        let written = write_collection(collection, sounds, format == CollectionFormat::Csv, &mut file);
        written.and_then(|()| file.flush()).map_err(Cause::Unwritable)
    })
    .map_err(|cause| cause.at(out.as_std_path()))?;
    Ok(Outcome::Saved { out: out.to_owned() })
}

/// Writes a collection as a table (CSV) or as a playlist (M3U).
pub fn write_collection(
    collection: &Collection,
    sounds: &DatasetView,
    as_table: bool,
    to: &mut dyn Write,
) -> io::Result<()> {
    match as_table {
        true => write_csv(collection, sounds, to),
        false => write_m3u(collection, sounds, to),
    }
}

/// The items with their files.
fn items<'a>(collection: &'a Collection, sounds: &'a DatasetView) -> impl Iterator<Item = (&'a Item, &'a SoundFile)> {
    collection.items.iter().filter_map(|item| Some((item, &**sounds.file(item.file)?)))
}

fn write_m3u(collection: &Collection, sounds: &DatasetView, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "#EXTM3U")?;
    writeln!(to, "#EXTENC:UTF-8")?;
    writeln!(to, "#PLAYLIST:{}", collection.name)?;
    for (item, file) in items(collection, sounds) {
        let title = file.path.file_name().unwrap_or_default().replace(char::is_control, " ");
        let secs = item.stretch_secs.map_or(file.duration_secs(), |(start, end)| end - start);
        writeln!(to, "#EXTINF:{},{title}", secs.ceil())?;
        if let Some((start, end)) = item.stretch_secs {
            writeln!(to, "#EXTVLCOPT:start-time={start:.3}")?;
            writeln!(to, "#EXTVLCOPT:stop-time={end:.3}")?;
        }
        writeln!(to, "{}", address(file.path.as_str()))?;
    }
    Ok(())
}

fn write_csv(collection: &Collection, sounds: &DatasetView, to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(["collection", "number", "path", "start_seconds", "end_seconds", "seconds"])?;
    for (number, (item, file)) in items(collection, sounds).enumerate() {
        let (start, end) = item.stretch_secs.unwrap_or((0.0, file.duration_secs()));
        table.write_record([
            &collection.name,
            &(number + 1).to_string(),
            file.path.as_str(),
            &start.to_string(),
            &end.to_string(),
            &(end - start).to_string(),
        ])?;
    }
    table.flush()
}

/// Copies everything that can be copied, then reports what could not. Existing files are never replaced.
fn copy_into(job: &Job, collection: &Collection, sounds: &DatasetView, folder: &Utf8Path) -> Result<(), EngineError> {
    std::fs::create_dir_all(folder).map_err(|cause| EngineError::Write { path: folder.as_std_path().into(), cause })?;
    let (mut failed, mut first, mut of) = (0, None, 0);
    let (began, total) = (Instant::now(), items(collection, sounds).count() as u64);
    for (number, (item, file)) in items(collection, sounds).enumerate() {
        job.check()?;
        job.progress(JobKind::Import, JobStage::Writing, began, number as u64, total);
        of += 1;
        if let Err(cause) = copy_item(item, file, number + 1, folder) {
            failed += 1;
            first.get_or_insert(cause);
        }
    }
    match first {
        None => Ok(()),
        Some(first) => Err(EngineError::Copies { failed: files_in_words(failed), of, first: Box::new(first) }),
    }
}

fn copy_item(item: &Item, file: &SoundFile, number: usize, folder: &Utf8Path) -> Result<(), EngineError> {
    let stem = file_stem(&file.path);
    let name = match item.stretch_secs {
        Some((start, _)) => format!("{number:03} {stem} {start:.3} s.wav"),
        None => match file.path.extension() {
            Some(ending) => format!("{number:03} {stem}.{ending}"),
            None => format!("{number:03} {stem}"),
        },
    };
    let out: Utf8PathBuf = folder.join(name);
    let out = Utf8PathBuf::from(names::shown(out.as_str()).into_owned());
    if out.symlink_metadata().is_ok() {
        let cause = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(EngineError::Write { path: out.into_std_path_buf(), cause });
    }
    match item.stretch_secs {
        Some((start, end)) => Ok(save_clip(file.path.as_std_path(), start, Some(end), out.as_std_path())?),
        None => copy_file(&file.path, &out),
    }
}

/// Copies a file to a path where no file exists yet.
fn copy_file(from: &Utf8Path, out: &Utf8Path) -> Result<(), EngineError> {
    let mut original = files::open_regular(&names::path_of(from))
        .map_err(|cause| EngineError::Read { path: names::path_of(from), cause })?;
    let mut copy = || {
        let mut draft = Draft::in_folder(files::folder_of(out.as_std_path()))?;
        io::copy(&mut original, &mut draft)?;
        draft.create(out.as_std_path())
    };
    copy().map_err(|cause| EngineError::Write { path: out.as_std_path().to_owned(), cause })
}

//! `soundalike collection`: lists, changes and exports collections.

use std::path::PathBuf;

use anyhow::bail;
use serde_json::json;

use super::{change, save};
use crate::cli::common::Common;
use crate::cli::session::Session;
use crate::cli::terminal::say;
use crate::dataset::{Collection, CollectionId, Item, letters};
use crate::engine::{Choice, CollectionChange, CollectionFormat, Command, Latest};
use crate::ground::names;

/// What to do with a collection. Without any change, its items are listed.
pub(super) struct Change {
    pub put: Vec<PathBuf>,
    pub take: Vec<PathBuf>,
    /// The moment of the files in `put` and `take`, in seconds. `None` for whole files.
    pub stretch_secs: Option<(f64, f64)>,
    pub rename: Option<String>,
    pub remove: bool,
    /// The file or folder to export to.
    pub out: Option<PathBuf>,
}

/// Changes or exports the collection of this name, or lists its items.
pub(super) fn run(session: &Session, name: String, wanted: Change, common: &Common) -> anyhow::Result<()> {
    let Change { put, take, stretch_secs, rename, remove, out } = wanted;
    let changed = |to| change(session, Command::ChangeCollection(to), common);
    if !put.is_empty() {
        return changed(CollectionChange::Put { name, items: items(session, put, stretch_secs)?, before: None });
    }
    let known = session.latest().collections.iter().find(|known| letters::are_alike(&known.name, &name)).cloned();
    let Some(Collection { id: collection, .. }) = known else {
        bail!("there is no collection “{name}”; `soundalike collection` lists them")
    };
    if !take.is_empty() {
        return changed(CollectionChange::Take { collection, items: items(session, take, stretch_secs)? });
    }
    if let Some(name) = rename {
        return changed(CollectionChange::Rename { collection, name });
    }
    if remove {
        return changed(CollectionChange::Remove { collection });
    }
    let Some(out) = out else {
        list(&session.latest(), Some(collection), common);
        return Ok(());
    };
    let ending = out.extension().map(|ending| ending.to_ascii_lowercase());
    let format = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("m3u" | "m3u8") => CollectionFormat::M3u,
        Some("csv") => CollectionFormat::Csv,
        _ => CollectionFormat::Folder,
    };
    save(session, Command::ExportCollection { collection, format, out: names::text_of(&out) }, common)
}

/// The files at `paths`, or a moment of each. One path after another, because a collection has an order.
fn items(session: &Session, paths: Vec<PathBuf>, stretch_secs: Option<(f64, f64)>) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    for path in paths {
        let files = Choice { paths: vec![path], filter: String::new() }.files(&session.latest())?;
        items.extend(files.iter().map(|file| Item { file: file.id, stretch_secs }));
    }
    Ok(items)
}

/// Lists the collections, or the items of one.
pub(super) fn list(latest: &Latest, only: Option<CollectionId>, common: &Common) {
    let shown = latest.collections.iter().filter(|collection| only.is_none_or(|only| only == collection.id));
    let path = |item: &Item| latest.dataset.file(item.file).map(|file| file.path.clone()).unwrap_or_default();
    if common.json {
        let object = |collection: &Collection| {
            let items = collection.items.iter().map(|item| {
                let (start, end) = item.stretch_secs.unzip();
                json!({"path": path(item), "start_seconds": start, "end_seconds": end})
            });
            json!({"name": collection.name, "items": items.collect::<Vec<_>>()})
        };
        crate::cli::report::print_json(&json!({"collections": shown.map(object).collect::<Vec<_>>()}));
        return;
    }
    for collection in shown {
        if only.is_none() {
            say!("{:>7}  {}", collection.items.len(), collection.name);
            continue;
        }
        for item in &collection.items {
            let path = path(item);
            match item.stretch_secs {
                Some((start, end)) => say!("{start:>8.3} to {end:>8.3} s  {}", names::shown(path.as_str())),
                None => say!("{}", names::shown(path.as_str())),
            }
        }
    }
}

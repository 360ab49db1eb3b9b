//! Keeps the project's files in order. The operations have the names of the commands.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::operations::{finish, take};
use super::{Server, upload};
use crate::dataset::{FileId, Filter, Item, letters};
use crate::engine::{Choice, CollectionChange, Command, CopiesDeed, FileList, Keep, Outcome, write_collection};
use crate::ground::paths::WithoutLinks as _;

type Answer = Result<Response, Refusal>;
type Body = Map<String, Value>;

/// `{"filter": "note:C3 bpm:118..122"}` lists the files that it admits. Without a filter, lists all. `{"sort": "brightness",
/// "reverse": true}` lists the brightest first.
pub(super) async fn list(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let choice = choice(&mut body)?;
    let (sort, reverse) = (take(&mut body, "sort")?.unwrap_or_default(), take(&mut body, "reverse")?.unwrap_or(false));
    let latest = server.desk.latest();
    // Finding problems of files reads the disk.
    let listed = tokio::task::spawn_blocking(move || FileList::new(&choice, sort, reverse, &latest)).await;
    let listed = listed.map_err(Refusal::fault)?.map_err(|cause| Refusal::bad(cause.to_string()))?;
    Ok(Json(listed).into_response())
}

/// Removes files: `{"filepaths": [...]}`, `{"filter": ...}`, or `{"missing": true}`.
pub(super) async fn remove(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    if take(&mut body, "missing")?.unwrap_or(false) {
        return change(&server, "remove", Command::ForgetMissing, body).await;
    }
    let files = chosen(&server, &mut body)?;
    change(&server, "remove", Command::RemoveFiles { files }, body).await
}

/// Tags files: `{"tag": "loop"}`, and files as for [`remove`].
pub(super) async fn tag(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let (tag, files) = (needed(&mut body, "tag")?, chosen(&server, &mut body)?);
    change(&server, "tag", Command::TagFiles { files, tag }, body).await
}

/// Removes a tag from files. The body is that of [`tag`].
pub(super) async fn untag(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let (tag, files) = (needed(&mut body, "tag")?, chosen(&server, &mut body)?);
    change(&server, "untag", Command::UntagFiles { files, tag }, body).await
}

/// Without fields, lists all tags with the number of their files. `{"rename": "lop", "to": "loop"}` renames a tag.
pub(super) async fn tags(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    if let Some(tag) = take(&mut body, "rename")? {
        let to = needed(&mut body, "to")?;
        return change(&server, "tags", Command::RenameTag { tag, to }, body).await;
    }
    let latest = server.desk.latest();
    let count = |tag: &String| latest.dataset.tags.values().filter(|tags| tags.contains(tag)).count();
    let tags = latest.dataset.known_tags.iter().map(|tag| json!({"tag": tag, "files": count(tag)}));
    Ok(Json(json!({"tags": tags.collect::<Vec<_>>()})).into_response())
}

/// Reports the state of the sounds on the disk, and the added folders.
pub(super) async fn check(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let body = upload::json_body(request).await?;
    change(&server, "check", Command::CheckFiles, body).await
}

/// `{"folders": [...], "dry_run": true}` finds files again that were moved or renamed.
pub(super) async fn relink(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let folders: Vec<PathBuf> =
        take(&mut body, "folders")?.ok_or_else(|| Refusal::bad("`folders` is missing: a list of paths"))?;
    let is_allowed = |folder: &PathBuf| match (&server.allow, folder.without_links()) {
        (None, _) => true,
        (Some(allowed), Ok(real)) => allowed.iter().any(|above| real.starts_with(above)),
        (Some(_), Err(_)) => false,
    };
    if !folders.iter().all(is_allowed) {
        return Err(Refusal::bad("a folder is not one that may be read"));
    }
    let dry_run = take(&mut body, "dry_run")?.unwrap_or(false);
    let found = server.desk.start("relink", Command::FindMissing { folders })?.end().await?;
    let Outcome::MissingFound(plan) = found else { return Err(Refusal::fault("looking ended in something else")) };
    let is_done = !dry_run && !plan.found.is_empty();
    if is_done {
        server.desk.start("relink", Command::Relink(plan.clone()))?.end().await?;
    }
    Ok(Json(json!({"missing": plan.missing, "found": plan.found, "relinked": is_done})).into_response())
}

/// Without fields, lists the patterns of files to leave out. `{"patterns": [...]}` replaces them. `{"left_out": true}`
/// lists what all patterns leave out.
pub(super) async fn ignore(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    if take(&mut body, "left_out")?.unwrap_or(false) {
        return change(&server, "ignore", Command::ListLeftOut, body).await;
    }
    if let Some(patterns) = take(&mut body, "patterns")? {
        server.desk.start("ignore", Command::SetIgnored { patterns })?.end().await?;
    }
    Ok(Json(json!({"patterns": server.desk.latest().ignored.to_vec()})).into_response())
}

/// Lists exact copies, and which of each the rule keeps: `{"keep": "highest_resolution"}`, `{"keep": "longest_path"}` or
/// `{"in": folder}`. With `"forget": true`, the others leave the project; no file is touched.
pub(super) async fn copies(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let keep = match (take::<String>(&mut body, "in")?, take::<String>(&mut body, "keep")?.as_deref()) {
        (Some(folder), None) => Keep::In(folder.into()),
        (None, None | Some("highest_resolution")) => Keep::HighestResolution,
        (None, Some("longest_path")) => Keep::LongestPath,
        (Some(_), Some(_)) => return Err(Refusal::bad("give `keep` or `in`, not both")),
        (None, Some(_)) => return Err(Refusal::bad("`keep` is highest_resolution or longest_path")),
    };
    let forget = take(&mut body, "forget")?.unwrap_or(false);
    let found = match server.desk.start("copies", Command::FindCopies(keep))?.end().await? {
        Outcome::CopiesFound(found) => found,
        other => return Err(Refusal::fault(format!("looking for copies ended in {other:?}"))),
    };
    if forget {
        let thin_out = Command::ThinOutCopies { copies: found, deed: CopiesDeed::Forget };
        return change(&server, "copies", thin_out, body).await;
    }
    Ok(Json(json!(*found)).into_response())
}

/// Without fields, lists all collections. With a `name`, one of these: `put` or `take` (files as for [`remove`], and
/// `start_seconds` and `end_seconds` for a moment), `rename` (the new name), `"remove": true`, or `"export": "csv"`
/// or `"m3u"`, which answers with the table or the playlist.
pub(super) async fn collection(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let latest = server.desk.latest();
    let Some(name) = take::<String>(&mut body, "name")? else {
        let path = |item: &Item| latest.dataset.file(item.file).map(|file| file.path.clone());
        let collections = latest.collections.iter().map(|collection| {
            let items = collection.items.iter().map(|item| {
                let (start, end) = item.stretch_secs.unzip();
                json!({"path": path(item), "start_seconds": start, "end_seconds": end})
            });
            json!({"name": collection.name, "items": items.collect::<Vec<_>>()})
        });
        return Ok(Json(json!({"collections": collections.collect::<Vec<_>>()})).into_response());
    };
    if let Some(format) = take::<String>(&mut body, "export")? {
        let collection = latest.collections.iter().find(|known| letters::are_alike(&known.name, &name));
        let collection = collection.ok_or_else(|| Refusal::bad(format!("there is no collection “{name}”")))?;
        let (as_table, kind) = match format.as_str() {
            "csv" => (true, "text/csv; charset=utf-8"),
            "m3u" => (false, "audio/x-mpegurl"),
            _ => return Err(Refusal::bad("`export` is csv or m3u")),
        };
        let mut text = Vec::new();
        write_collection(collection, &latest.dataset, as_table, &mut text).map_err(Refusal::fault)?;
        return Ok(([(header::CONTENT_TYPE, kind)], text).into_response());
    }
    let (start, end) = (take(&mut body, "start_seconds")?, take(&mut body, "end_seconds")?);
    let stretch_secs: Option<(f64, f64)> = start.zip(end);
    let known = latest.collections.iter().find(|known| letters::are_alike(&known.name, &name)).map(|known| known.id);
    let known = || known.ok_or_else(|| Refusal::bad(format!("there is no collection “{name}”")));
    let items = |body: &mut Body, paths| -> Result<Vec<Item>, Refusal> {
        body.insert("filepaths".into(), paths);
        Ok(chosen(&server, body)?.into_iter().map(|file| Item { file, stretch_secs }).collect())
    };
    let wanted = if let Some(paths) = body.remove("put") {
        CollectionChange::Put { items: items(&mut body, paths)?, name, before: None }
    } else if let Some(paths) = body.remove("take") {
        CollectionChange::Take { collection: known()?, items: items(&mut body, paths)? }
    } else if let Some(to) = take(&mut body, "rename")? {
        CollectionChange::Rename { collection: known()?, name: to }
    } else if take(&mut body, "remove")?.unwrap_or(false) {
        CollectionChange::Remove { collection: known()? }
    } else {
        return Err(Refusal::bad("say what to do: `put`, `take`, `rename`, `remove` or `export`"));
    };
    change(&server, "collection", Command::ChangeCollection(wanted), body).await
}

/// Undoes the last change of the project.
pub(super) async fn undo(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let body = upload::json_body(request).await?;
    change(&server, "undo", Command::Undo, body).await
}

/// Redoes the change that was undone last.
pub(super) async fn redo(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let body = upload::json_body(request).await?;
    change(&server, "redo", Command::Redo, body).await
}

async fn change(server: &Server, name: &'static str, command: Command, body: Body) -> Answer {
    finish(server.desk.start(name, command)?, true, &body, |_, _| ()).await
}

/// The files that a body gives by `filepaths` and `filter`. It must have one of them.
fn chosen(server: &Server, body: &mut Body) -> Result<Vec<FileId>, Refusal> {
    if !body.contains_key("filepaths") && !body.contains_key("filter") {
        return Err(Refusal::bad("`filepaths` or `filter` is missing: which files are meant"));
    }
    let files = choice(body)?.files(&server.desk.latest()).map_err(|cause| Refusal::bad(cause.to_string()))?;
    Ok(files.iter().map(|file| file.id).collect())
}

fn choice(body: &mut Body) -> Result<Choice, Refusal> {
    let filter: String = take(body, "filter")?.unwrap_or_default();
    if let Some(why) = Filter::read(&filter).not_understood().first() {
        return Err(Refusal::bad(why.clone()));
    }
    Ok(Choice { paths: take(body, "filepaths")?.unwrap_or_default(), filter })
}

fn needed(body: &mut Body, name: &str) -> Result<String, Refusal> {
    take(body, name)?.ok_or_else(|| Refusal::bad(format!("`{name}` is missing")))
}

//! Information, adding, training, indexing, and jobs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Server;
use super::answer::Refusal;
use super::desk::{Ended, Submitted, is_cancelled, report_of};
use super::{limits, upload};
use crate::dataset::SkipReason;
use crate::engine::{AddReport, Command, JobId, Outcome, Sources};
use crate::model::{SETTINGS, TrainingSettings};

type Answer = Result<Response, Refusal>;
type Body = Map<String, Value>;

pub(super) async fn dataset_info(State(server): State<Arc<Server>>) -> Json<Value> {
    let latest = server.desk.latest();
    let dataset = &latest.dataset;
    let model = latest.model.as_deref();
    Json(json!({
        "num_wavs": dataset.files.len(),
        "num_chunks": dataset.chunks,
        "seconds": dataset.seconds,
        "rates": dataset.rates,
        "problems": dataset.problems.len(),
        "model": model.map(|model| json!({
            "kind": model.kind,
            "preset": model.config.preset,
            "bits": model.config.bits,
            "steps": model.steps,
            "saturation": model.saturation,
            "collapsed": model.collapsed,
        })),
        "index": latest.index.as_deref().map(|index| json!({
            "codes": index.codes,
            "unique_codes": index.unique_codes,
            "current": index.of_current_model && index.missing_files == 0,
        })),
        "read_only": latest.project.read_only,
    }))
}

/// `{"filepaths": [...]}`: files and folders of this machine, and also addresses if downloads are allowed.
pub(super) async fn add(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let waits = take(&mut body, "wait")?.unwrap_or(true);
    let given: Vec<String> =
        take(&mut body, "filepaths")?.ok_or_else(|| Refusal::bad("`filepaths` is missing: a list of paths"))?;
    let (addresses, paths): (Vec<String>, Vec<String>) = given.into_iter().partition(|path| is_address(path));
    if !addresses.is_empty() && !server.allow_downloads {
        let error = format!("{} is an address; this server downloads nothing (see --allow-downloads)", addresses[0]);
        return Err(Refusal::new(StatusCode::FORBIDDEN, error));
    }
    let paths = paths.into_iter().map(std::path::PathBuf::from).collect();
    let only_below = server.allow.clone();
    let sources = Sources { paths, addresses, only_below, bytes_at_most: limits::DOWNLOAD_BYTES };
    let job = server.desk.start("add", Command::AddFrom(sources))?;
    finish(job, waits, &body, |outcome, answer| {
        if let Outcome::Added(report) = outcome {
            answer.insert("local_filepaths".into(), json!(known_now(report)));
            if is_cancelled(outcome) {
                answer.insert("status".into(), "cancelled".into());
            } else if report.added.is_empty() && report.skipped.is_empty() && !report.failed.is_empty() {
                answer.insert("status".into(), "nothing could be added".into());
            }
        }
    })
    .await
}

/// `{"n_epochs": n}`, and any setting of a training by its name.
pub(super) async fn train(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let waits = take(&mut body, "wait")?.unwrap_or(true);
    let resume = take(&mut body, "resume")?.unwrap_or(false);
    let then_index = take(&mut body, "then_index")?.unwrap_or(false);
    let epochs = take(&mut body, "n_epochs")?;
    let mut settings = settings_of(&mut body)?;
    settings.epochs = epochs.or(settings.epochs);
    let command = Command::TrainModel { settings: Box::new(settings), resume, then_index };
    finish(server.desk.start("train", command)?, waits, &body, |_, _| ()).await
}

pub(super) async fn index(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let mut body = upload::json_body(request).await?;
    let waits = take(&mut body, "wait")?.unwrap_or(true);
    if server.desk.latest().model.is_none() {
        return Ok(Json(json!({"status": "model not found"})).into_response());
    }
    finish(server.desk.start("index", Command::BuildIndex)?, waits, &body, |_, _| ()).await
}

pub(super) async fn jobs(State(server): State<Arc<Server>>) -> Json<Value> {
    Json(json!({"jobs": server.desk.jobs()}))
}

pub(super) async fn job(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Answer {
    let job = id.parse().ok().and_then(|id| server.desk.job(JobId(id)));
    job.map(|job| Json(job).into_response()).ok_or_else(|| no_job(&id))
}

pub(super) async fn cancel(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Answer {
    let job = id.parse().map(JobId).map_err(|_| no_job(&id))?;
    if server.desk.is_running(job) {
        server.desk.cancel(job);
        return Ok(Json(json!({"status": "success"})).into_response());
    }
    match server.desk.job(job) {
        Some(_) => Err(Refusal::new(StatusCode::CONFLICT, format!("job {id} has ended already"))),
        None => Err(no_job(&id)),
    }
}

fn no_job(id: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("there is no job {id}, or it ended long ago"))
}

/// Answers with the end of a job, or with its number at once if the client does not wait. Unknown fields of the request
/// are reported.
pub(super) async fn finish(
    job: Submitted,
    waits: bool,
    unknown: &Body,
    complete: impl FnOnce(&Outcome, &mut Body),
) -> Answer {
    let mut answer = Body::from_iter([("status".into(), "success".into()), ("job".into(), job.id.0.into())]);
    if !unknown.is_empty() {
        answer.insert("ignored".into(), json!(unknown.keys().collect::<Vec<_>>()));
    }
    if !waits {
        answer.insert("status".into(), "started".into());
        return Ok((StatusCode::ACCEPTED, Json(answer)).into_response());
    }
    let ended: Ended = job.end().await;
    let outcome = ended?;
    if let Value::Object(report) = report_of(&outcome) {
        answer.extend(report);
    }
    complete(&outcome, &mut answer);
    Ok(Json(answer).into_response())
}

/// Takes a field out of a body.
pub(super) fn take<T: serde::de::DeserializeOwned>(body: &mut Body, name: &str) -> Result<Option<T>, Refusal> {
    match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            serde_json::from_value(value).map(Some).map_err(|cause| Refusal::bad(format!("`{name}`: {cause}")))
        }
    }
}

/// Takes the settings of a training out of a body.
fn settings_of(body: &mut Body) -> Result<TrainingSettings, Refusal> {
    let names = SETTINGS.iter().map(|setting| setting.field).chain(["preset"]);
    let given: Body = names.filter_map(|name| Some((name.to_owned(), body.remove(name)?))).collect();
    serde_json::from_value(Value::Object(given)).map_err(|cause| Refusal::bad(cause.to_string()))
}

fn is_address(path: &str) -> bool {
    let begins = |scheme: &str| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// The files of a request that the project has now.
fn known_now(report: &AddReport) -> Vec<&str> {
    let there = report.skipped.iter().filter(|skipped| skipped.reason == SkipReason::AlreadyThere);
    report.added.iter().map(|path| path.as_str()).chain(there.map(|skipped| skipped.path.as_str())).collect()
}

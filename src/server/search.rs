//! Searching with a sound that the client sent.

use std::sync::Arc;

use axum::Json;
use axum::body::HttpBody as _;
use axum::extract::{Query as Parameters, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use camino::Utf8PathBuf;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Server;
use super::answer::Refusal;
use super::desk::{NotDone, Submitted};
use super::limits;
#[cfg(feature = "shared")]
use super::shared_library;
use super::upload::{self, Upload};
use crate::dataset::Filter;
use crate::engine::formats::{MatchFormat, TextFormat, write_matches};
use crate::engine::{
    Basket, Command, Grouping, JobId, Outcome, Query, SearchFilter, SearchReport, Weights, clip_of, keep_sample,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    format: Option<String>,
    k: Option<usize>,
    by: Option<Grouping>,
    /// The files to search, in the language of `soundalike search --filter`.
    filter: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
    /// Whether to return every event instead of the nearest chunks.
    events: Option<bool>,
    /// Return a sample of so many matches to judge, from both sides of the line.
    sample: Option<usize>,
    /// The line between what is alike and what is not, in differing bits.
    threshold: Option<f64>,
    /// How much the tone, the pitch, the envelope and the length count for the order of the matches, from 0 to 1.
    tone: Option<f32>,
    pitch: Option<f32>,
    envelope: Option<f32>,
    length: Option<f32>,
    /// Whether the shared library is searched instead of the project; and where in it, and how.
    #[cfg(feature = "shared")]
    library: Option<bool>,
    #[cfg(feature = "shared")]
    folder: Option<String>,
    #[cfg(feature = "shared")]
    exact: Option<bool>,
}

impl Wanted {
    /// The command for a search.
    #[cfg(feature = "shared")]
    fn command(&self, server: &Server, query: Query) -> Result<Command, Refusal> {
        let Self { library, folder, exact, .. } = self;
        let asked = shared_library::Asked { library: *library, folder: folder.clone(), exact: *exact };
        shared_library::command(server.library.as_ref(), &asked, query)
    }

    /// The command for a search.
    #[cfg(not(feature = "shared"))]
    fn command(&self, _server: &Server, query: Query) -> Result<Command, Refusal> {
        Ok(Command::Search(query))
    }
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// `[[chunk as base64 WAV, distance], ...]`
    Sounds,
    /// One object for each match.
    Detail,
    Text(TextFormat),
}

const MATCHES_WITHOUT_WORD: usize = 10;

/// Cancels a search whose client has gone away.
struct CancelledWhenDropped<'a>(&'a Server, JobId);

impl Drop for CancelledWhenDropped<'_> {
    fn drop(&mut self) {
        // A search that has ended is no longer cancelled.
        self.0.desk.cancel(self.1);
    }
}

pub(super) async fn search(
    State(server): State<Arc<Server>>,
    wanted: Result<Parameters<Wanted>, axum::extract::rejection::QueryRejection>,
    mut request: Request,
) -> Result<Response, Refusal> {
    let prepared = wanted.map_err(|cause| Refusal::bad(cause.body_text())).and_then(|Parameters(wanted)| {
        let form = form(&wanted)?;
        let query = query(&wanted, form)?;
        refuse_large(&request)?;
        let sample = sample(&wanted)?;
        let k = if sample.is_some() { limits::MATCHES } else { query.k };
        Ok((form, wanted, Query { k, ..query }, sample))
    });
    let (form, wanted, query, sample) = match prepared {
        Ok(prepared) => prepared,
        Err(refusal) => {
            upload::Incoming::of(&mut request)?.discard().await;
            return Err(refusal);
        }
    };
    let upload = upload::receive(&server, request).await?;
    let _place = server.searching.take().await?;
    let path = Utf8PathBuf::from_path_buf(upload.file.path().to_owned())
        .map_err(|path| Refusal::fault(format!("{} is not UTF-8 text", path.display())))?;
    let job = server.desk.search(wanted.command(&server, Query { path, ..query })?)?;
    let mut report = end(&server, job, &upload).await?;
    if let Some(n) = sample {
        keep_sample(&mut report, n);
    }
    match form {
        Form::Detail => Ok(Json(detail(&report)).into_response()),
        Form::Text(text) => text_of(&server, text, report),
        Form::Sounds => sounds(&server, report).await,
    }
}

/// A request that announces too large a body is refused before the body is received.
fn refuse_large(request: &Request) -> Result<(), Refusal> {
    match request.body().size_hint().lower() > limits::SEARCH_BODY_BYTES as u64 {
        true => Err(Refusal::too_large(limits::UPLOAD_BYTES)),
        false => Ok(()),
    }
}

/// Waits for the end of a search. Its query is named as the client named the sound.
async fn end(server: &Server, job: Submitted, upload: &Upload) -> Result<SearchReport, Refusal> {
    let _cancelled = CancelledWhenDropped(server, job.id);
    match job.end().await {
        Ok(Outcome::Searched(mut report)) => {
            if let Some(query) = &mut report.query {
                query.path = Utf8PathBuf::from(&upload.name);
            }
            Ok(report)
        }
        Ok(other) => Err(Refusal::fault(format!("a search ended in {other:?}"))),
        // The path of the private folder is not told.
        Err(NotDone::Failed(failure)) => Err(NotDone::Failed(failure.calling(upload.file.path(), "the sound")).into()),
        Err(cancelled) => Err(cancelled.into()),
    }
}

fn form(wanted: &Wanted) -> Result<Form, Refusal> {
    let Some(name) = &wanted.format else { return Ok(Form::Sounds) };
    if name == "detail" {
        return Ok(Form::Detail);
    }
    match MatchFormat::ALL.into_iter().find(|format| format.name() == name) {
        Some(MatchFormat::Text(text)) => Ok(Form::Text(text)),
        Some(MatchFormat::Clips) => Ok(Form::Sounds),
        None => {
            let names: Vec<&str> = MatchFormat::ALL.iter().map(|format| format.name()).collect();
            Err(Refusal::bad(format!("`format` is detail or one of {}", names.join(", "))))
        }
    }
}

fn sample(wanted: &Wanted) -> Result<Option<usize>, Refusal> {
    match wanted.sample {
        Some(n) if !(1..=limits::CLIPS).contains(&n) => {
            Err(Refusal::bad(format!("`sample` is a number from 1 to {}", limits::CLIPS)))
        }
        sample => Ok(sample),
    }
}

/// The query, without its path.
fn query(wanted: &Wanted, form: Form) -> Result<Query, Refusal> {
    let most = if form == Form::Sounds { limits::CLIPS } else { limits::MATCHES };
    let k = wanted.k.unwrap_or(MATCHES_WITHOUT_WORD);
    if !(1..=most).contains(&k) {
        return Err(Refusal::bad(format!("`k` is a number from 1 to {most}")));
    }
    let from = wanted.from.unwrap_or(0.0);
    if !(0.0..=limits::LAST_QUERY_START_SECS).contains(&from) {
        return Err(Refusal::bad(format!("`from` is a number of seconds, at most {}", limits::LAST_QUERY_START_SECS)));
    }
    let text = wanted.filter.clone().unwrap_or_default();
    if let [first, ..] = Filter::read(&text).not_understood() {
        return Err(Refusal::bad(format!("`filter`: {first}")));
    }
    // A small file can hold hours of sound.
    let last = from + limits::QUERY_SECS;
    let to = wanted.to.filter(|to| to.is_finite()).map_or(last, |to| to.min(last));
    let by = match (wanted.by, wanted.events.unwrap_or(false)) {
        (None | Some(Grouping::Event), true) => Grouping::Event,
        (Some(_), true) => return Err(Refusal::bad("`events` are not ranked by chunk or file; leave `by` out")),
        (by, false) => by.unwrap_or_default(),
    };
    if wanted.threshold.is_some_and(|bits| !(bits >= 0.0 && bits.is_finite())) {
        return Err(Refusal::bad("`threshold` is a number of bits, 0 or more"));
    }
    let weight = |name: &str, weight: Option<f32>, default: f32| match weight.unwrap_or(default) {
        weight if (0.0..=1.0).contains(&weight) => Ok(weight),
        _ => Err(Refusal::bad(format!("`{name}` is a number from 0 to 1"))),
    };
    let weights = Weights::new(
        weight("tone", wanted.tone, 1.0)?,
        weight("pitch", wanted.pitch, 0.0)?,
        weight("envelope", wanted.envelope, 0.0)?,
        weight("length", wanted.length, 0.0)?,
    );
    Ok(Query {
        path: Utf8PathBuf::new(),
        from_secs: Some(from),
        to_secs: Some(to),
        k,
        by,
        filter: SearchFilter { text, ..SearchFilter::default() },
        basket: Basket { threshold: wanted.threshold, weights, ..Basket::default() },
    })
}

/// What every JSON answer says about a search.
fn about(report: &SearchReport) -> Value {
    json!({
        "status": "success",
        "bits": report.bits,
        "silent": report.silent,
        "query_chunks": report.query_chunks,
        "searched": report.searched,
        "seconds": report.seconds,
        "alike": report.line.alike,
        "threshold": report.line.threshold,
        "suggested_threshold": report.line.suggested_threshold,
        "false_alarms": report.line.false_alarms,
        "sampled": report.line.sampled,
        "library": report.of_library,
    })
}

fn detail(report: &SearchReport) -> Value {
    let mut answer = about(report);
    answer["results"] = report
        .matches
        .iter()
        .map(|found| {
            let mut object = json!(found);
            // Of a match without a problem, too.
            object["problem"] = json!(found.problem);
            object
        })
        .collect();
    answer
}

fn text_of(server: &Server, format: TextFormat, report: SearchReport) -> Result<Response, Refusal> {
    let mut text = Vec::new();
    write_matches(format, &[&report], &server.desk.latest().dataset, &mut text).map_err(Refusal::fault)?;
    let kind = match format {
        TextFormat::Json | TextFormat::CountsJson => "application/json",
        TextFormat::Csv => "text/csv; charset=utf-8",
        TextFormat::Audacity => "text/plain; charset=utf-8",
        TextFormat::Raven => "text/tab-separated-values; charset=utf-8",
        TextFormat::M3u => "audio/x-mpegurl",
        TextFormat::Markers => "text/tab-separated-values; charset=utf-8",
        TextFormat::Counts => "text/csv; charset=utf-8",
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The sounds of the matches. Matches that can no longer be cut from their files are left out and named.
async fn sounds(server: &Server, report: SearchReport) -> Result<Response, Refusal> {
    let _cutting = server.cutting.acquire().await.map_err(Refusal::fault)?;
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = about(&report);
        let (mut results, mut problems, mut bytes) = (Vec::new(), Vec::new(), 0);
        for found in &report.matches {
            match clip_of(found) {
                Ok(clip) => {
                    bytes += clip.len();
                    if bytes > limits::CLIP_BYTES {
                        let error = "the matches' sounds are too large for one answer; ask for fewer (`k`)";
                        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error));
                    }
                    results.push(json!([BASE64_STANDARD.encode(clip), found.distance]));
                }
                Err(cause) => problems.push(json!({"path": found.path, "reason": cause.to_string()})),
            }
        }
        answer["results"] = results.into();
        if !problems.is_empty() {
            answer["problems"] = problems.into();
        }
        Ok(answer)
    });
    Ok(Json(answer.await.map_err(Refusal::fault)??).into_response())
}

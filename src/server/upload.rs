//! Receiving: bodies within their bounds of size and time, and sounds into files of the private folder.

use std::future::poll_fn;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use tempfile::NamedTempFile;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use super::Server;
use super::answer::Refusal;
use super::limits;

/// Bytes that are collected before they are written.
const WRITE_BYTES: usize = 256 << 10;
/// Of a refused request's body so much is read for so long before the answer, so that the connection can be used again.
const DISCARD_BYTES: u64 = 1 << 20;
const DISCARD_FOR: std::time::Duration = std::time::Duration::from_secs(2);
/// Longer endings name no kind of sound.
const LONGEST_ENDING: usize = 5;

/// A sound that was sent. Its file goes when this does.
pub(super) struct Upload {
    pub file: NamedTempFile,
    /// As the sender calls it.
    pub name: String,
    _room: Vec<OwnedSemaphorePermit>,
}

/// Reads a body of JSON; an empty one is an empty object.
pub(super) async fn json_body(mut body: Body) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    let mut bytes = Vec::new();
    let whole = async {
        while let Some(part) = next_part(&mut body).await {
            if bytes.len() + part.len() > limits::JSON_BYTES {
                return false;
            }
            bytes.extend_from_slice(&part);
        }
        true
    };
    match timeout(limits::BODY, whole).await {
        Err(_) => return Err(Refusal::too_slow()),
        Ok(false) => {
            discard(body).await;
            return Err(Refusal::too_large(limits::JSON_BYTES));
        }
        Ok(true) => {}
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(serde_json::Map::new());
    }
    serde_json::from_slice(&bytes).map_err(|cause| Refusal::bad(format!("the body is no JSON object: {cause}")))
}

/// Reads the rest of a body that is not wanted, within bounds.
pub(super) async fn discard(mut body: Body) {
    let mut left = DISCARD_BYTES;
    let rest = async {
        while let Some(part) = next_part(&mut body).await {
            left = left.saturating_sub(part.len() as u64);
            if left == 0 {
                break;
            }
        }
    };
    // What comes later is read over when the connection ends.
    let _ = timeout(DISCARD_FOR, rest).await;
}

/// The next bytes of a body; `None` at its end, or where it was interrupted: then there is nobody left to tell.
async fn next_part(body: &mut Body) -> Option<Bytes> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?.ok()?;
    // Trailers say nothing here.
    Some(frame.into_data().unwrap_or_default())
}

/// Writes the field `file` into a file of the private folder.
pub(super) async fn receive(server: &Arc<Server>, mut parts: Multipart) -> Result<Upload, Refusal> {
    let end = Instant::now() + limits::BODY;
    loop {
        let next = timeout_at(end, timeout(limits::PAUSE, parts.next_field())).await;
        let Ok(Ok(next)) = next else { return Err(Refusal::too_slow()) };
        match next.map_err(|cause| refusal_of(&cause))? {
            None => return Err(Refusal::bad("the request has no field `file`: send a sound as multipart/form-data")),
            Some(field) if field.name() == Some("file") => return keep(server, field, end).await,
            // What is in other fields is read over, and counts for the size of the body.
            Some(_) => {}
        }
    }
}

async fn keep(server: &Arc<Server>, mut field: Field<'_>, end: Instant) -> Result<Upload, Refusal> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut file = make(server, ending_of(&name)).await?;
    let mut room = Vec::new();
    let mut collected = Vec::new();
    loop {
        let next = timeout_at(end, timeout(limits::PAUSE, field.chunk())).await;
        let Ok(Ok(chunk)) = next else { return Err(Refusal::too_slow()) };
        let chunk = chunk.map_err(|cause| refusal_of(&cause))?;
        let is_last = chunk.is_none();
        collected.extend_from_slice(&chunk.unwrap_or_default());
        if collected.len() >= WRITE_BYTES || (is_last && !collected.is_empty()) {
            let kib = u32::try_from(collected.len().div_ceil(1024)).map_err(|_| Refusal::busy())?;
            let taken = server.upload_kib.clone().try_acquire_many_owned(kib);
            room.push(taken.map_err(|_| Refusal::busy())?);
            file = write(file, std::mem::take(&mut collected)).await?;
        }
        if is_last {
            return Ok(Upload { file, name, _room: room });
        }
    }
}

async fn make(server: &Arc<Server>, ending: String) -> Result<NamedTempFile, Refusal> {
    let server = server.clone();
    let made = tokio::task::spawn_blocking(move || {
        tempfile::Builder::new().prefix("query-").suffix(&ending).tempfile_in(server.uploads.path())
    });
    made.await.map_err(Refusal::fault)?.map_err(Refusal::fault)
}

async fn write(mut file: NamedTempFile, bytes: Vec<u8>) -> Result<NamedTempFile, Refusal> {
    let written = tokio::task::spawn_blocking(move || file.write_all(&bytes).map(|()| file));
    written.await.map_err(Refusal::fault)?.map_err(Refusal::fault)
}

/// What a sound's kind is guessed by where its bytes do not tell: nothing of the name but a plain ending is used.
fn ending_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, ending))
            if (1..=LONGEST_ENDING).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            format!(".{ending}")
        }
        _ => String::new(),
    }
}

fn refusal_of(cause: &MultipartError) -> Refusal {
    match cause.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_large(limits::UPLOAD_BYTES),
        code => Refusal::new(code, format!("the request is no multipart/form-data: {}", cause.body_text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_senders_name_only_a_plain_ending_is_used() {
        assert_eq!(ending_of("a b.WAV"), ".WAV");
        for odd in ["", "wav", "a.", "a./../../etc", "a.wav/..", "a.longer", "a.w v", "../x.\0"] {
            assert_eq!(ending_of(odd), "", "{odd:?}");
        }
    }
}

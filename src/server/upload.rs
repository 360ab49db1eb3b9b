//! Receives bodies within their limits of size and time, and writes sounds to files of the private folder.
//!
//! A body counts only when it has arrived whole. A body that breaks off is refused, and nothing is done with it.

use std::future::poll_fn;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{ConnectInfo, FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use http_body::{Frame, SizeHint};
use tempfile::NamedTempFile;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use super::Server;
use super::answer::Refusal;
use super::limits;
use super::waiting::{Pace, Receiving};

/// The bytes that are collected before they are written.
const WRITE_BYTES: usize = 64 << 10;
/// The part of a refused request's body that is read before the answer, so that the connection can be used again.
const DISCARD_BYTES: u64 = 1 << 20;
const DISCARD_FOR: std::time::Duration = std::time::Duration::from_secs(2);
/// No kind of sound has a longer extension.
const LONGEST_ENDING: usize = 5;

/// A sound that was sent. Dropping this deletes its file.
pub(super) struct Upload {
    pub file: NamedTempFile,
    /// The client's name for it.
    pub name: String,
    _room: Vec<OwnedSemaphorePermit>,
}

/// The body of a request that is arriving. The server waits for its client until this is dropped.
pub(super) struct Incoming {
    body: Body,
    receiving: Receiving,
    /// Why no more bytes come. `None` at the end of the body.
    broken: Option<Refusal>,
}

impl Incoming {
    /// Takes the body out of a request that came through the listener.
    pub fn of(request: &mut Request) -> Result<Self, Refusal> {
        let ConnectInfo(pace) = request
            .extensions()
            .get::<ConnectInfo<Pace>>()
            .ok_or_else(|| Refusal::fault("a request came through no connection"))?;
        let receiving = pace.receive();
        Ok(Self { body: std::mem::take(request.body_mut()), receiving, broken: None })
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        if let Some(broken) = &self.broken {
            return Poll::Ready(Some(Err(broken.clone())));
        }
        let broken = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.receiving.has_come();
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(cause))) => Refusal::bad(format!("the body did not arrive whole: {cause}")),
            Poll::Pending if self.receiving.waits(context) => Refusal::busy(),
            Poll::Pending => return Poll::Pending,
        };
        self.broken = Some(broken.clone());
        Poll::Ready(Some(Err(broken)))
    }

    /// The next bytes; `None` at the end.
    async fn next_part(&mut self) -> Result<Option<Bytes>, Refusal> {
        match poll_fn(|context| self.poll_frame(context)).await {
            // Trailers have no meaning here.
            Some(frame) => Ok(Some(frame?.into_data().unwrap_or_default())),
            None => Ok(None),
        }
    }

    /// Reads the rest of an unwanted body, within limits.
    pub async fn discard(mut self) {
        let mut left = DISCARD_BYTES;
        let rest = async {
            while let Ok(Some(part)) = self.next_part().await {
                left = left.saturating_sub(part.len() as u64);
                if left == 0 {
                    break;
                }
            }
        };
        // Bytes that come later are ignored when the connection ends.
        let _ = timeout(DISCARD_FOR, rest).await;
    }
}

/// A body that is lent to the reader of its parts. What that reader leaves can be read afterwards.
struct Lent(Arc<Mutex<Incoming>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.lock().poll_frame(context).map_err(|refusal| std::io::Error::other(refusal.error))
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().body.size_hint()
    }
}

/// Reads a JSON body. An empty body is an empty object.
///
/// # Errors
/// If it is too large, too slow, not a JSON object, or did not arrive whole.
pub(super) async fn json_body(mut request: Request) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    let mut incoming = Incoming::of(&mut request)?;
    let mut bytes = Vec::new();
    let whole = async {
        while let Some(part) = incoming.next_part().await? {
            if bytes.len() + part.len() > limits::JSON_BYTES {
                return Ok(false);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(true)
    };
    match timeout(limits::BODY, whole).await {
        Err(_) => return Err(Refusal::too_slow()),
        Ok(Err(refusal)) => return Err(refusal),
        Ok(Ok(false)) => {
            incoming.discard().await;
            return Err(Refusal::too_large(limits::JSON_BYTES));
        }
        Ok(Ok(true)) => {}
    }
    read_json(&bytes)
}

/// The JSON object of a body. An empty body is an empty object.
///
/// # Errors
/// If it is not a JSON object.
pub fn read_json(bytes: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(serde_json::Map::new());
    }
    serde_json::from_slice(bytes).map_err(|cause| Refusal::bad(format!("the body is not a JSON object: {cause}")))
}

/// Writes the field `file` to a file of the private folder, and reads the request to its end.
///
/// # Errors
/// If there is no such field, or if the request is too large, too slow, or did not arrive whole.
pub(super) async fn receive(server: &Arc<Server>, mut request: Request) -> Result<Upload, Refusal> {
    let incoming = Arc::new(Mutex::new(Incoming::of(&mut request)?));
    *request.body_mut() = Body::new(Lent(incoming.clone()));
    let parts = Multipart::from_request(request, &()).await;
    let parts = parts.map_err(|cause| Refusal::bad(format!("a sound is sent as multipart/form-data: {cause}")))?;
    let received = receive_parts(server, parts, &incoming).await;
    // The error reports what went wrong below the parts.
    if let Some(broken) = incoming.lock().broken.take() {
        return Err(broken);
    }
    received
}

async fn receive_parts(
    server: &Arc<Server>,
    mut parts: Multipart,
    incoming: &Mutex<Incoming>,
) -> Result<Upload, Refusal> {
    let end = Instant::now() + limits::BODY;
    let mut upload = None;
    loop {
        let next = timeout_at(end, timeout(limits::PAUSE, parts.next_field())).await;
        let Ok(Ok(next)) = next else { return Err(Refusal::too_slow()) };
        match next.map_err(|cause| refusal_of(&cause))? {
            None => break,
            Some(field) if field.name() == Some("file") && upload.is_none() => {
                upload = Some(keep(server, field, incoming, end).await?);
            }
            // Other fields are ignored, but count for the size of the body.
            Some(_) => {}
        }
    }
    // After the last part only the end of the body may come.
    drop(parts);
    let rest = async {
        let mut left = DISCARD_BYTES;
        while let Some(frame) = poll_fn(|context| incoming.lock().poll_frame(context)).await {
            let bytes = frame?.into_data().map_or(0, |part| part.len() as u64);
            left = left.checked_sub(bytes).ok_or_else(|| Refusal::too_large(limits::UPLOAD_BYTES))?;
        }
        Ok::<(), Refusal>(())
    };
    timeout_at(end, timeout(limits::PAUSE, rest)).await.ok().and_then(Result::ok).ok_or_else(Refusal::too_slow)??;
    upload.ok_or_else(|| Refusal::bad("the request has no field `file`: send a sound as multipart/form-data"))
}

async fn keep(
    server: &Arc<Server>,
    mut field: Field<'_>,
    incoming: &Mutex<Incoming>,
    end: Instant,
) -> Result<Upload, Refusal> {
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
            room.push(room_for(server, kib).await?);
            incoming.lock().receiving.keeps(u64::from(kib));
            file = write(file, std::mem::take(&mut collected)).await?;
        }
        if is_last {
            return Ok(Upload { file, name, _room: room });
        }
    }
}

/// Room on the disk. If it is taken, half-sent sounds make way.
async fn room_for(server: &Arc<Server>, kib: u32) -> Result<OwnedSemaphorePermit, Refusal> {
    loop {
        if let Ok(taken) = server.upload_kib.clone().try_acquire_many_owned(kib) {
            return Ok(taken);
        }
        if !server.waiting.make_room() {
            return Err(Refusal::busy());
        }
        let freed = timeout(limits::MAKE_WAY, server.upload_kib.clone().acquire_many_owned(kib)).await;
        if let Ok(Ok(taken)) = freed {
            return Ok(taken);
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

/// The extension from which the kind is guessed if the bytes do not tell. Only a plain extension of the name is used.
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
        code => Refusal::new(code, format!("the request is not multipart/form-data: {}", cause.body_text())),
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

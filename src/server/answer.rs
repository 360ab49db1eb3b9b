//! Answers to requests: JSON with a `status`, which clients of the original look at, and refusals.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::limits;
use crate::engine::{Failure, FailureKind};

/// Why a request is refused: its `status`, and one sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: StatusCode,
    pub status: &'static str,
    pub error: String,
}

impl Refusal {
    pub fn new(code: StatusCode, error: impl Into<String>) -> Self {
        Self { code, status: "refused", error: error.into() }
    }

    pub fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// The queue is full.
    pub fn busy() -> Self {
        let error = format!("too many requests are waiting; try again in {} s", limits::RETRY_AFTER_SECS);
        Self { code: StatusCode::SERVICE_UNAVAILABLE, status: "busy", error }
    }

    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time")
    }

    pub fn too_large(bytes: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {} MiB may be sent", bytes >> 20))
    }

    /// A job that could not be carried out, in its own words.
    pub fn failed(failure: &Failure) -> Self {
        let (code, status) = match failure.kind {
            FailureKind::NoModel => (StatusCode::CONFLICT, "model not found"),
            FailureKind::NoIndex => (StatusCode::CONFLICT, "index not found"),
            FailureKind::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "failed"),
        };
        Self { code, status, error: failure.to_string() }
    }

    pub fn cancelled() -> Self {
        Self { code: StatusCode::CONFLICT, status: "cancelled", error: "the job was cancelled".into() }
    }

    /// A fault of the program, which is reported to the person who runs it.
    pub fn fault(cause: impl std::fmt::Display) -> Self {
        tracing::error!("{cause}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server has a fault; its log says more")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.code, Json(json!({"status": self.status, "error": self.error}))).into_response();
        let headers = response.headers_mut();
        match self.code {
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER_SECS));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

pub(super) async fn not_found(request: Request) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("there is no {}", request.uri().path()))
}

pub(super) async fn not_allowed(request: Request) -> Refusal {
    let error = format!("{} does not accept the method {}", request.uri().path(), request.method());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, error)
}

//! The limits of what a client may ask for and how long it may take, and the words for them.

use std::time::Duration;

/// Connections at once. For a further connection, the one ends whose client has sent half a request or none, and for
/// which the server has waited longest. If there is none, the new connection waits until another one ends.
pub const CONNECTIONS: usize = 512;
/// The longest time from an answer (or the opening) to the head of the next request. It includes receiving the answer.
pub const IDLE: Duration = Duration::from_secs(60);
/// A body must arrive whole in this time ...
pub const BODY: Duration = Duration::from_secs(60);
/// ... and never pause for longer than this.
pub const PAUSE: Duration = Duration::from_secs(10);
/// The largest body of a request that is not a search.
pub const JSON_BYTES: usize = 1 << 20;
/// The largest sound to search with.
pub const UPLOAD_BYTES: usize = 64 << 20;
/// The largest body of a search: the sound, and what multipart adds.
pub const SEARCH_BODY_BYTES: usize = UPLOAD_BYTES + (64 << 10);
/// The time that a connection gets to end when it must make way for another.
pub const MAKE_WAY: Duration = Duration::from_millis(100);
/// The room on the disk for all uploaded sounds together.
pub const UPLOAD_KIB_IN_ALL: usize = 512 << 10;
/// The searches that the engine may have at once. The engine's lane holds more, so the engine never refuses one.
pub const SEARCHES_AT_ONCE: usize = 32;
/// How long an uploaded sound waits for its turn.
pub const PLACE_WAIT: Duration = Duration::from_secs(30);
/// The imports, trainings and indexings that may wait or run.
pub const JOBS_WAITING: usize = 16;
/// The number of ended jobs whose results can still be queried.
pub const JOBS_REMEMBERED: usize = 100;
/// The size of these results together, as JSON. The result of an import names every file. The last result is always
/// kept.
pub const REMEMBERED_BYTES: usize = 32 << 20;
/// The longest part of a sound that is used as the query, in seconds.
pub const QUERY_SECS: f64 = 120.0;
/// The latest second of a sound at which a query may begin.
pub const LAST_QUERY_START_SECS: f64 = 3600.0;
/// The most matches of an answer without sounds, and with sounds.
pub const MATCHES: usize = 1000;
pub const CLIPS: usize = 100;
/// The size of all sounds of an answer.
pub const CLIP_BYTES: usize = 32 << 20;
pub const ANSWERS_CUT_AT_ONCE: usize = 4;
/// The largest download, with `--allow-downloads`.
pub const DOWNLOAD_BYTES: u64 = 256 << 20;
/// How long a refused client should wait before it tries again.
pub const RETRY_AFTER_SECS: u64 = 1;
/// For how long, and for how many bytes, the server reads from a refused client that is still sending, so that the
/// client can read the answer.
pub const LINGER: Duration = Duration::from_secs(60);
pub const LINGER_BYTES: usize = 64 << 20;
/// After the signal: the time from the end of the last job to the end of connections that do not receive their answers.
pub const GRACE: Duration = Duration::from_secs(5);
pub const BLOCKING_THREADS: usize = 32;
pub const SHORTEST_TOKEN: usize = 16;

/// The limits in words, for `--help`.
pub fn in_words() -> String {
    format!(
        "Limits: {CONNECTIONS} connections; sounds of at most {} MiB each and {} MiB together (half-sent sounds make way for complete ones); {SEARCHES_AT_ONCE} searches at once, for a place among which a request waits up to {} s; \
         {JOBS_WAITING} other jobs waiting or running (beyond any of that: 503 with Retry-After); other bodies of at most {} MiB; a body within {} s, without a pause of {} s; {} s from an answer \
         to the next request; {QUERY_SECS} s of a query, beginning within its first hour; {MATCHES} matches, {CLIPS} with \
         their sounds; downloads of at most {} MiB.",
        UPLOAD_BYTES >> 20,
        UPLOAD_KIB_IN_ALL >> 10,
        PLACE_WAIT.as_secs(),
        JSON_BYTES >> 20,
        BODY.as_secs(),
        PAUSE.as_secs(),
        IDLE.as_secs(),
        DOWNLOAD_BYTES >> 20,
    )
}

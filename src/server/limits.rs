//! What a client may ask for and how long it may take: all bounds of the server, and the words for them.

use std::time::Duration;

/// Connections at once. For a further one the connection makes way whose client has sent half a request or none, and is
/// waited for longest; where there is none such, it waits until one ends.
pub const CONNECTIONS: usize = 512;
/// From one answer of a connection (or its opening) to the head of its next request, the taking of the answer included.
pub const IDLE: Duration = Duration::from_secs(60);
/// A body must arrive whole in this time ...
pub const BODY: Duration = Duration::from_secs(60);
/// ... and never pause for longer than this.
pub const PAUSE: Duration = Duration::from_secs(10);
/// The body of a request that is no search.
pub const JSON_BYTES: usize = 1 << 20;
/// A sound to be searched for.
pub const UPLOAD_BYTES: usize = 64 << 20;
/// With what multipart adds to it.
pub const SEARCH_BODY_BYTES: usize = UPLOAD_BYTES + (64 << 10);
/// How long a connection is given that was told to make way for another one.
pub const MAKE_WAY: Duration = Duration::from_millis(100);
/// What all sounds that are sent may take on the disk together.
pub const UPLOAD_KIB_IN_ALL: usize = 512 << 10;
/// Searches that the engine has been given; fewer than its lane takes, so that it never refuses one.
pub const SEARCHES_AT_ONCE: usize = 32;
/// How long a sound that was sent waits for a place to be searched for.
pub const PLACE_WAIT: Duration = Duration::from_secs(30);
/// Additions, trainings and indexings that wait or run.
pub const JOBS_WAITING: usize = 16;
/// Ended jobs whose results can still be asked for.
pub const JOBS_REMEMBERED: usize = 100;
/// Their results together, as JSON: that of an addition names every file. The last one's is kept whatever it takes.
pub const REMEMBERED_BYTES: usize = 32 << 20;
/// How much of a query is listened to, in seconds.
pub const QUERY_SECS: f64 = 120.0;
/// The last second of a sound at which a query may begin.
pub const LAST_QUERY_START_SECS: f64 = 3600.0;
/// Matches of an answer without and with their sounds.
pub const MATCHES: usize = 1000;
pub const CLIPS: usize = 100;
/// The sounds of an answer.
pub const CLIP_BYTES: usize = 32 << 20;
pub const ANSWERS_CUT_AT_ONCE: usize = 4;
/// A download, with `--allow-downloads`.
pub const DOWNLOAD_BYTES: u64 = 256 << 20;
/// How long a client that was refused a place should wait.
pub const RETRY_AFTER_SECS: u64 = 1;
/// A client that was refused while it sends is listened to for so long, and for so much, that it can read the answer.
pub const LINGER: Duration = Duration::from_secs(60);
pub const LINGER_BYTES: usize = 64 << 20;
/// From the end of the last job, after the signal, to the end of connections that do not take their answers.
pub const GRACE: Duration = Duration::from_secs(5);
pub const BLOCKING_THREADS: usize = 32;
pub const SHORTEST_TOKEN: usize = 16;

/// The limits in words, for `--help`.
pub fn in_words() -> String {
    format!(
        "Limits: {CONNECTIONS} connections; sounds of at most {} MiB each and {} MiB together (what is half sent makes way for \
         what is whole); {SEARCHES_AT_ONCE} searches at once, for a place among which a request waits up to {} s; \
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

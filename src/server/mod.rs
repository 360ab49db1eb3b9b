//! The operations over HTTP, for scripts and other programs, on the same engine as the window.
//!
//! tokio's threads only wait. Jobs run in the engine's lanes, whose events `desk` passes on. Files are read and written
//! on tokio's threads for blocking work. [`limits`] bounds whatever a client sends or does not send.

mod answer;
mod desk;
mod guard;
mod library;
pub mod limits;
mod listener;
mod operations;
mod places;
mod search;
#[cfg(feature = "shared")]
mod shared_library;
mod upload;
mod waiting;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use camino::Utf8PathBuf;
use tempfile::TempDir;
use tokio::sync::{Semaphore, oneshot};

use crate::audio::device::SoundCard;
#[cfg(feature = "shared")]
use crate::engine::shared_library::Seat;
use crate::engine::{Engine, EngineOptions, Opening};
use crate::ground::paths::WithoutLinks as _;
use desk::Desk;
use guard::Rules;
use listener::Bounded;
use places::Places;
use waiting::{Pace, Waiting};

/// How the server is started.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    pub project: PathBuf,
    pub opening: Opening,
    /// Port 0 is any free port.
    pub address: SocketAddr,
    /// Names that a request's Host may have, besides addresses and localhost.
    pub hosts: Vec<String>,
    /// The token that requests must have. If it is `None` and the address is not a loopback address, the server makes
    /// one.
    pub token: Option<String>,
    /// If set, files are added only from these folders.
    pub allow: Option<Vec<PathBuf>>,
    pub allow_downloads: bool,
    /// The shared library that requests may search.
    #[cfg(feature = "shared")]
    pub library: Option<Arc<Seat>>,
}

/// The address and the conditions of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    pub address: SocketAddr,
    /// The token that requests must have. `None`: they need none.
    pub token: Option<String>,
    /// Why nothing can be changed. `None`: it can.
    pub read_only: Option<String>,
}

/// What all requests share.
struct Server {
    desk: Desk,
    rules: Rules,
    allow: Option<Vec<Utf8PathBuf>>,
    allow_downloads: bool,
    #[cfg(feature = "shared")]
    library: Option<Arc<Seat>>,
    /// Only this process's user can read it. It is deleted when the server ends.
    uploads: TempDir,
    /// Which clients the server waits for.
    waiting: Arc<Waiting>,
    /// The room on the disk for all uploads together.
    upload_kib: Arc<Semaphore>,
    /// The searches that were given to the engine.
    searching: Places,
    /// The answers for which sounds are being cut.
    cutting: Semaphore,
}

/// Serves until SIGTERM or an interrupt. Then running jobs are cancelled and keep their last good state. `ready` is
/// called when requests can be made.
///
/// # Errors
/// If the project cannot be opened, or the server cannot listen on the address.
pub fn serve(options: ServeOptions, ready: impl FnOnce(&Listening)) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .enable_all()
        .build()
        .context("no threads for the server")?;
    let (server, listening, listener) = runtime.block_on(open(options))?;
    // Signals are heard before anybody knows of the server, so none is missed.
    let terminated = runtime.block_on(async { terminated() })?;
    ready(&listening);
    let outcome = runtime.block_on(run(server.clone(), listener, terminated));
    // Everybody who is still connected has had time to receive an answer.
    runtime.shutdown_timeout(Duration::from_secs(1));
    // The engine waits until its jobs have left a state that can be opened again.
    if Arc::into_inner(server).is_none() {
        tracing::warn!("a request outlived the server");
    }
    outcome
}

async fn open(options: ServeOptions) -> anyhow::Result<(Arc<Server>, Listening, Bounded)> {
    let engine = Engine::open(EngineOptions {
        project: options.project,
        wake: Arc::new(|| ()),
        audio: Arc::new(SoundCard),
        opening: options.opening,
    })?;
    let token = match options.token {
        Some(token) if token.len() < limits::SHORTEST_TOKEN => {
            bail!("the token has fewer than {} characters; choose a longer one", limits::SHORTEST_TOKEN)
        }
        None if !options.address.ip().is_loopback() => Some(format!("{:032x}", rand::random::<u128>())),
        token => token,
    };
    let allow = options.allow.map(|folders| folders.into_iter().map(real).collect()).transpose()?;
    let tcp = tokio::net::TcpListener::bind(options.address)
        .await
        .with_context(|| format!("cannot listen on {}; is another server there?", options.address))?;
    let address = tcp.local_addr().context("the address is not known")?;
    let uploads = private_folder().context("no private temporary folder")?;
    let read_only = engine.latest().project.read_only.clone();
    let waiting = Arc::<Waiting>::default();
    let server = Server {
        desk: Desk::new(engine)?,
        rules: Rules::new(address.ip(), options.hosts, token.as_deref()),
        allow,
        allow_downloads: options.allow_downloads,
        #[cfg(feature = "shared")]
        library: options.library,
        uploads,
        waiting: waiting.clone(),
        upload_kib: Arc::new(Semaphore::new(limits::UPLOAD_KIB_IN_ALL)),
        searching: Places::new(limits::SEARCHES_AT_ONCE),
        cutting: Semaphore::new(limits::ANSWERS_CUT_AT_ONCE),
    };
    Ok((Arc::new(server), Listening { address, token, read_only }, Bounded::new(tcp, waiting)))
}

/// A temporary folder that only this process's user can read.
fn private_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.prefix("soundalike-").tempdir()
}

/// The folder without links.
fn real(folder: PathBuf) -> anyhow::Result<Utf8PathBuf> {
    let real = folder.without_links().with_context(|| format!("{} cannot be allowed", folder.display()))?;
    Utf8PathBuf::from_path_buf(real).map_err(|path| anyhow::anyhow!("{} is not UTF-8 text; rename it", path.display()))
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/datasetinfo", get(operations::dataset_info))
        .route("/add", post(operations::add))
        .route("/train", post(operations::train))
        .route("/index", post(operations::index))
        .route("/search", post(search::search).layer(DefaultBodyLimit::max(limits::SEARCH_BODY_BYTES)))
        .route("/list", post(library::list))
        .route("/remove", post(library::remove))
        .route("/tag", post(library::tag))
        .route("/untag", post(library::untag))
        .route("/tags", post(library::tags))
        .route("/check", post(library::check))
        .route("/relink", post(library::relink))
        .route("/ignore", post(library::ignore))
        .route("/copies", post(library::copies))
        .route("/collection", post(library::collection))
        .route("/undo", post(library::undo))
        .route("/redo", post(library::redo))
        .route("/jobs", get(operations::jobs))
        .route("/jobs/{id}", get(operations::job).delete(operations::cancel))
        .fallback(answer::not_found)
        .method_not_allowed_fallback(answer::not_allowed)
        .layer(from_fn_with_state(server.clone(), guard::guard))
        .with_state(server)
}

async fn run(
    server: Arc<Server>,
    listener: Bounded,
    terminated: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router(server.clone()).into_make_service_with_connect_info::<Pace>();
    let mut serving = tokio::spawn(async move {
        let serving = axum::serve(listener, service).with_graceful_shutdown(async {
            // Whether the sender sends or is dropped, the end has come.
            let _ = stopped.await;
        });
        serving.await
    });
    terminated.await?;
    tracing::info!("stopping");
    server.searching.close();
    server.desk.close();
    // The receiver is gone only if serving has ended by itself.
    let _ = stop.send(());
    // Everybody who waits for a job gets its end, however long that takes.
    server.desk.all_ended().await;
    match tokio::time::timeout(limits::GRACE, &mut serving).await {
        Ok(ended) => ended.context("the server has a fault")?.context("the server cannot go on"),
        Err(_) => {
            serving.abort();
            Ok(())
        }
    }
}

/// Listens from now on for signals that ask the server to end. The returned future waits for one. Must be called within
/// a runtime.
#[cfg(unix)]
fn terminated() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut signals = [SignalKind::terminate(), SignalKind::interrupt()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .context("signals cannot be received")?;
    Ok(std::future::poll_fn(move |context| {
        match signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            true => std::task::Poll::Ready(Ok(())),
            false => std::task::Poll::Pending,
        }
    }))
}

#[cfg(windows)]
fn terminated() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("signals cannot be received")?;
    Ok(async move { interrupt.recv().await.context("signals are no longer received") })
}

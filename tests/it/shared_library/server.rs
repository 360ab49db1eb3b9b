//! A PostgreSQL server for tests: Debian's programs, run as an ordinary user, in a temporary folder.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use postgres::{Client, NoTls};

/// The password of the server's owner, for connections that are not by the socket.
pub const PASSWORD: &str = "of-the-owner-only";

/// The number of the user that owns the server if the tests run as root: PostgreSQL refuses to be run by root.
const NOBODY: u32 = 65_534;

/// A running server. It stops, and its folder goes, when this value is dropped or when the process of the tests ends.
pub struct Server {
    folder: PathBuf,
    port: u16,
    programs: PathBuf,
    /// Stops the server when its input ends.
    guardian: Child,
}

/// The server that tests share. `None` without PostgreSQL.
pub fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref()
}

/// The folder with PostgreSQL's programs. If there is none, prints a line.
fn programs() -> Option<PathBuf> {
    // The server's processes are started while other tests hold locks of projects, and inherit these for a moment. So the
    // tests of the shared library have a run of their own.
    if std::env::var_os("SOUNDALIKE_POSTGRES").is_none() {
        eprintln!("SKIPPED: the shared library is tested by `make test-shared`");
        return None;
    }
    let of_path = std::env::var_os("PATH").unwrap_or_default();
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = of_debian.map(|version| version.path().join("bin")).chain(std::env::split_paths(&of_path));
    let found = folders
        .into_iter()
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file()));
    if found.is_none() {
        eprintln!(
            "SKIPPED: the shared library needs PostgreSQL's initdb, pg_ctl and postgres, which are not installed here"
        );
    }
    found
}

/// A command that is not run by root.
fn as_ordinary_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let user = NOBODY.to_string();
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]).arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // A file that this process makes belongs to its user.
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.path().metadata().expect("its facts").uid() == 0
}

fn run(command: &mut Command) {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        // The guardian removes the folder.
        let folder = tempfile::Builder::new().prefix("soundalike-pg-").tempdir().expect("a folder").keep();
        let password = folder.join("password");
        std::fs::write(&password, PASSWORD).expect("written");
        if is_root() {
            for path in [&folder, &password] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("given to the user");
            }
        }
        let mut init = as_ordinary_user(&programs.join("initdb"));
        init.args(["--username=owner", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"])
            .args(["--no-sync", "--locale=C"])
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir(&folder);
        run(&mut init);
        // Bound for a moment only, so another process could take the port. Then the start fails.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let script = r#""$0" -D "$1/data" -l "$1/log" -w -o "$2" start >/dev/null && echo ready
            cat >/dev/null; "$0" -D "$1/data" -m immediate -w stop >/dev/null; rm -rf "$1""#;
        let mut guardian = as_ordinary_user(Path::new("/bin/sh"));
        let mut guardian = guardian
            .args(["-c", script])
            .arg(programs.join("pg_ctl"))
            .arg(&folder)
            .arg(options(&folder, port))
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut said = String::new();
        BufReader::new(guardian.stdout.take().expect("its words")).read_line(&mut said).expect("text");
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(said, "ready\n", "{}", log());
        Some(Self { folder, port, programs, guardian })
    }

    fn control(&self, arguments: &[&str]) {
        let mut control = as_ordinary_user(&self.programs.join("pg_ctl"));
        control
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-l")
            .arg(self.folder.join("log"))
            .arg("-w")
            .args(arguments);
        run(control.current_dir(&self.folder).stdout(Stdio::null()));
    }

    /// Ends the server at once, as a crash does.
    pub fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    pub fn start_again(&self) {
        self.control(&["-o", &options(&self.folder, self.port), "start"]);
    }

    /// A new database of this server, and its address by the socket.
    pub fn database(&self) -> Database {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("house_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres").batch_execute(&format!("CREATE DATABASE {name}")).expect("made");
        let folder = self.folder.to_str().expect("text").replace('/', "%2F");
        let url = format!("postgres://owner@{folder}:{}/{name}", self.port);
        Database { url, name, port: self.port, folder: self.folder.clone() }
    }

    fn sql(&self, database: &str) -> Client {
        connect(&self.folder, self.port, database)
    }
}

/// The server writes nothing through to the disk, because its data go with the test.
fn options(folder: &Path, port: u16) -> String {
    format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c max_connections=60",
        folder.display()
    )
}

fn connect(folder: &Path, port: u16, database: &str) -> Client {
    let mut config = postgres::Config::new();
    config.host_path(folder).port(port).user("owner").dbname(database);
    config.connect(NoTls).expect("connected")
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // It has stopped the server and removed the folder.
        let _ = self.guardian.wait();
    }
}

/// A database of a server.
pub struct Database {
    /// By the socket, as the owner of the server.
    pub url: String,
    pub name: String,
    pub port: u16,
    folder: PathBuf,
}

impl Database {
    /// A connection of the owner.
    pub fn sql(&self) -> Client {
        connect(&self.folder, self.port, &self.name)
    }

    /// One number.
    pub fn number(&self, query: &str) -> i64 {
        self.sql().query_one(query, &[]).expect("a row").get(0)
    }
}

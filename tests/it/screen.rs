//! The built program in real windows on a virtual screen, used with a virtual mouse. The test finds widgets as a screen
//! reader does: by their accessible names.

mod keyboard;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use zbus::zvariant::{OwnedObjectPath, OwnedValue};

const PROGRAM: &str = env!("CARGO_BIN_EXE_soundalike");

/// No step takes longer than this, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// One screen at a time: several windows that draw in software would starve one another, and clicks would come late.
static ALONE: Mutex<()> = Mutex::new(());

/// A process that ends with the test.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Screen {
    pub display: String,
    /// The bus for accessibility.
    bus: zbus::Connection,
    address: String,
    /// The window's preferences and sockets are kept here, so that those of the person are not used or changed.
    folder: tempfile::TempDir,
    _server: Running,
    _session: Running,
    _alone: MutexGuard<'static, ()>,
}

/// A widget with a name, and its rectangle on the screen.
#[derive(Clone, Debug)]
pub struct Thing {
    pub name: String,
    node: Node,
    pub left: i32,
    pub top: i32,
    pub width: i32,
    pub height: i32,
}

impl Thing {
    pub fn middle(&self) -> (i32, i32) {
        (self.left + self.width / 2, self.top + self.height / 2)
    }

    /// A point on the name of a row. The middle of a row may have a button under the pointer.
    pub fn name(&self) -> (i32, i32) {
        (self.left + self.width / 4, self.top + self.height / 2)
    }
}

impl Screen {
    /// Starts a screen of a size such as "1280x800". If the machine lacks a tool, prints a line and returns `None`.
    pub fn start(size: &str) -> Option<Self> {
        for (tool, harmless) in
            [("Xvfb", "-help"), ("xdotool", "-v"), ("import", "-version"), ("dbus-daemon", "--version")]
        {
            let there = Command::new(tool).arg(harmless).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if there.is_err() {
                eprintln!("SKIPPED: a window on a virtual screen needs {tool}, which is not installed here");
                return None;
            }
        }
        // A test that failed leaves nothing behind that the next one needs.
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", &format!("{size}x24")]);
        let (server, number) = started(&mut server);
        let mut session = Command::new("dbus-daemon");
        session.args(["--session", "--nofork", "--print-address"]).env("XDG_RUNTIME_DIR", folder.path());
        session.env("GSETTINGS_BACKEND", "memory").env_remove("DISPLAY");
        let (session, address) = started(&mut session);
        let Ok(bus) = pollster::block_on(accessibility(&address)) else {
            eprintln!("SKIPPED: a window on a virtual screen needs at-spi2-core, which is not installed here");
            return None;
        };
        let display = format!(":{number}");
        Some(Self { display, bus, address, folder, _server: server, _session: session, _alone: alone })
    }

    /// A command that sees this screen, and nothing of the person's own desktop.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command.env("SOUNDALIKE_CONFIG", self.folder.path());
        command
    }

    /// Opens the program's window on a project, and waits for it.
    pub fn open(&self, project: &Path, environment: impl FnOnce(&mut Command)) -> Window<'_> {
        let mut command = self.command(PROGRAM);
        environment(&mut command);
        let program = command.arg("--project").arg(project).spawn().expect("it starts");
        let number = program.id().to_string();
        let program = Running(program);
        let window = self.mouse(&["search", "--sync", "--onlyvisible", "--pid", &number]).trim().to_owned();
        // There is no window manager that would set the focus.
        self.mouse(&["windowfocus", &window]);
        Window { screen: self, program, window }
    }

    /// Uses the mouse, the keyboard or a window, by a command of xdotool.
    pub fn mouse(&self, words: &[&str]) -> String {
        let output = self.command("xdotool").args(words).output().expect("xdotool");
        String::from_utf8(output.stdout).expect("text")
    }

    pub fn point(&self, (x, y): (i32, i32)) {
        self.mouse(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    pub fn click(&self, place: (i32, i32)) {
        self.point(place);
        self.mouse(&["click", "1"]);
    }

    /// Moves the pointer to a place, and then around it until `is_so` is true.
    pub fn sway_until(&self, (x, y): (i32, i32), is_so: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        self.point((x, y));
        // Farther than a pointer may move within a click.
        for step in ["9", "-9"].into_iter().cycle() {
            // A real mouse moves in steps. For X, setting the pointer's position is not a movement.
            self.mouse(&["mousemove_relative", "--", step, "0"]);
            if is_so() {
                return;
            }
            assert!(Instant::now() < end, "it never came while the pointer was at {x}, {y}");
        }
    }

    pub fn picture(&self, path: &Path) -> Vec<u8> {
        let arguments = ["-window", "root", "-strip", "-define", "png:exclude-chunks=date,time"];
        let status = self.command("import").args(arguments).arg(path).status().expect("ImageMagick's import");
        assert!(status.success());
        std::fs::read(path).expect("the picture")
    }

    /// Takes pictures until two are equal. Nothing moves unless something happens.
    pub fn picture_at_rest(&self, path: &Path) {
        let end = Instant::now() + PATIENCE / 10;
        let mut before = self.picture(path);
        loop {
            sleep(Duration::from_millis(300));
            let now = self.picture(path);
            if now == before || Instant::now() > end {
                return;
            }
            before = now;
        }
    }
}

pub struct Window<'a> {
    screen: &'a Screen,
    program: Running,
    /// The number of the window on the screen.
    window: String,
}

impl Window<'_> {
    /// Asks the window to close, as its title bar's button does.
    pub fn close(&self) {
        use x11rb::connection::Connection as _;
        use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask};
        let (connection, _) = x11rb::connect(Some(&self.screen.display)).expect("the screen");
        let atom =
            |name: &str| connection.intern_atom(false, name.as_bytes()).expect("asked").reply().expect("told").atom;
        let window = self.window.parse().expect("a number");
        let data = [atom("WM_DELETE_WINDOW"), 0, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        connection.send_event(false, window, EventMask::NO_EVENT, message).expect("asked").check().expect("sent");
        connection.flush().expect("sent");
    }

    /// Sends the program a signal, as "-TERM".
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.program.0.id().to_string()]).status();
        assert!(status.expect("it runs").success());
    }

    /// Waits for the program's end. Returns its exit code, or `None` after a signal.
    pub fn end(mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.program.0.try_wait().expect("its end") {
                return status.code();
            }
            assert!(Instant::now() < end, "the program never ended");
            sleep(Duration::from_millis(20));
        }
    }

    pub fn move_to(&self, x: i32, y: i32) {
        self.screen.mouse(&["windowmove", "--sync", &self.window, &x.to_string(), &y.to_string()]);
    }

    /// Waits until the window has a widget with this name, or else one whose name begins with it.
    pub fn see(&self, name: &str) -> Thing {
        self.see_within(PATIENCE, name)
    }

    /// Like [`see`](Self::see), with another time limit.
    pub fn see_within(&self, patience: Duration, name: &str) -> Thing {
        let end = Instant::now() + patience;
        let mut names = Vec::new();
        while Instant::now() < end {
            // While a window changes, some of its widgets may disappear during the query.
            if let Ok(things) = pollster::block_on(self.things()) {
                let exact = things.iter().find(|thing| thing.name == name);
                if let Some(thing) = exact.or_else(|| things.iter().find(|thing| thing.name.starts_with(name))) {
                    return thing.clone();
                }
                names = things.into_iter().map(|thing| thing.name).collect();
            }
            sleep(Duration::from_millis(50));
        }
        panic!("never came: {name}\nwhat there is: {names:#?}");
    }

    /// Whether the window has such a widget now.
    pub fn has(&self, name: &str) -> bool {
        self.now(name).is_some()
    }

    /// Whether the window has such a widget now, and it is selected.
    pub fn selects(&self, name: &str) -> bool {
        self.now(name).is_some_and(|thing| pollster::block_on(self.is_selected(&thing.node)).unwrap_or(false))
    }

    fn now(&self, name: &str) -> Option<Thing> {
        let things = pollster::block_on(self.things()).ok()?;
        things.into_iter().find(|thing| thing.name.starts_with(name))
    }

    pub fn until_gone(&self, name: &str) {
        let end = Instant::now() + PATIENCE;
        while self.has(name) {
            assert!(Instant::now() < end, "never went: {name}");
            sleep(Duration::from_millis(50));
        }
    }

    pub fn click(&self, name: &str) {
        self.screen.click(self.see(name).middle());
    }

    /// Clicks a widget until another one comes. A click on a list that moves while the pointer presses counts as a drag.
    pub fn click_for(&self, name: &str, comes: &str) {
        for _ in 0..6 {
            self.click(name);
            let end = Instant::now() + PATIENCE / 6;
            while Instant::now() < end {
                if self.has(comes) {
                    return;
                }
                sleep(Duration::from_millis(50));
            }
        }
        panic!("clicks on {name} never brought {comes}");
    }

    /// All widgets of the window that have names.
    async fn things(&self) -> zbus::Result<Vec<Thing>> {
        let registry = ("org.a11y.atspi.Registry".to_owned(), path("/org/a11y/atspi/accessible/root"));
        let mut open = Vec::new();
        for program in self.children(&registry).await? {
            if self.process(&program.0).await? == self.program.0.id() {
                open.push(program);
            }
        }
        let mut things = Vec::new();
        while let Some(node) = open.pop() {
            let name = self.name(&node).await?;
            if !name.is_empty()
                && let Ok((left, top, width, height)) = self.place(&node).await
            {
                things.push(Thing { name, node: node.clone(), left, top, width, height });
            }
            // In the order in which a screen reader reads them.
            open.extend(self.children(&node).await?.into_iter().rev());
        }
        Ok(things)
    }

    async fn children(&self, node: &Node) -> zbus::Result<Vec<Node>> {
        let (bus, (owner, path)) = (&self.screen.bus, node);
        let answer = bus.call_method(Some(owner.as_str()), path, Some(ACCESSIBLE), "GetChildren", &()).await?;
        answer.body().deserialize()
    }

    async fn name(&self, (owner, path): &Node) -> zbus::Result<String> {
        let asked = (ACCESSIBLE, "Name");
        let answer = self.screen.bus.call_method(Some(owner.as_str()), path, Some(PROPERTIES), "Get", &asked).await?;
        Ok(answer.body().deserialize::<OwnedValue>()?.try_into()?)
    }

    async fn is_selected(&self, node: &Node) -> zbus::Result<bool> {
        const SELECTED: u32 = 23;
        self.has_state(node, SELECTED).await
    }

    async fn has_focus(&self, node: &Node) -> zbus::Result<bool> {
        const FOCUSED: u32 = 12;
        self.has_state(node, FOCUSED).await
    }

    async fn has_state(&self, (owner, path): &Node, state: u32) -> zbus::Result<bool> {
        let bus = &self.screen.bus;
        let answer = bus.call_method(Some(owner.as_str()), path, Some(ACCESSIBLE), "GetState", &()).await?;
        let states: Vec<u32> = answer.body().deserialize()?;
        Ok(states.first().is_some_and(|states| states >> state & 1 == 1))
    }

    async fn place(&self, (owner, path): &Node) -> zbus::Result<(i32, i32, i32, i32)> {
        const ON_THE_SCREEN: u32 = 0;
        let component = Some("org.a11y.atspi.Component");
        let bus = &self.screen.bus;
        let answer = bus.call_method(Some(owner.as_str()), path, component, "GetExtents", &ON_THE_SCREEN).await?;
        Ok(answer.body().deserialize::<((i32, i32, i32, i32),)>()?.0)
    }

    async fn process(&self, owner: &str) -> zbus::Result<u32> {
        let (daemon, place) = (Some("org.freedesktop.DBus"), "/org/freedesktop/DBus");
        let answer = self.screen.bus.call_method(daemon, place, daemon, "GetConnectionUnixProcessID", &owner).await?;
        answer.body().deserialize()
    }
}

/// A node of the accessibility tree: the program that owns it, and its path.
type Node = (String, OwnedObjectPath);

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

fn path(text: &'static str) -> OwnedObjectPath {
    OwnedObjectPath::try_from(text).expect("a path")
}

/// Announces a screen reader, and returns the bus that windows then use.
async fn accessibility(session: &str) -> zbus::Result<zbus::Connection> {
    let session = zbus::connection::Builder::address(session)?.build().await?;
    let (name, place) = (Some("org.a11y.Bus"), "/org/a11y/bus");
    let answer = session.call_method(name, place, name, "GetAddress", &()).await?;
    let address: String = answer.body().deserialize()?;
    let on = ("org.a11y.Status", "IsEnabled", zbus::zvariant::Value::from(true));
    session.call_method(name, place, Some(PROPERTIES), "Set", &on).await?;
    zbus::connection::Builder::address(address.as_str())?.build().await
}

/// Starts a server that prints its address on its first line.
fn started(command: &mut Command) -> (Running, String) {
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it was there just now");
    let told = server.stdout.take().expect("its output");
    let server = Running(server);
    let mut line = String::new();
    BufReader::new(told).read_line(&mut line).expect("a line");
    (server, line.trim().to_owned())
}

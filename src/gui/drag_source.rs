//! Drags files from the window to another one. This is the source's side of XDND, version 5, which the window library
//! lacks.
//!
//! It has its own connection to the X server, and follows the pointer by raw events. These arrive even while another
//! window has grabbed the pointer: as long as the button is down, the window in which it was pressed has the grab.

use std::path::PathBuf;

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{self, ConnectionExt as _, XIEventMask};
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, GetPropertyReply, KeyButMask,
    PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Timestamp, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::file_manager::uri;

const VERSION: u32 = 5;
const LEFT_BUTTON: u32 = 1;
const ESCAPE: u32 = 0xff1b;

x11rb::atom_manager! {
    Atoms:
    AtomsCookie {
        XdndAware,
        XdndSelection,
        XdndEnter,
        XdndPosition,
        XdndStatus,
        XdndLeave,
        XdndDrop,
        XdndFinished,
        XdndActionCopy,
        _NET_WM_PID,
        TARGETS,
        URI_LIST: b"text/uri-list",
    }
}

/// The result of a drag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dragged {
    /// A window took the files, or began to take them and did not report the end before the next drag.
    Dropped,
    /// The files were dropped where nothing takes them, or the person pressed Esc.
    Nowhere,
}

/// Drags `files` with the pointer, whose left button is down, until the person releases it. Drops on this program's own
/// windows are refused, because it has the files already. The function waits for the person, so call it on a separate
/// thread. `display` names the X server; without it, the environment does.
///
/// # Errors
/// If there is no X server, or if it lacks the extension for input devices.
pub fn drag(files: &[PathBuf], display: Option<&str>) -> Result<Dragged, String> {
    let uris: String = files.iter().map(|file| uri(file) + "\r\n").collect();
    Drag::begin(uris, display).and_then(Drag::follow).map_err(|error| error.to_string())
}

struct Drag {
    server: RustConnection,
    root: Window,
    atoms: Atoms,
    /// The window that offers the files. It is never shown.
    source: Window,
    escape: Option<u32>,
    uris: String,
    over: Option<Target>,
    released: bool,
    time: Timestamp,
}

/// A window that takes drops and is under the pointer.
#[derive(Clone, Copy)]
struct Target {
    window: Window,
    version: u32,
    accepts: bool,
    /// Whether it has not answered the last position yet, and whether the pointer has moved since.
    asked: bool,
    behind: bool,
}

impl Drag {
    fn begin(uris: String, display: Option<&str>) -> Result<Self, ReplyOrIdError> {
        // A missing server is reported as an input/output error.
        let (server, screen) = RustConnection::connect(display).map_err(no_server)?;
        let screen = &server.setup().roots[screen];
        let (root, visual) = (screen.root, screen.root_visual);
        let atoms = Atoms::new(&server)?.reply()?;
        let source = server.generate_id()?;
        let aside = CreateWindowAux::new().override_redirect(1);
        server.create_window(0, source, root, -1, -1, 1, 1, 0, WindowClass::INPUT_OUTPUT, visual, &aside)?;
        server.set_selection_owner(source, atoms.XdndSelection, x11rb::CURRENT_TIME)?;
        // Raw events exist since version 2, and those of a grabbed pointer since 2.1.
        server.xinput_xi_query_version(2, 2)?.reply()?;
        let events = XIEventMask::RAW_MOTION | XIEventMask::RAW_BUTTON_RELEASE | XIEventMask::RAW_KEY_PRESS;
        let mask = xinput::EventMask { deviceid: xinput::Device::ALL_MASTER.into(), mask: vec![events] };
        server.xinput_xi_select_events(root, &[mask])?.check()?;
        let escape = escape_key(&server)?;
        // The button may have been released before the program listened.
        let released = !server.query_pointer(root)?.reply()?.mask.contains(KeyButMask::BUTTON1);
        let time = x11rb::CURRENT_TIME;
        Ok(Self { server, root, atoms, source, escape, uris, over: None, released, time })
    }

    fn follow(mut self) -> Result<Dragged, ReplyOrIdError> {
        let mut dropped = false;
        loop {
            if self.released && !dropped && self.over.is_none_or(|target| !target.asked) {
                match self.over.filter(|target| target.accepts) {
                    Some(target) => self.tell(target.window, self.atoms.XdndDrop, [0, self.time, 0, 0])?,
                    None => return self.leave(),
                }
                dropped = true;
            }
            match self.server.wait_for_event()? {
                Event::XinputRawMotion(event) if !self.released => {
                    self.time = event.time;
                    self.moved()?;
                }
                Event::XinputRawButtonRelease(event) if event.detail == LEFT_BUTTON => {
                    self.time = event.time;
                    self.released = true;
                }
                Event::XinputRawKeyPress(event) if !dropped && Some(event.detail) == self.escape => {
                    return self.leave();
                }
                Event::ClientMessage(event) if event.type_ == self.atoms.XdndStatus => self.answered(&event)?,
                Event::ClientMessage(event) if event.type_ == self.atoms.XdndFinished => return Ok(Dragged::Dropped),
                Event::SelectionRequest(event) => self.hand_over(&event)?,
                // Another program has begun a drag.
                Event::SelectionClear(_) => return Ok(if dropped { Dragged::Dropped } else { Dragged::Nowhere }),
                _ => {}
            }
        }
    }

    fn moved(&mut self) -> Result<(), ReplyOrIdError> {
        if let Some(target) = self.over.as_mut().filter(|target| target.asked) {
            target.behind = true;
            return Ok(());
        }
        let pointer = self.server.query_pointer(self.root)?.reply()?;
        let aware = self.aware(pointer.child)?;
        if aware.map(|(window, _)| window) != self.over.map(|target| target.window) {
            self.leave()?;
            self.over = aware.map(|(window, version)| {
                let version = version.min(VERSION);
                Target { window, version, accepts: false, asked: false, behind: false }
            });
            if let Some(target) = self.over {
                let types = [target.version << 24, self.atoms.URI_LIST, 0, 0];
                self.tell(target.window, self.atoms.XdndEnter, types)?;
            }
        }
        let Some(target) = &mut self.over else { return Ok(()) };
        (target.asked, target.behind) = (true, false);
        let window = target.window;
        let at = u32::from(pointer.root_x.cast_unsigned()) << 16 | u32::from(pointer.root_y.cast_unsigned());
        self.tell(window, self.atoms.XdndPosition, [0, at, self.time, self.atoms.XdndActionCopy])
    }

    /// Handles the answer of a window that says whether it would take the files.
    fn answered(&mut self, status: &ClientMessageEvent) -> Result<(), ReplyOrIdError> {
        let [from, flags, ..] = status.data.as_data32();
        let Some(target) = self.over.as_mut().filter(|target| target.window == from) else { return Ok(()) };
        (target.asked, target.accepts) = (false, flags & 1 == 1);
        if target.behind { self.moved() } else { Ok(()) }
    }

    fn leave(&mut self) -> Result<Dragged, ReplyOrIdError> {
        if let Some(target) = self.over.take() {
            self.tell(target.window, self.atoms.XdndLeave, [0; 4])?;
        }
        self.server.sync()?;
        Ok(Dragged::Nowhere)
    }

    /// Gives the files to the window that asks for them.
    fn hand_over(&self, asked: &SelectionRequestEvent) -> Result<(), ReplyOrIdError> {
        let property = if asked.property == x11rb::NONE { asked.target } else { asked.property };
        let (to, replace) = (asked.requestor, PropMode::REPLACE);
        let given = if asked.target == self.atoms.URI_LIST {
            self.server.change_property8(replace, to, property, asked.target, self.uris.as_bytes())?;
            property
        } else if asked.target == self.atoms.TARGETS {
            self.server.change_property32(replace, to, property, AtomEnum::ATOM, &[self.atoms.URI_LIST])?;
            property
        } else {
            x11rb::NONE
        };
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: asked.time,
            requestor: to,
            selection: asked.selection,
            target: asked.target,
            property: given,
        };
        self.server.send_event(false, to, EventMask::NO_EVENT, answer)?;
        Ok(self.server.flush()?)
    }

    /// Sends one of the protocol's messages. All begin with the sender.
    fn tell(&self, window: Window, what: u32, rest: [u32; 4]) -> Result<(), ReplyOrIdError> {
        let [a, b, c, d] = rest;
        let message = ClientMessageEvent::new(32, window, what, [self.source, a, b, c, d]);
        self.server.send_event(false, window, EventMask::NO_EVENT, message)?;
        Ok(self.server.flush()?)
    }

    /// The window that takes drops, from `window` down to the pointer, and its version of the protocol. Window managers
    /// put frames around windows, and frames take no drops.
    fn aware(&self, mut window: Window) -> Result<Option<(Window, u32)>, ReplyOrIdError> {
        while window != x11rb::NONE {
            let property = self.server.get_property(false, window, self.atoms.XdndAware, AtomEnum::ATOM, 0, 1)?;
            let process = self.server.get_property(false, window, self.atoms._NET_WM_PID, AtomEnum::CARDINAL, 0, 1)?;
            let pointer = self.server.query_pointer(window)?;
            // A window that has closed meanwhile gives an error, and takes no drops.
            let replies = (property.reply(), process.reply(), pointer.reply());
            let (Ok(property), Ok(process), Ok(pointer)) = replies else { return Ok(None) };
            let number = |property: &GetPropertyReply| property.value32().and_then(|mut values| values.next());
            if let Some(version) = number(&property) {
                let is_own = number(&process) == Some(std::process::id());
                return Ok((!is_own).then_some((window, version)));
            }
            window = pointer.child;
        }
        Ok(None)
    }
}

fn no_server(why: x11rb::errors::ConnectError) -> ReplyOrIdError {
    x11rb::errors::ConnectionError::from(std::io::Error::other(why)).into()
}

/// The number of the Esc key on this keyboard.
fn escape_key(server: &RustConnection) -> Result<Option<u32>, ReplyOrIdError> {
    let (first, last) = (server.setup().min_keycode, server.setup().max_keycode);
    let keys = server.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let of_key = usize::from(keys.keysyms_per_keycode.max(1));
    let place = keys.keysyms.iter().position(|symbol| *symbol == ESCAPE);
    Ok(place.map(|place| u32::from(first) + (place / of_key) as u32))
}

//! What the desktop can do: which way of opening a window is used if there are two, and whether file dialogs can be
//! shown.

use std::env;
use std::path::Path;

/// Whether the window should use X11 although Wayland is available. Under Wayland the window library does not learn of
/// dropped files.
pub fn prefers_x11(wayland_wanted: bool) -> bool {
    let there = |display: &str| socket_of(display).is_none_or(|socket| Path::new(&socket).exists());
    !wayland_wanted && named("WAYLAND_DISPLAY").is_some() && named("DISPLAY").is_some_and(|display| there(&display))
}

/// Whether the window uses X11, where files can be dragged out of it.
pub fn is_x11(wayland_wanted: bool) -> bool {
    prefers_x11(wayland_wanted) || named("WAYLAND_DISPLAY").is_none() && named("DISPLAY").is_some()
}

/// Whether file dialogs can be shown, by the desktop's portal or by zenity. The dialog library reports a dialog that
/// could not be shown as one that was closed. This function waits for the session bus, so the window's thread must not
/// call it.
#[cfg(target_os = "linux")]
pub fn shows_dialogs() -> bool {
    start_portal().is_ok() || has_program("zenity")
}

#[cfg(not(target_os = "linux"))]
pub fn shows_dialogs() -> bool {
    true
}

/// Starts the desktop's portal. Succeeds, too, if it is already running.
#[cfg(target_os = "linux")]
fn start_portal() -> zbus::Result<()> {
    let bus_itself = "org.freedesktop.DBus";
    let portal = ("org.freedesktop.portal.Desktop", 0_u32);
    pollster::block_on(async {
        let bus = zbus::Connection::session().await?;
        let path = "/org/freedesktop/DBus";
        bus.call_method(Some(bus_itself), path, Some(bus_itself), "StartServiceByName", &portal).await?;
        Ok(())
    })
}

#[cfg(target_os = "linux")]
fn has_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|folders| env::split_paths(&folders).any(|folder| folder.join(name).is_file()))
}

fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Where a server on this machine listens. `None` for a server on another machine, which only a connection can test.
fn socket_of(display: &str) -> Option<String> {
    let number = display.strip_prefix(':').or_else(|| display.strip_prefix("unix:"))?;
    let number = number.split('.').next()?;
    Some(format!("/tmp/.X11-unix/X{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn programs_are_found_by_name() {
        assert!(has_program("sh") && !has_program("no such program"));
    }

    #[test]
    fn a_display_of_this_machine_has_a_socket() {
        assert_eq!(socket_of(":0").as_deref(), Some("/tmp/.X11-unix/X0"));
        assert_eq!(socket_of("unix:12.1").as_deref(), Some("/tmp/.X11-unix/X12"));
        assert_eq!(socket_of("far.example:0"), None);
    }
}

//! Which of the desktop's two ways a window is opened by, where it has both.

use std::env;
use std::path::Path;

/// Whether the window is to go through X11 although there is Wayland: under Wayland the window library hears nothing of
/// files that are dropped.
pub fn prefers_x11(wayland_wanted: bool) -> bool {
    let there = |display: &str| socket_of(display).is_none_or(|socket| Path::new(&socket).exists());
    !wayland_wanted && named("WAYLAND_DISPLAY").is_some() && named("DISPLAY").is_some_and(|display| there(&display))
}

/// Whether the window goes through X11, where files can be dragged out of it.
pub fn is_x11(wayland_wanted: bool) -> bool {
    prefers_x11(wayland_wanted) || named("WAYLAND_DISPLAY").is_none() && named("DISPLAY").is_some()
}

fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Where a server on this machine listens; `None` for one elsewhere, of which only trying would tell.
fn socket_of(display: &str) -> Option<String> {
    let number = display.strip_prefix(':').or_else(|| display.strip_prefix("unix:"))?;
    let number = number.split('.').next()?;
    Some(format!("/tmp/.X11-unix/X{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_of_this_machine_has_a_socket() {
        assert_eq!(socket_of(":0").as_deref(), Some("/tmp/.X11-unix/X0"));
        assert_eq!(socket_of("unix:12.1").as_deref(), Some("/tmp/.X11-unix/X12"));
        assert_eq!(socket_of("far.example:0"), None);
    }
}

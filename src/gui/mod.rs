//! The window. Only this folder knows egui. `app.rs` takes the engine's values and events into a [`state::State`], and gives
//! the engine its commands. The panels draw the state. Each panel owns a part of it, and puts everything else that the person
//! wants on a list ([`intents`]).

pub mod actions;
mod app;
mod arranger;
pub mod collecting;
mod desktop;
pub mod dialogs;
#[cfg(target_os = "linux")]
pub mod drag_source;
pub mod explore;
mod file_clipboard;
mod file_manager;
pub mod file_table;
mod fonts;
pub mod format;
pub mod indexing;
pub mod intents;
pub mod keys;
pub mod library;
pub mod match_list;
pub mod modals;
pub mod notices;
mod opening;
pub mod panels;
pub mod pictures;
pub mod preferences;
pub mod query_history;
pub mod review;
pub mod saving;
pub mod search_state;
pub mod shared;
pub mod sound_state;
pub mod state;
pub mod taught;
pub mod theme;
pub mod training_form;
pub mod typed_path;
pub mod upkeep;
pub mod widgets;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use crossbeam_channel::bounded;

pub use app::App;

use crate::ground::signals::Signal;
use preferences::Preferences;

/// How the window is opened.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// The folder of the project. It is created if needed.
    pub project: PathBuf,
    /// The folder of the window's preferences. `None` keeps no preferences.
    pub preferences: Option<PathBuf>,
    /// Whether the window uses Wayland even if files cannot be dropped on it then.
    pub wayland: bool,
    /// Whether signals that ask the program to end close the window. They should if the window is the whole program.
    pub heeds_signals: bool,
}

/// The application's name to the desktop.
const APP_ID: &str = "soundalike";

/// Opens the window, and returns when it is closed. Returns the signal that closed it, if a signal did.
///
/// # Errors
/// If there is no display for it.
pub fn run(options: WindowOptions) -> anyhow::Result<Option<Signal>> {
    let (sender, closed_by) = bounded(1);
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/soundalike.png"))
        .context("the program's own icon is broken")?;
    let remembered = options.preferences.as_deref().map(Preferences::load).unwrap_or_default();
    let size = remembered.window.unwrap_or((1280.0, 800.0));
    let viewport = egui::ViewportBuilder::default()
        .with_title("Soundalike")
        .with_app_id(APP_ID)
        .with_icon(icon)
        .with_inner_size(size)
        .with_min_inner_size([800.0, 560.0])
        .with_drag_and_drop(true);
    #[cfg(target_os = "linux")]
    let event_loop_builder: Option<eframe::EventLoopBuilderHook> = desktop::prefers_x11(options.wayland).then(|| {
        use winit::platform::x11::EventLoopBuilderExtX11 as _;
        let hook: eframe::EventLoopBuilderHook = Box::new(|builder| _ = builder.with_x11());
        hook
    });
    #[cfg(not(target_os = "linux"))]
    let event_loop_builder = None;
    let native = eframe::NativeOptions { viewport, event_loop_builder, ..Default::default() };
    let create = |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        let app = App::new(&cc.egui_ctx, options);
        // The channel has room for one value, and this is the only one.
        let _ = sender.send(app.signals());
        Ok(Box::new(app))
    };
    eframe::run_native(APP_ID, native, Box::new(create)).map_err(|error| {
        // The message of the library contains paths of the machine that built it, so it is only logged.
        tracing::debug!("the window cannot be opened: {error}");
        anyhow!("The window cannot be opened: {}", obstacle(&error))
    })?;
    Ok(closed_by.try_recv().ok().and_then(|signals| signals.received()))
}

/// Why the window cannot be opened, and what the person can do.
fn obstacle(error: &eframe::Error) -> &'static str {
    use eframe::Error::{Glutin, NoGlutinConfigs, OpenGL, Winit, WinitEventLoop};
    match error {
        Winit(_) | WinitEventLoop(_) if cfg!(target_os = "linux") => {
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY leads to one). Without a display, use the commands that \
             `soundalike --help` lists"
        }
        Glutin(_) | NoGlutinConfigs(..) | OpenGL(_) => {
            "it needs OpenGL 2.1 or newer, which the graphics driver of this display does not have. Install the driver of \
             your graphics card, or use the commands that `soundalike --help` lists"
        }
        _ => "the system refused it. `soundalike -v` prints the reason",
    }
}

//! The window. [`App`] drains the engine's events and decides; the panels draw a [`state::State`] and put into it what
//! the person wants. Only this folder knows egui. The panels show what the engine tells and leave commands in the state;
//! only this file talks to the engine.

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
pub mod keys;
pub mod library;
pub mod match_list;
pub mod notices;
mod opening;
pub mod panels;
pub mod preferences;
pub mod query_history;
pub mod saving;
pub mod search_state;
pub mod sound_state;
pub mod state;
pub mod taught;
pub mod theme;
pub mod training_form;
pub mod upkeep;
pub mod widgets;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, anyhow};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::audio::device::{Backend, SoundCard};
use crate::ground::signals::{self, Signal, Signals};
use arranger::Arranger;
use dialogs::Dialogs;
use file_table::Order;
use notices::Tone;
use opening::{Project, Refusal, open};
use preferences::{Keeper, Preferences};
use state::{Action, Modal, Remedy, State};

/// What the window is opened on.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// The project's folder; it is made if it is not there.
    pub project: PathBuf,
    /// The folder where the window keeps what it remembers; `None` remembers nothing.
    pub preferences: Option<PathBuf>,
    /// Whether the window is to go through Wayland even where files could not be dropped on it then.
    pub wayland: bool,
    /// Whether signals that ask the program to end close the window, as they should where the window is the program.
    pub heeds_signals: bool,
}

/// The application's name to the desktop.
const APP_ID: &str = "soundalike";

/// Opens the window and returns when it is closed: the signal that closed it, where it was one.
///
/// # Errors
/// Where there is no display to open it on.
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
        // There is room for one, and nobody else sends.
        let _ = sender.send(app.signals.clone());
        Ok(Box::new(app))
    };
    eframe::run_native(APP_ID, native, Box::new(create)).map_err(|error| {
        // The library's own words have paths of the machine that built it.
        tracing::debug!("the window cannot be opened: {error}");
        anyhow!("The window cannot be opened: {}", obstacle(&error))
    })?;
    Ok(closed_by.try_recv().ok().and_then(|signals| signals.received()))
}

/// Why the window cannot be opened, and what to do.
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

/// The window's logic.
pub struct App {
    project: Project,
    state: State,
    dialogs: Dialogs,
    keeper: Option<Keeper>,
    /// What was kept last.
    kept: Preferences,
    arranger: Option<Arranger>,
    /// Why something that was asked of the desktop could not be done.
    complaints: (Sender<String>, Receiver<String>),
    audio: Arc<dyn Backend>,
    wake: Arc<dyn Fn() + Send + Sync>,
    signals: Signals,
    /// Whether the window is being closed, whatever runs.
    is_leaving: bool,
}

impl App {
    /// With the machine's own sound card.
    pub fn new(ctx: &egui::Context, options: WindowOptions) -> Self {
        let drags_out = cfg!(target_os = "linux") && desktop::is_x11(options.wayland);
        let mut app = Self::with_audio(ctx, options, Arc::new(SoundCard));
        app.state.drags_out = drags_out;
        app
    }

    pub fn with_audio(ctx: &egui::Context, options: WindowOptions, audio: Arc<dyn Backend>) -> Self {
        theme::install(ctx);
        fonts::install(ctx);
        let kept = options.preferences.as_deref().map(Preferences::load).unwrap_or_default();
        ctx.set_theme(egui::ThemePreference::from(kept.theme));
        ctx.set_zoom_factor(kept.scale);
        let keeper = options.preferences.map(Keeper::start).transpose().unwrap_or_else(|why| {
            tracing::warn!("the window's preferences cannot be read: {why}");
            None
        });
        let repaint = ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || repaint.request_repaint());
        let signals = match options.heeds_signals {
            true => {
                let woken = wake.clone();
                signals::listen(move || woken()).unwrap_or_else(|why| {
                    tracing::warn!("signals end the program at once: {why}");
                    Signals::default()
                })
            }
            false => Signals::default(),
        };
        Self {
            project: open(options.project, None, None, audio.clone(), wake.clone()),
            state: State::remembered(kept.clone()),
            keeper,
            kept,
            dialogs: Dialogs::new(wake.clone()),
            arranger: None,
            complaints: unbounded(),
            audio,
            wake,
            signals,
            is_leaving: false,
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes over what the engine and the dialogs have to say.
    fn listen(&mut self) {
        if let Project::Opening { folder, engine } = &self.project {
            match engine.try_recv() {
                Ok(Ok(engine)) => {
                    self.state.opened(engine.latest());
                    self.project = Project::Open(engine);
                }
                Ok(Err(refusal)) => self.project = Project::Refused { folder: folder.clone(), refusal },
                Err(crossbeam_channel::TryRecvError::Empty) => {}
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    let reason = "The project could not be opened. Please report this fault.".to_owned();
                    self.project = Project::Refused { folder: folder.clone(), refusal: Refusal::fault(reason) };
                }
            }
        }
        if let Project::Open(engine) = &self.project {
            // The values first: an event tells that something has changed, and finds it changed.
            self.state.observe(engine.latest());
            for event in engine.events().try_iter() {
                self.state.apply(event);
            }
        }
        for answer in self.dialogs.answers() {
            self.state.answered(answer);
        }
        for arrangement in self.arranger.iter().flat_map(Arranger::answers) {
            self.state.arranged(arrangement);
        }
        for complaint in self.complaints.1.try_iter() {
            self.state.notices.push(Tone::Error, complaint);
        }
    }

    /// Does what the panels and the keys have asked for.
    fn carry_out(&mut self) {
        for action in self.state.take_actions() {
            match action {
                Action::Submit(command) => {
                    if let Project::Open(engine) = &self.project {
                        let job = engine.submit((*command).clone());
                        self.state.submitted(job, &command);
                    }
                }
                Action::Cancel(job) => {
                    if let Project::Open(engine) = &self.project {
                        engine.cancel(job);
                    }
                }
                Action::Ask(question) => {
                    if let Err(error) = self.dialogs.ask(question) {
                        self.state.notices.push(Tone::Error, format!("No dialog can be opened: {error}."));
                    }
                }
                Action::OpenProject(folder) => self.reopen(folder, None),
                Action::OpenRemedied(folder, remedy) => self.reopen(folder, Some(remedy)),
                Action::Arrange(order) => self.arrange(*order),
                Action::Reveal(paths) => self.reveal(paths),
                Action::DragOut(paths) => self.drag_out(paths),
                Action::Leave => self.is_leaving = true,
            }
        }
    }

    /// Closes the window where that was decided, and asks first where a recording would end with it. What was recorded until
    /// then is kept all the same: the engine ends it in good order.
    fn close_or_ask(&mut self, ctx: &egui::Context) {
        self.is_leaving |= self.signals.received().is_some();
        let is_closing = ctx.input(|i| i.viewport().close_requested());
        match (is_closing, self.is_leaving) {
            (false, true) => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            (true, false) if self.state.latest.recorder.recording => {
                self.state.modal = Some(Modal::LeaveRecording);
                for command in [
                    egui::ViewportCommand::CancelClose,
                    egui::ViewportCommand::Minimized(false),
                    egui::ViewportCommand::Focus,
                ] {
                    ctx.send_viewport_cmd(command);
                }
            }
            _ => {}
        }
    }

    /// Small projects never get here, and so never start the thread.
    fn arrange(&mut self, order: Order) {
        if self.arranger.is_none() {
            match Arranger::start(self.wake.clone()) {
                Ok(arranger) => self.arranger = Some(arranger),
                Err(error) => {
                    return self.state.notices.push(Tone::Error, format!("The files cannot be sorted: {error}."));
                }
            }
        }
        if let Some(arranger) = &self.arranger {
            arranger.ask(order);
        }
    }

    /// Tells the window why something could not be done, from another thread.
    fn complain(&self) -> impl FnOnce(String) + Send + 'static {
        let (sender, wake) = (self.complaints.0.clone(), self.wake.clone());
        move |why: String| {
            // The window may have closed meanwhile: then nobody wants to know.
            if sender.send(why).is_ok() {
                wake();
            }
        }
    }

    fn reveal(&mut self, paths: Vec<PathBuf>) {
        if let Err(error) = file_manager::reveal(paths, self.complain()) {
            self.state.notices.push(Tone::Error, format!("The file manager cannot be asked: {error}."));
        }
    }

    #[cfg(target_os = "linux")]
    fn drag_out(&mut self, paths: Vec<PathBuf>) {
        let failed = self.complain();
        let dragging = std::thread::Builder::new().name("drag".into()).spawn(move || {
            if let Err(why) = drag_source::drag(&paths, None) {
                failed(format!("The file cannot be dragged: {why}."));
            }
        });
        if let Err(error) = dragging {
            self.state.notices.push(Tone::Error, format!("The file cannot be dragged: {error}."));
        }
    }

    /// Elsewhere nothing asks for it: see [`State::drags_out`].
    #[cfg(not(target_os = "linux"))]
    fn drag_out(&mut self, _paths: Vec<PathBuf>) {}

    /// Notes what is to be remembered, and has it kept where it has changed.
    fn remember(&mut self, ctx: &egui::Context) {
        let Some(keeper) = &self.keeper else { return };
        let preferences = &mut self.state.preferences;
        preferences.scale = ctx.zoom_factor();
        preferences.files_by_folder = self.state.files.by_folder;
        preferences.files_sorted = self.state.files.sort;
        preferences.match_view = self.state.search.view;
        preferences.matches_sorted = self.state.search.sort;
        preferences.plays_selected = self.state.search.auto_play;
        let usual = |viewport: &egui::ViewportInfo| {
            !viewport.maximized.unwrap_or(false) && !viewport.fullscreen.unwrap_or(false)
        };
        let shown = ctx.input(|i| i.viewport().inner_rect.filter(|_| usual(i.viewport())));
        if let Some(rect) = shown {
            let size = rect.size() * preferences.scale;
            preferences.window = Some((size.x.round(), size.y.round()));
        }
        if *preferences != self.kept {
            keeper.keep(preferences);
            self.kept = preferences.clone();
        }
    }

    fn reopen(&mut self, folder: PathBuf, remedy: Option<Remedy>) {
        let pending = Project::Refused { folder: folder.clone(), refusal: Refusal::default() };
        let earlier = match std::mem::replace(&mut self.project, pending) {
            Project::Open(engine) => Some(engine),
            Project::Opening { .. } | Project::Refused { .. } => None,
        };
        let drags_out = self.state.drags_out;
        self.state = State::remembered(self.state.preferences.clone());
        self.state.drags_out = drags_out;
        self.project = open(folder, remedy, earlier, self.audio.clone(), self.wake.clone());
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.listen();
        if let Project::Open(_) = &self.project {
            let (hover, dropped) = ctx.input(|i| {
                let dropped: Vec<PathBuf> = i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
                (!i.raw.hovered_files.is_empty(), dropped)
            });
            if ctx.input(|i| i.raw.events.contains(&egui::Event::WindowFocused(true))) {
                self.state.came_back();
            }
            self.state.files_hover = hover && !self.state.read_only();
            self.state.dropped(dropped);
            keys::handle(ctx, &mut self.state);
        }
        self.carry_out();
        self.close_or_ask(ctx);
        if self.state.moves() {
            ctx.request_repaint_after(Duration::from_millis(33));
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        match &self.project {
            Project::Open(_) => panels::show(ui, &mut self.state),
            Project::Opening { folder, .. } => opening::waiting(ui, folder),
            Project::Refused { folder, refusal } => opening::refused(ui, &mut self.state, folder, refusal),
        }
        if let Some(deed) = self.state.notices.show(ui.ctx()) {
            self.state.do_deed(deed);
        }
        let title = |node: &mut egui::accesskit::Node| node.set_label("Soundalike");
        ui.ctx().accesskit_node_builder(egui::accesskit_root_id(), title);
        // What was clicked goes out with this frame: the next one may be a long wait away.
        self.carry_out();
        if self.is_leaving {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
        self.remember(ui.ctx());
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::palette(visuals).window.to_normalized_gamma_f32()
    }
}

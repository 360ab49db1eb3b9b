//! The window's logic between its state and the rest of the program. Only this file gives commands to the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::actions::{Action, Remedy};
use super::arranger::Arranger;
use super::dialogs::Dialogs;
use super::file_table::Order;
use super::intents::Intents;
use super::modals::Modal;
use super::notices::Tone;
use super::opening::{self, Project, Refusal, open};
use super::preferences::{Keeper, Preferences};
use super::state::State;
use super::{WindowOptions, desktop, file_manager, fonts, keys, panels, theme};
use crate::audio::device::{Backend, SoundCard};
use crate::ground::signals::{self, Signals};

/// The window's logic.
pub struct App {
    project: Project,
    state: State,
    dialogs: Dialogs,
    keeper: Option<Keeper>,
    /// The preferences that were written last.
    kept: Preferences,
    arranger: Option<Arranger>,
    /// Why the desktop could not do something.
    complaints: (Sender<String>, Receiver<String>),
    audio: Arc<dyn Backend>,
    wake: Arc<dyn Fn() + Send + Sync>,
    signals: Signals,
    /// Whether the window closes even during a recording.
    is_leaving: bool,
}

impl App {
    /// A window that plays through the machine's sound card.
    pub fn new(ctx: &egui::Context, options: WindowOptions) -> Self {
        let drags_out = cfg!(target_os = "linux") && desktop::is_x11(options.wayland);
        let mut app = Self::with_audio(ctx, options, Arc::new(SoundCard));
        app.state.shared.drags_out = drags_out;
        app
    }

    pub fn with_audio(ctx: &egui::Context, options: WindowOptions, audio: Arc<dyn Backend>) -> Self {
        theme::install(ctx);
        fonts::install(ctx);
        let kept = options.preferences.as_deref().map(Preferences::load).unwrap_or_default();
        ctx.set_theme(theme::preference(kept.theme));
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

    /// The signals that ask the program to end.
    pub(super) fn signals(&self) -> Signals {
        self.signals.clone()
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes over what the engine, the dialogs and the other threads tell.
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
            // The values come first, because what handles an event may read them.
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

    /// Does what the panels and the keys ask of the world.
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

    /// Closes the window if that was decided. If a recording is running, asks first. The recording is kept in either case:
    /// the engine finishes it.
    fn close_or_ask(&mut self, ctx: &egui::Context) {
        self.is_leaving |= self.signals.received().is_some();
        let is_closing = ctx.input(|i| i.viewport().close_requested());
        match (is_closing, self.is_leaving) {
            (false, true) => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            (true, false) if self.state.shared.latest.recorder.recording => {
                self.state.modals.open = Some(Modal::LeaveRecording);
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

    /// Sorts a large table on a separate thread, which starts at the first large table.
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

    /// A function that another thread calls to show why something could not be done.
    fn complain(&self) -> impl FnOnce(String) + Send + 'static {
        let (sender, wake) = (self.complaints.0.clone(), self.wake.clone());
        move |why: String| {
            // If the window has closed meanwhile, nobody needs the message.
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
            if let Err(why) = super::drag_source::drag(&paths, None) {
                failed(format!("The file cannot be dragged: {why}."));
            }
        });
        if let Err(error) = dragging {
            self.state.notices.push(Tone::Error, format!("The file cannot be dragged: {error}."));
        }
    }

    /// Nothing asks for this on other systems: see [`Shared::drags_out`](super::shared::Shared::drags_out).
    #[cfg(not(target_os = "linux"))]
    fn drag_out(&mut self, _paths: Vec<PathBuf>) {}

    /// Notes the preferences, and writes them if they have changed.
    fn remember(&mut self, ctx: &egui::Context) {
        let Some(keeper) = &self.keeper else { return };
        self.state.note_preferences();
        let preferences = &mut self.state.shared.preferences;
        preferences.scale = ctx.zoom_factor();
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
        let drags_out = self.state.shared.drags_out;
        self.state = State::remembered(self.state.shared.preferences.clone());
        self.state.shared.drags_out = drags_out;
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
            self.state.shared.files_hover = hover && !self.state.shared.read_only();
            self.state.dropped(dropped);
            keys::handle(ctx, &mut self.state);
        }
        self.carry_out();
        self.close_or_ask(ctx);
        if self.state.shared.moves() {
            ctx.request_repaint_after(Duration::from_millis(33));
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        match &self.project {
            Project::Open(_) => panels::show(ui, &mut self.state),
            Project::Opening { folder, .. } => opening::waiting(ui, folder),
            Project::Refused { folder, refusal } => {
                let mut intents = Intents::default();
                opening::refused(ui, &mut self.state.modals.project_typed, &mut intents, folder, refusal);
                self.state.carry_out(intents);
            }
        }
        if let Some(deed) = panels::notices::show(ui.ctx(), &mut self.state.notices) {
            self.state.do_deed(deed);
        }
        let title = |node: &mut egui::accesskit::Node| node.set_label("Soundalike");
        ui.ctx().accesskit_node_builder(egui::accesskit_root_id(), title);
        // What was clicked goes out with this frame, because the next frame may come much later.
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

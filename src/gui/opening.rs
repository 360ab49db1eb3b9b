//! Opens a project on a separate thread, and shows something until it is open. A folder that is not a project, or a
//! broken project, is only changed if the person asks for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, bounded};

use super::actions::Remedy;
use super::dialogs::Question;
use super::intents::Intents;
use super::notices::Tone;
use super::widgets::buttons::primary_sized;
use super::{format, panels, theme, widgets};
use crate::audio::device::Backend;
use crate::engine::{Engine, EngineOptions, Failure, FailureKind, Opening, repair};

/// The state of opening a project.
pub(super) enum Project {
    Opening { folder: PathBuf, engine: Receiver<Result<Engine, Refusal>> },
    Open(Engine),
    Refused { folder: PathBuf, refusal: Refusal },
}

/// Why a project could not be opened, and what the person may do about it.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub reason: String,
    pub remedy: Option<Remedy>,
}

impl Refusal {
    pub fn fault(reason: String) -> Self {
        Self { reason, remedy: None }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let remedy = match failure.kind {
            FailureKind::NoProject => Some(Remedy::MakeHere),
            FailureKind::BrokenProject => Some(Remedy::Repair),
            _ => None,
        };
        Self { reason: failure.to_string(), remedy }
    }
}

/// Opens a project on a separate thread, because reading a large one takes longer than a frame. `earlier` is closed
/// first, so that the same folder can be opened again.
pub(super) fn open(
    folder: PathBuf,
    remedy: Option<Remedy>,
    earlier: Option<Engine>,
    audio: Arc<dyn Backend>,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> Project {
    let (sender, engine) = bounded(1);
    let opening = Opening { among_other_files: remedy == Some(Remedy::MakeHere), ..Opening::default() };
    let options = EngineOptions { project: folder.clone(), wake: wake.clone(), audio, opening };
    let thread = std::thread::Builder::new().name("open project".into()).spawn(move || {
        drop(earlier);
        // If the window has closed meanwhile, the engine is dropped, which closes the project.
        if sender.send(opened(options, remedy).map_err(Refusal::from)).is_ok() {
            wake();
        }
    });
    match thread {
        Ok(_) => Project::Opening { folder, engine },
        Err(error) => {
            let refusal = Refusal::fault(format!("No thread can be started: {error}."));
            Project::Refused { folder, refusal }
        }
    }
}

fn opened(options: EngineOptions, remedy: Option<Remedy>) -> Result<Engine, Failure> {
    if remedy == Some(Remedy::Repair) {
        let folder = camino::Utf8PathBuf::from_path_buf(options.project.clone()).map_err(|folder| {
            Failure::at(FailureKind::File, folder, "the folder's name must be readable as text (UTF-8); rename it")
        })?;
        let done = repair(&folder).map_err(|cause| Failure::new(FailureKind::Project, cause.to_string()))?;
        done.iter().for_each(|what| tracing::info!("repaired: {what}"));
    }
    Engine::open(options).map_err(Failure::from)
}

/// Shown while the project is being opened.
pub(super) fn waiting(ui: &mut egui::Ui, folder: &Path) {
    let palette = theme::palette(ui.visuals());
    egui::CentralPanel::no_frame().frame(theme::panel_frame(palette)).show(ui, |ui| {
        widgets::empty::empty(ui, "Opening the project…", &folder.to_string_lossy());
    });
}

/// Shown if a project cannot be opened: the reason, and ways out.
pub(super) fn refused(ui: &mut egui::Ui, typed: &mut String, intents: &mut Intents, folder: &Path, refusal: &Refusal) {
    let palette = theme::palette(ui.visuals());
    let size = egui::vec2(220.0, 36.0);
    egui::CentralPanel::no_frame().frame(theme::panel_frame(palette)).show(ui, |ui| {
        widgets::empty::empty(ui, "This project cannot be opened", &folder.to_string_lossy());
        ui.vertical_centered(|ui| {
            ui.set_max_width(520.0);
            widgets::message::message(ui, Tone::Error, &format::sentence(&refusal.reason), None);
            ui.add_space(theme::size::SECTION);
            let choose = "Choose another folder…";
            match refusal.remedy {
                None => {
                    if primary_sized(ui, true, choose, size).clicked() {
                        intents.ask(Question::ProjectFolder);
                    }
                }
                Some(remedy) => {
                    let label = match remedy {
                        Remedy::MakeHere => "Make a project here",
                        Remedy::Repair => "Repair the project",
                    };
                    if primary_sized(ui, true, label, size).clicked() {
                        intents.open_remedied(folder.to_owned(), remedy);
                    }
                    if ui.button(choose).clicked() {
                        intents.ask(Question::ProjectFolder);
                    }
                }
            }
            if ui.button("Try again").clicked() {
                intents.open_project(folder.to_owned());
            }
            ui.set_max_width(360.0);
            panels::open_project::folder_field(ui, typed, intents, "or paste a folder's path");
        });
    });
}

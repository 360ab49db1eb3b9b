//! What the window asks of the world around it: of the engine, the desktop and the disk.

use std::path::PathBuf;

use super::dialogs::Question;
use super::file_table::Order;
use crate::engine::{Command, JobId};

#[derive(Clone, Debug)]
pub enum Action {
    Submit(Box<Command>),
    Cancel(JobId),
    Ask(Question),
    OpenProject(PathBuf),
    /// Does what the person agreed to, and then opens the project.
    OpenRemedied(PathBuf, Remedy),
    /// Arranges a large table of files. The answer goes to [`State::arranged`](super::state::State::arranged).
    Arrange(Box<Order>),
    /// Shows files in the file manager.
    Reveal(Vec<PathBuf>),
    /// Drags files to another window. The pointer's button is down.
    DragOut(Vec<PathBuf>),
    /// Closes the window.
    Leave,
}

/// What is done before a project is opened, if the person asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Makes a project in a folder that holds other files.
    MakeHere,
    /// Repairs a broken project.
    Repair,
}

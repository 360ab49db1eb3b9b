//! The errors of a project as a whole. Each message says what to do.

use camino::Utf8PathBuf;

use super::schema;

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("cannot make a project in {folder}: {cause}; choose another folder")]
    Create { folder: Utf8PathBuf, cause: std::io::Error },
    #[error("cannot open the project in {folder}: {cause}")]
    Open { folder: Utf8PathBuf, cause: std::io::Error },
    #[error(
        "{folder} is not a Soundalike project, and it is not empty; choose a new folder, or say that a project is to be \
         made among these files (on the command line: --new-project)"
    )]
    NoProject { folder: Utf8PathBuf },
    #[error("{folder} was written by a newer Soundalike (catalogue version {found}, this program knows {known}); use the newer program or another folder", known = schema::VERSION)]
    Newer { folder: Utf8PathBuf, found: i64 },
    #[error("{folder}/project.db is a database of another program; choose another folder")]
    Foreign { folder: Utf8PathBuf },
    #[error(
        "the project in {folder} must be repaired first: {what}. Nothing was changed. See it with `soundalike check`, and mend it with `soundalike repair`"
    )]
    Broken { folder: Utf8PathBuf, what: String },
    #[error("the project cannot be changed: {0}")]
    ReadOnly(String),
    #[error("the catalogue of {folder} cannot be used: {cause}")]
    Catalogue { folder: Utf8PathBuf, cause: rusqlite::Error },
    #[error("the catalogue of {folder} holds something unreadable: {what}")]
    Content { folder: Utf8PathBuf, what: String },
    #[error("“{what}” cannot be undone any more, because the project has changed since ({cause})")]
    Undo { what: String, cause: rusqlite::Error },
    #[error("{path} is not one of the project's files, so nothing is written there; move it or give it another name")]
    NotOurs { path: Utf8PathBuf },
    #[error("{path}: {cause}")]
    File { path: Utf8PathBuf, cause: std::io::Error },
}

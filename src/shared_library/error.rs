//! The errors of a shared library. Each message says what to do, and none contains a password.

use postgres::error::SqlState;

use super::schema;
use crate::index::CodeWidthError;

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("this is not the address of a shared library: {0}; it looks like postgres://USER@HOST/DATABASE")]
    Address(String),
    #[error("the password file {path} is not used: {why}")]
    PasswordFile { path: String, why: String },
    #[error("{what} cannot be used for the connection to {library}: {why}")]
    Certificates { library: String, what: String, why: String },
    /// The server cannot be reached, or went away. It may come back.
    #[error("the server of {library} cannot be reached: {why}")]
    Away { library: String, why: String },
    #[error("{library} refuses the connection: {why}")]
    Refused { library: String, why: String },
    #[error("{library} holds no shared library yet; `soundalike publish` makes one")]
    Empty { library: String },
    #[error("{library} is of an older version ({found}, this program knows {known}); `soundalike publish` by its owner brings it up to date", known = schema::VERSION)]
    Older { library: String, found: i32 },
    #[error("{library} was written by a newer Soundalike (version {found}, this program knows {known}); use the newer program", known = schema::VERSION)]
    Newer { library: String, found: i32 },
    #[error("{library} has no model yet; `soundalike publish` publishes one")]
    NoModel { library: String },
    #[error("you may not do this in {library}: {why}; docs/shared-library.md has the permissions of each role")]
    NotPermitted { library: String, why: String },
    /// The codes of a model are gone, because another model became the current one.
    #[error("the model of {library} has just changed; try again")]
    Changed { library: String },
    #[error("{library} holds something unreadable: {what}")]
    Content { library: String, what: String },
    #[error("a shared library has no filter for this: {0}")]
    Filter(String),
    #[error("{0}")]
    Request(String),
    #[error("{library}: {why}")]
    Database { library: String, why: String },
    #[error(transparent)]
    CodeWidth(#[from] CodeWidthError),
    #[error("a file for the library's model cannot be written: {0}")]
    Scratch(#[from] std::io::Error),
}

impl LibraryError {
    /// The error for a failure of PostgreSQL.
    pub(super) fn of(library: &str, cause: &postgres::Error) -> Self {
        let library = library.to_owned();
        let Some(said) = cause.as_db_error() else {
            return Self::Away { library, why: words(cause) };
        };
        let why = said.message().to_owned();
        let code = said.code();
        match code.code() {
            // The server is starting, is being shut down, or ended the connection.
            "57P01" | "57P02" | "57P03" | "57P05" | "53300" => Self::Away { library, why },
            class if class.starts_with("08") => Self::Away { library, why },
            class if class.starts_with("28") || class == "3D000" => Self::Refused { library, why },
            _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => Self::NotPermitted { library, why },
            _ if *code == SqlState::UNDEFINED_TABLE => Self::Changed { library },
            _ => Self::Database { library, why: format!("{why} ({})", code.code()) },
        }
    }

    /// Whether the same may succeed later, because only the connection failed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

/// The causes of a failed connection, in one line.
fn words(cause: &postgres::Error) -> String {
    let mut words = cause.to_string();
    let mut source = std::error::Error::source(cause);
    while let Some(below) = source {
        let below_words = below.to_string();
        if !words.contains(&below_words) {
            words = format!("{words}: {below_words}");
        }
        source = below.source();
    }
    if words.contains("certificate") || words.contains("UnknownIssuer") {
        words += " (name the certificate of the server's authority with sslrootcert=FILE in the address)";
    }
    words
}

//! The table with the codes of one model.

use std::fmt::{self, Display, Formatter};

/// The table with the codes of one model. Prints as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodesTable {
    pub model: i32,
}

impl Display for CodesTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "soundalike.codes_{}", self.model)
    }
}

impl CodesTable {
    /// The statements that make the table.
    ///
    /// A code is stored plain, because PostgreSQL would copy every shortened one before it compares it. There is no
    /// reference to `files`: checking it for each code halves the speed of publishing. Whoever removes a file removes
    /// its codes in the same transaction, and whoever writes codes has locked the file's row of `work`.
    pub fn making(self, bits: usize) -> String {
        format!(
            "CREATE TABLE {self} (
                file bigint NOT NULL,
                chunk integer NOT NULL CHECK (chunk >= 0),
                code bit({bits}) NOT NULL,
                PRIMARY KEY (file, chunk)
            );
            ALTER TABLE {self} ALTER COLUMN code SET STORAGE PLAIN;"
        )
    }
}

//! [`Library`]: an open shared library.

use postgres::Client;

use super::address::Address;
use super::error::LibraryError;
use super::{schema, tls};

/// An open shared library. One thread uses it at a time.
pub struct Library {
    pub(super) client: Client,
    /// Host and database, for errors.
    pub(super) name: String,
}

impl Library {
    /// Opens a library that exists.
    pub fn open(address: &Address) -> Result<Self, LibraryError> {
        let mut library = Self::connect(address)?;
        schema::check(&mut library.client, &library.name)?;
        Ok(library)
    }

    /// Opens a library for publishing. It is made, or brought up to date, if that is needed.
    pub fn open_or_make(address: &Address) -> Result<Self, LibraryError> {
        let mut library = Self::connect(address)?;
        match schema::check(&mut library.client, &library.name) {
            Err(LibraryError::Empty { .. } | LibraryError::Older { .. }) => {
                schema::migrate(&mut library.client, &library.name)?;
            }
            checked => checked?,
        }
        Ok(library)
    }

    fn connect(address: &Address) -> Result<Self, LibraryError> {
        let name = address.to_string();
        let client = address.config.connect(tls::connector(address)?);
        let client = client.map_err(|cause| LibraryError::of(&name, &cause))?;
        Ok(Self { client, name })
    }

    /// Host and database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stops a query of this connection from another thread.
    pub fn stopper(&self, address: &Address) -> Result<Stopper, LibraryError> {
        Ok(Stopper { token: self.client.cancel_token(), tls: tls::connector(address)? })
    }

    pub(super) fn failed(&self) -> impl Fn(postgres::Error) -> LibraryError + use<> {
        let name = self.name.clone();
        move |cause| LibraryError::of(&name, &cause)
    }

    pub(super) fn content(&self, what: impl Into<String>) -> LibraryError {
        LibraryError::Content { library: self.name.clone(), what: what.into() }
    }
}

/// Stops a running query.
pub struct Stopper {
    token: postgres::CancelToken,
    tls: tokio_postgres_rustls::MakeRustlsConnect,
}

impl Stopper {
    /// Asks the server to stop the query. The query then fails. If the server cannot be reached, the query ends by itself.
    pub fn stop(&self) {
        if let Err(cause) = self.token.cancel_query(self.tls.clone()) {
            tracing::debug!("a query was not stopped: {cause}");
        }
    }
}

//! Encrypted connections. The server's certificate and name are always verified.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::error::LibraryError;

/// What makes encrypted connections to an address.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, LibraryError> {
    let mut authorities = RootCertStore::empty();
    match &address.authorities {
        None => authorities.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let unusable = |why: String| LibraryError::Certificates {
                library: address.to_string(),
                what: file.display().to_string(),
                why,
            };
            let certificates = CertificateDer::pem_file_iter(file).map_err(|cause| unusable(cause.to_string()))?;
            for certificate in certificates {
                let added = certificate
                    .map_err(|cause| cause.to_string())
                    .and_then(|certificate| authorities.add(certificate).map_err(|cause| cause.to_string()));
                added.map_err(unusable)?;
            }
            if authorities.is_empty() {
                return Err(unusable("it holds no certificate".into()));
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| LibraryError::Certificates {
            library: address.to_string(),
            what: "TLS".into(),
            why: cause.to_string(),
        })?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(authorities).with_no_client_auth()))
}

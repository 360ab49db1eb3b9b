//! [`Address`]: where a shared library is, and as whom it is opened.
//!
//! An address is a URL (`postgres://USER@HOST:PORT/DATABASE?options`). What the URL lacks comes from the environment, as
//! with other programs for PostgreSQL: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT,
//! PGPASSFILE. The password is never shown: an address prints as host and database only.

use std::fmt::{self, Debug, Display, Formatter};
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::Config;
use postgres::config::{Host, SslMode};

use super::error::LibraryError;
use super::passfile;

/// The longest time that a connection may take, unless the address says otherwise (`connect_timeout`).
const CONNECTING_AT_MOST: Duration = Duration::from_secs(15);

/// Where a shared library is.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    /// A file with certificates of authorities. `None` for the usual authorities of the internet.
    pub(super) authorities: Option<PathBuf>,
    shown: String,
    /// The URL without its password.
    url: String,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// If it is none, or if it has an unknown option. The error does not repeat the URL, which may hold a password.
    pub fn read(url: &str) -> Result<Self, LibraryError> {
        Self::read_with(url, &|name| std::env::var(name).ok())
    }

    /// [`read`](Self::read), with another environment.
    pub(super) fn read_with(url: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, LibraryError> {
        let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(LibraryError::Address("it does not begin with postgres://".into()));
        }
        let given = without_password(url);
        let (url, options) = without_own_options(url)?;
        let url = match environment("PGPORT") {
            Some(port) => with_port(&url, &port),
            None => url,
        };
        let mut config: Config =
            url.parse().map_err(|_| LibraryError::Address("an option or a part of it is not understood".into()))?;
        if config.get_hosts().is_empty() {
            match environment("PGHOST") {
                Some(folder) if folder.starts_with('/') => config.host_path(folder),
                Some(host) => config.host(host.as_str()),
                None => config.host("localhost"),
            };
        }
        if config.get_ports().is_empty()
            && let Some(port) = environment("PGPORT")
        {
            config.port(port.parse().map_err(|_| LibraryError::Address("PGPORT is no port".into()))?);
        }
        if config.get_user().is_none()
            && let Some(user) = environment("PGUSER").or_else(|| environment("USER"))
        {
            config.user(user.as_str());
        }
        if config.get_dbname().is_none() {
            let user = config.get_user().map(str::to_owned);
            if let Some(name) = environment("PGDATABASE").or(user) {
                config.dbname(name.as_str());
            }
        }
        let mode = options.mode.or_else(|| environment("PGSSLMODE"));
        config.ssl_mode(match mode.as_deref() {
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            // A certificate is always verified, so these mean the same here.
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(_) => return Err(LibraryError::Address("sslmode is disable, prefer, require or verify-full".into())),
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING_AT_MOST);
        }
        config.application_name("soundalike");
        if config.get_password().is_none() {
            let of_file = || passfile::password_for(&config, &environment);
            if let Some(password) = environment("PGPASSWORD").map_or_else(of_file, |password| Ok(Some(password)))? {
                config.password(password);
            }
        }
        let authorities = options.authorities.or_else(|| environment("PGSSLROOTCERT").map(PathBuf::from));
        let shown = shown(&config);
        Ok(Self { config, authorities, shown, url: given })
    }

    /// The URL without its password, to remember it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Debug for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        let whole = |one: &Self| {
            let config = &one.config;
            (config.get_user().map(str::to_owned), config.get_password().map(<[u8]>::to_vec), config.get_ssl_mode())
        };
        self.shown == other.shown && whole(self) == whole(other) && self.authorities == other.authorities
    }
}

/// The URL without its password.
fn without_password(url: &str) -> String {
    let (url, options) = url.split_once('?').unwrap_or((url, ""));
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, place) = rest.rsplit_once('@')?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}@{place}"))
    });
    let place = parts.unwrap_or_else(|| url.to_owned());
    let is_password = |option: &str| {
        let name = option.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy() == "password"
    };
    let kept: Vec<&str> = options.split('&').filter(|option| !option.is_empty() && !is_password(option)).collect();
    match kept.is_empty() {
        true => place,
        false => format!("{place}?{}", kept.join("&")),
    }
}

/// The URL with a port, if it names a host without one. The client would take 5432.
fn with_port(url: &str, port: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].find(['/', '?']).map_or(url.len(), |at| begin + at);
    let host = url[begin..end].rsplit('@').next().unwrap_or_default();
    let has_port = host.rfind(':').is_some_and(|colon| !host[colon..].contains(']'));
    match host.is_empty() || has_port || host.contains(',') {
        true => url.to_owned(),
        false => format!("{}:{port}{}", &url[..end], &url[end..]),
    }
}

/// The options of a URL that the client does not know.
#[derive(Default)]
struct OwnOptions {
    mode: Option<String>,
    authorities: Option<PathBuf>,
}

/// Takes `sslmode` and `sslrootcert` out of a URL.
fn without_own_options(url: &str) -> Result<(String, OwnOptions), LibraryError> {
    let mut own = OwnOptions::default();
    let Some((place, options)) = url.split_once('?') else { return Ok((url.to_owned(), own)) };
    let mut rest = Vec::new();
    for option in options.split('&') {
        let decoded = |value: &str| {
            let value = percent_decode_str(value).decode_utf8();
            value.map(|value| value.into_owned()).map_err(|_| LibraryError::Address("an option is not UTF-8".into()))
        };
        match option.split_once('=') {
            Some(("sslmode", value)) => own.mode = Some(decoded(value)?),
            Some(("sslrootcert", value)) => own.authorities = Some(decoded(value)?.into()),
            _ => rest.push(option),
        }
    }
    let rest = rest.join("&");
    Ok((if rest.is_empty() { place.to_owned() } else { format!("{place}?{rest}") }, own))
}

/// Host, port and database, for people.
fn shown(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => folder.display().to_string(),
        None => String::new(),
    };
    let port = config.get_ports().first().filter(|port| **port != 5432).map(|port| format!(":{port}"));
    format!("{host}{}/{}", port.unwrap_or_default(), config.get_dbname().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, environment: &[(&str, &str)]) -> Result<Address, LibraryError> {
        Address::read_with(url, &|name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_the_address_lacks_comes_from_the_environment() {
        let environment = [("PGHOST", "db.house"), ("PGPORT", "6543"), ("PGUSER", "ann"), ("PGPASSWORD", "secret-1")];
        let address = read("postgres:///sounds", &environment).expect("read");
        assert_eq!(address.to_string(), "db.house:6543/sounds");
        assert_eq!((address.config.get_user(), address.config.get_password()), (Some("ann"), Some(&b"secret-1"[..])));
        let given = read("postgres://bob:own%20one@other/sounds", &environment).expect("read");
        assert_eq!(given.to_string(), "other:6543/sounds");
        assert_eq!((given.config.get_user(), given.config.get_password()), (Some("bob"), Some(&b"own one"[..])));
        assert_eq!(read("postgres://", &[("USER", "eve")]).expect("read").to_string(), "localhost/eve");
    }

    #[test]
    fn modes_of_encryption_are_those_of_other_programs() {
        let mode = |url: &str| read(url, &[("PGUSER", "a")]).expect("read").config.get_ssl_mode();
        assert_eq!(mode("postgres://h/d"), SslMode::Prefer);
        assert_eq!(mode("postgres://h/d?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://h/d?connect_timeout=3&sslmode=verify-full"), SslMode::Require);
        let address = read("postgres://h/d?sslrootcert=%2Fetc%2Fa%20b.pem&sslmode=require", &[]).expect("read");
        assert_eq!(address.authorities, Some("/etc/a b.pem".into()));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn no_form_of_an_address_and_no_error_shows_a_password() {
        let address = read("postgres://ann:hush-hush@h/d", &[]).expect("read");
        assert!(!format!("{address} {address:?} {:?} {}", address.config, address.url()).contains("hush"));
        assert_eq!(address.url(), "postgres://ann@h/d");
        let option = read("postgres://ann@h/d?password=hush-hush&sslmode=disable", &[]).expect("read");
        assert_eq!(option.url(), "postgres://ann@h/d?sslmode=disable");
        for wrong in
            ["mysql://ann:hush-hush@h/d", "postgres://ann:hush-hush@h:port/d", "postgres://ann:hush-hush@h/d?x=hush"]
        {
            let error = read(wrong, &[]).expect_err("no address");
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
    }
}

//! The password file of PostgreSQL's programs: lines of `host:port:database:user:password`, where `*` stands for any
//! and `\` takes the meaning from the next character.

use std::path::{Path, PathBuf};

use postgres::Config;
use postgres::config::Host;

use super::error::LibraryError;
use crate::ground::files;

/// The most bytes of a password file.
const BYTES_AT_MOST: u64 = 1 << 20;

/// The password for a connection, from the file of PGPASSFILE or from `~/.pgpass`.
///
/// # Errors
/// If the file exists and cannot be read, or if other users may read it.
pub(super) fn password_for(
    config: &Config,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, LibraryError> {
    let of_home = || environment("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let Some(path) = environment("PGPASSFILE").map(PathBuf::from).or_else(of_home) else { return Ok(None) };
    if !path.exists() {
        return Ok(None);
    }
    let unused = |why: String| LibraryError::PasswordFile { path: path.display().to_string(), why };
    refuse_open_to_others(&path).map_err(unused)?;
    let text = files::read_text_within(&path, BYTES_AT_MOST).map_err(|cause| unused(cause.to_string()))?;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        // As other programs do: a socket counts as this machine.
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let wanted = [&host, &port, config.get_dbname().unwrap_or_default(), config.get_user().unwrap_or_default()];
    Ok(text.lines().find_map(|line| password_of(line, wanted)))
}

fn password_of(line: &str, wanted: [&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let fields = fields(line);
    let [host, port, database, user, password] = fields.as_slice() else { return None };
    let holds =
        [host, port, database, user].into_iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
    holds.then(|| password.clone())
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.trim_end_matches('\r').chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => fields.last_mut().into_iter().for_each(|field| field.extend(letters.next())),
            ':' if fields.len() < 5 => fields.push(String::new()),
            letter => fields.last_mut().into_iter().for_each(|field| field.push(letter)),
        }
    }
    fields
}

#[cfg(unix)]
fn refuse_open_to_others(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let facts = path.metadata().map_err(|cause| cause.to_string())?;
    match facts.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err("other users may read it; run `chmod 0600` on it".into()),
    }
}

#[cfg(not(unix))]
fn refuse_open_to_others(_path: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let wanted = ["db.house", "5432", "sounds", "ann"];
        assert_eq!(password_of("db.house:5432:sounds:ann:a:b", wanted), Some("a:b".into()));
        assert_eq!(password_of(r"*:*:*:ann:x\:\\y", wanted), Some(r"x:\y".into()));
        assert_eq!(password_of("db.house:5433:sounds:ann:no", wanted), None);
        assert_eq!(password_of("#db.house:5432:sounds:ann:no", wanted), None);
        assert_eq!(password_of("db.house:5432:sounds:ann", wanted), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_and_a_private_one_is_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("passwords");
        std::fs::write(&path, "other:*:*:*:no\nlocalhost:*:sounds:ann:hush\n").expect("written");
        let named = path.display().to_string();
        let environment = move |name: &str| (name == "PGPASSFILE").then(|| named.clone());
        let mut config = Config::new();
        config.host("localhost").user("ann").dbname("sounds");
        let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        set(0o644);
        let refused = password_for(&config, &environment).expect_err("refused").to_string();
        assert!(refused.contains("chmod 0600") && !refused.contains("hush"), "{refused}");
        set(0o600);
        assert_eq!(password_for(&config, &environment).expect("read"), Some("hush".into()));
    }
}

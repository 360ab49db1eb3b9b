//! `soundalike serve`.

use std::io::{Write as _, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::common::Common;
#[cfg(feature = "shared")]
use super::shared_library::ServedLibrary;
use crate::engine::{Access, Opening};
use crate::ground::files;
use crate::server::{Listening, ServeOptions, limits, serve};

/// The environment variable for the token, if no file has it.
const TOKEN_VARIABLE: &str = "SOUNDALIKE_TOKEN";

/// The most bytes of a file with a token.
const TOKEN_BYTES_AT_MOST: u64 = 64 << 10;

fn about() -> String {
    format!(
        "Requests: GET /datasetinfo; POST /add {{\"filepaths\": [...]}}; POST /train {{\"n_epochs\": n, ...}}; POST /index; POST \
         /search with a sound file as the field `file` (?format=detail|csv|json|audacity|raven|m3u|markers|counts|counts-json, ?k=, ?by=, ?filter=, ?from=, ?to=); \
         GET /jobs, GET and DELETE /jobs/ID.

Access: anybody on this machine. On an address that other machines can reach, requests need the header `Authorization: Bearer TOKEN`, \
         with the token of --token-file or of {TOKEN_VARIABLE}, or else one that the server makes and prints at the start. Requests from web pages, or whose Host does not name this server, are refused.

{}

Examples:
  soundalike serve
  soundalike serve --port 9000 --allow ~/recordings
  soundalike serve --address 0.0.0.0 --token-file secret.txt
  curl -F file=@door.wav 'http://127.0.0.1:8765/search?format=detail'",
        limits::in_words()
    )
}

#[derive(Debug, Args)]
#[command(after_help = about())]
pub(super) struct ServeArguments {
    /// The address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// The port to listen on; 0 chooses a free port
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// A further name of this server that requests may use as their Host (can be repeated)
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// A file with the token that requests must carry
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Let requests add files only from this folder; links out of it are not followed (can be repeated)
    #[arg(long, value_name = "DIR")]
    allow: Vec<PathBuf>,
    /// Let requests add http and https addresses. They can then fetch anything that this machine can reach
    #[arg(long)]
    allow_downloads: bool,
    #[cfg(feature = "shared")]
    #[command(flatten)]
    shared: ServedLibrary,
}

impl ServeArguments {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let token = match &self.token_file {
            Some(file) => {
                let text = files::read_text_within(file, TOKEN_BYTES_AT_MOST)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                Some(text.trim().to_owned())
            }
            None => std::env::var(TOKEN_VARIABLE).ok(),
        };
        let was_given = token.is_some();
        let options = ServeOptions {
            project,
            // If another program has the project, the server still answers searches.
            opening: Opening { access: Access::default(), among_other_files: common.new_project },
            address: SocketAddr::new(self.address, self.port),
            hosts: self.host,
            token,
            allow: (!self.allow.is_empty()).then_some(self.allow),
            allow_downloads: self.allow_downloads,
            #[cfg(feature = "shared")]
            library: self.shared.seat(),
        };
        serve(options, |listening| tell(listening, was_given, common.json))
    }
}

/// Prints the server's address and what requests need. A token that the person gave is not printed. The server works
/// even if nobody reads this output.
fn tell(listening: &Listening, was_given: bool, json: bool) {
    let _ = stdout().write_all(words(listening, was_given, json).as_bytes());
}

fn words(listening: &Listening, was_given: bool, json: bool) -> String {
    let address = format!("http://{}", listening.address);
    let made = listening.token.as_deref().filter(|_| !was_given);
    if json {
        let needs_token = listening.token.is_some();
        let object =
            json!({"listening": address, "needs_token": needs_token, "token": made, "read_only": listening.read_only});
        return format!("{object}\n");
    }
    let mut words = format!("Listening on {address}\n");
    if let Some(why) = &listening.read_only {
        words += &format!("Nothing can be added, trained or indexed: {why}\n");
    }
    match (&listening.token, made) {
        (None, _) => {}
        (Some(_), Some(token)) => words += &format!("Requests need the header: Authorization: Bearer {token}\n"),
        (Some(_), None) => words += "Requests need the header: Authorization: Bearer, with the token that was given\n",
    }
    words
}

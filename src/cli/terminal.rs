//! Printing, colours (only on a terminal), and the log.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write as _, stderr, stdout};
use std::process::exit;

use clap::builder::styling::{AnsiColor, Style};
use tracing_subscriber::EnvFilter;

/// The program reports failures in its own words. Without this, libraries would report them first in theirs.
const OTHERWISE: &str = "off,soundalike=error";

/// Sets up the log: by the number of -v options, or else by SOUNDALIKE_LOG.
pub(super) fn log(verbose: u8) {
    let filter = match verbose {
        0 => EnvFilter::try_from_env("SOUNDALIKE_LOG").unwrap_or_else(|_| EnvFilter::new(OTHERWISE)),
        1 => EnvFilter::new("off,soundalike=debug"),
        _ => EnvFilter::new("debug"),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(has_colours());
    // Only a test can have set up a log before this.
    let _ = log.try_init();
}

/// Prints a failure in one sentence.
pub(super) fn failed(words: &str) {
    let style = match has_colours() {
        true => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        false => Style::new(),
    };
    // If nobody reads this, the exit code still reports the failure.
    let _ = writeln!(stderr(), "{style}soundalike:{style:#} {words}");
}

/// Prints a line on standard output, as `println!` does; see [`written`].
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::terminal::line(format_args!($($part)*)) };
}
pub(super) use say;

/// The function behind [`say`].
pub(super) fn line(words: Arguments<'_>) {
    written(writeln!(stdout(), "{words}"));
}

/// Handles the result of printing. If the reader has closed its end, as `head` does, the program ends silently.
pub(super) fn written(outcome: io::Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(cause) => {
            failed(&format!("standard output cannot be written: {cause}"));
            exit(1);
        }
    }
}

/// Colours are used as <https://no-color.org> says, and only on a terminal.
fn has_colours() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

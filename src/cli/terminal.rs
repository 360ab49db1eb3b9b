//! Printing, colours (only on a terminal), and the log.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write as _, stderr, stdout};
use std::process::exit;

use clap::builder::styling::{AnsiColor, Style};
use tracing_subscriber::EnvFilter;

/// What fails is told in a sentence of our own; libraries would say it before, in theirs.
const OTHERWISE: &str = "off,soundalike=error";

/// Sets up the log: by the number of -v options, or else by SOUNDALIKE_LOG.
pub(super) fn log(verbose: u8) {
    let filter = match verbose {
        0 => EnvFilter::try_from_env("SOUNDALIKE_LOG").unwrap_or_else(|_| EnvFilter::new(OTHERWISE)),
        1 => EnvFilter::new("off,soundalike=debug"),
        _ => EnvFilter::new("debug"),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(has_colours());
    // Only a test can have set up a log before.
    let _ = log.try_init();
}

/// Prints a failure in one sentence.
pub(super) fn failed(words: &str) {
    let style = match has_colours() {
        true => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        false => Style::new(),
    };
    // If nobody reads this, the exit code still tells.
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

/// Handles the result of printing. If the reader has seen enough, as `head` has, the program ends silently.
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

/// By <https://no-color.org>, and only on a terminal.
fn has_colours() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

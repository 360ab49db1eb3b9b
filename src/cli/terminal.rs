//! What is printed, colours, on a terminal alone, and the log.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write as _, stderr, stdout};
use std::process::exit;

use clap::builder::styling::{AnsiColor, Style};
use tracing_subscriber::EnvFilter;

/// What fails is told in a sentence of our own; libraries would say it before, in theirs.
const OTHERWISE: &str = "off,soundalike=error";

/// What the log tells: by how often -v was given, or else by SOUNDALIKE_LOG.
pub(super) fn log(verbose: u8) {
    let filter = match verbose {
        0 => EnvFilter::try_from_env("SOUNDALIKE_LOG").unwrap_or_else(|_| EnvFilter::new(OTHERWISE)),
        1 => EnvFilter::new("off,soundalike=debug"),
        _ => EnvFilter::new("debug"),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(has_colours());
    // Only a test could have set one up before.
    let _ = log.try_init();
}

/// Says a failure in one sentence.
pub(super) fn failed(words: &str) {
    let style = match has_colours() {
        true => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        false => Style::new(),
    };
    // Where nobody hears it, the exit code says it.
    let _ = writeln!(stderr(), "{style}soundalike:{style:#} {words}");
}

/// Prints a line on standard output, as `println!` does; see [`written`].
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::terminal::line(format_args!($($part)*)) };
}
pub(super) use say;

/// What [`say`] does.
pub(super) fn line(words: Arguments<'_>) {
    written(writeln!(stdout(), "{words}"));
}

/// What became of printing. A reader that has seen enough, as `head` has, ends the program without a word.
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

/// By <https://no-color.org>, and not where the output goes into a file or another program.
fn has_colours() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

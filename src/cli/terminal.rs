//! Printing, colours (only on a terminal), and the log.
//!
//! What people read is escaped, because names of files can command a terminal. What programs read is exact.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write as _, stderr, stdout};
use std::process::exit;

use clap::builder::styling::{AnsiColor, Style};
use tracing_subscriber::EnvFilter;

use crate::ground::{names, uri};

/// The program reports failures in its own words. Without this, libraries would report them first in theirs.
const OTHERWISE: &str = "off,soundalike=error";

/// Sets up the log: by the number of -v options, or else by SOUNDALIKE_LOG.
pub(super) fn log(verbose: u8) {
    let filter = match verbose {
        0 => EnvFilter::try_from_env("SOUNDALIKE_LOG").unwrap_or_else(|_| EnvFilter::new(OTHERWISE)),
        1 => EnvFilter::new("off,soundalike=debug"),
        _ => EnvFilter::new("debug"),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| OneLine).with_ansi(has_colours());
    // Only a test can have set up a log before this.
    let _ = log.try_init();
}

/// Where the log goes. The log writes each event in one call. An event becomes one line.
struct OneLine;

impl io::Write for OneLine {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        // The log escapes what would command the terminal, and writes commands for colours itself.
        let mut line = String::with_capacity(text.len());
        for part in text.trim_end_matches('\n').split_inclusive('\u{1b}') {
            let (part, command) = part.strip_suffix('\u{1b}').map_or((part, ""), |part| (part, "\u{1b}"));
            line += &names::on_one_line(part);
            line += command;
        }
        writeln!(stderr(), "{line}")?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// Prints a failure in one sentence.
pub(super) fn failed(words: &str) {
    let style = match has_colours() {
        true => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        false => Style::new(),
    };
    // If nobody reads this, the exit code still reports the failure.
    let _ = writeln!(stderr(), "{style}soundalike:{style:#} {}", names::on_one_line(&uri::without_passwords(words)));
}

/// Prints help, or what is wrong with the command line, and ends the program. The command line can name files, so each line of
/// such a message is escaped, and passwords in addresses are hidden. A line break in a name remains one.
pub(super) fn usage(message: &clap::Error) -> ! {
    let words = message.render().to_string();
    let shown = uri::without_passwords(&words);
    let is_escaped = message.use_stderr() && (shown != words || words.chars().any(|c| c.is_control() && c != '\n'));
    if !is_escaped {
        message.exit();
    }
    for line in shown.lines() {
        // The exit code says the same.
        let _ = writeln!(stderr(), "{}", names::on_one_line(line));
    }
    exit(message.exit_code());
}

/// Prints a line for people on standard error. It is no failure.
pub(super) fn note(words: &str) {
    // The command goes on, whether anybody reads this or not.
    let _ = writeln!(stderr(), "{}", names::on_one_line(words));
}

/// Prints a line for people on standard output; see [`written`]. Control characters are escaped, so it is one line.
macro_rules! say {
    ($($part:tt)*) => { $crate::cli::terminal::line(format_args!($($part)*)) };
}
pub(super) use say;

/// The function behind [`say`].
pub(super) fn line(words: Arguments<'_>) {
    written(writeln!(stdout(), "{}", names::on_one_line(&words.to_string())));
}

/// Prints text for programs as it is, and a line break.
pub(super) fn exact(text: &str) {
    written(writeln!(stdout(), "{text}"));
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

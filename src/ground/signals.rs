//! Signals that ask the program to end. [`listen`] reports them, so that running work can end cleanly first.
//!
//! The first signal is reported. A second one ends the program at once, as it would without this module.

use std::io;
use std::sync::{Arc, OnceLock};

/// A signal that asks the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C (SIGINT).
    Interrupt,
    /// SIGTERM: the session ends, or a service is stopped.
    Terminate,
    /// SIGHUP: the terminal was closed.
    HangUp,
}

impl Signal {
    /// The exit code of a program that this signal ended: 128 plus the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}

/// Knows which signal has arrived. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    first: Arc<OnceLock<Signal>>,
}

impl Signals {
    /// The first signal that has arrived.
    pub fn received(&self) -> Option<Signal> {
        self.first.get().copied()
    }
}

/// Listens from now on. `told` is called on its own thread when the first signal arrives.
///
/// Signals that the program was started to ignore (`nohup` does that to SIGHUP) stay ignored.
///
/// # Errors
/// If the system refuses the handlers or the thread.
pub fn listen(told: impl Fn() + Send + 'static) -> io::Result<Signals> {
    let signals = Signals::default();
    system::listen(signals.clone(), told)?;
    Ok(signals)
}

#[cfg(unix)]
mod system {
    use std::io::{self, IsTerminal as _};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::low_level::emulate_default_handler;

    use super::{Signal, Signals};

    pub fn listen(signals: Signals, told: impl Fn() + Send + 'static) -> io::Result<()> {
        let ignored = ignored();
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| match ignored {
            Some(ignored) => ignored >> (signal - 1) & 1 == 0,
            // `nohup` redirects standard error away from the terminal.
            None => *signal != SIGHUP || io::stderr().is_terminal(),
        });
        let mut coming = signal_hook::iterator::Signals::new(wanted)?;
        let waiting = std::thread::Builder::new().name("signals".into()).spawn(move || {
            for number in coming.forever() {
                let signal = match number {
                    SIGINT => Signal::Interrupt,
                    SIGHUP => Signal::HangUp,
                    _ => Signal::Terminate,
                };
                match signals.first.set(signal) {
                    Ok(()) => told(),
                    // The default handler ends the program. If the system does not allow that, the person can still
                    // send a third signal.
                    Err(_) => drop(emulate_default_handler(number)),
                }
            }
        });
        waiting.map(|_| ())
    }

    /// The ignored signals as a mask, with signal 1 in the lowest bit. `None` if the system does not tell.
    fn ignored() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use super::{Signal, Signals};

    pub fn listen(signals: Signals, told: impl Fn() + Send + 'static) -> io::Result<()> {
        let handler = move || match signals.first.set(Signal::Interrupt) {
            Ok(()) => told(),
            Err(_) => std::process::exit(i32::from(Signal::Interrupt.exit_code())),
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)
    }
}

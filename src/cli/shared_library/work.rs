//! `soundalike work`.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use crossbeam_channel::bounded;
use indicatif::ProgressBar;

use super::address;
use crate::cli::common::Common;
use crate::cli::report;
use crate::cli::session::Stopped;
use crate::cli::terminal::say;
use crate::engine::shared_library::{Address, LeaseTerms, NamedRoot, Work, WorkReport, work};
use crate::ground::signals;

#[derive(Debug, Args)]
pub(in crate::cli) struct WorkArguments {
    /// The address of the library
    #[arg(value_name = "URL", value_parser = address)]
    library: Address,
    /// Where a root of the library is on this machine (can be repeated). Only files of these roots are encoded
    #[arg(long, value_name = "NAME=PATH", required = true)]
    root: Vec<NamedRoot>,
    /// Wait for further files when everything is encoded
    #[arg(long)]
    stay: bool,
    /// Try files again that could not be read
    #[arg(long)]
    retry: bool,
    /// How long a file is reserved for this worker. The time is renewed while the worker encodes the file
    #[arg(long, value_name = "SECS", default_value_t = 60.0, value_parser = lease)]
    lease: f64,
    /// How long to wait for a server that is away
    #[arg(long, value_name = "SECS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=31_536_000))]
    patience: u64,
}

fn lease(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if (0.1..=86_400.0).contains(&secs) => Ok(secs),
        _ => Err("a number of seconds from 0.1 to 86400".into()),
    }
}

impl WorkArguments {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let (tell_to_stop, stop) = bounded(1);
        let signals = signals::listen(move || {
            // A full channel says the same.
            let _ = tell_to_stop.try_send(());
        });
        let signals = signals.context("signals cannot be received")?;
        let wanted = Work {
            library: self.library,
            roots: self.root,
            terms: LeaseTerms { lasts: Duration::from_secs_f64(self.lease), ..LeaseTerms::default() },
            stays: self.stay,
            retries_problems: self.retry,
            patience: Duration::from_secs(self.patience),
            stop,
        };
        let shows = !common.json && !common.quiet && std::io::stderr().is_terminal();
        let bar = shows.then(ProgressBar::new_spinner);
        let done = work(&wanted, &mut |report| {
            if let Some(bar) = &bar {
                bar.set_message(format!("{} files, {} codes", report.files, report.codes));
                bar.tick();
            }
        });
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let done = done?;
        if common.json || !common.quiet {
            report::show(&done, common.json, tell);
        }
        match signals.received().filter(|_| done.stopped) {
            Some(signal) => {
                Err(Stopped::new(signal, "stopped; the files that were not done wait for another worker").into())
            }
            None => Ok(()),
        }
    }
}

fn tell(report: &WorkReport) {
    say!("{} files, {} codes, {} failed, in {:.1} s", report.files, report.codes, report.failed, report.seconds);
    if report.too_late > 0 {
        say!("{} took longer than their time was renewed, and were left to others", report.too_late);
    }
    if report.elsewhere > 0 {
        say!("{} files wait in roots that this worker does not have", report.elsewhere);
    }
}

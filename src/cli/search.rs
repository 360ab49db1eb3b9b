//! `soundalike search`: for a file, for each sound of a folder, for standard input, for the microphone.

use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::error::ErrorKind;
use tempfile::NamedTempFile;

use super::common::{Changes, Common, WrongUsage, as_text, seconds};
use super::session::Session;
use super::{report, sound, terminal};
use crate::dataset::scan::scan;
use crate::dataset::{Exclusions, Filter, Problem};
use crate::engine::formats::{MatchFormat, save_matches, write_matches};
use crate::engine::{Command, Failure, Grouping, Outcome, Query, SearchFilter, SearchReport};

/// The longest recording that can be asked for.
const LONGEST_RECORDING_SECS: f64 = 900.0;

const EXAMPLES: &str = "\
Examples:
  soundalike search door.wav -k 50                    the 50 nearest matches
  soundalike search long.flac --from 12.5 --to 14     for a part of a file
  soundalike search door.wav --format csv             as a table on standard output
  soundalike search queries/ --format csv --out t.csv one table for all sounds of a folder
  soundalike search call.wav --format raven --out call.selections.txt
  soundalike search door.wav --format clips --out doors/
  sox door.wav -t wav - reverse | soundalike search -
  soundalike search --record 3                        for 3 s of the microphone";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchArguments {
    /// A sound file; a folder, to search for each sound in it; or - for standard input
    #[arg(value_name = "QUERY", required_unless_present = "record")]
    query: Option<PathBuf>,
    /// Search for what the microphone hears in so many seconds; the recording is kept with the project
    #[arg(long, value_name = "SECS", value_parser = duration, conflicts_with_all = ["query", "from", "to"])]
    record: Option<f64>,
    /// How many matches, 1 to 10000
    #[arg(short, default_value_t = 10, value_parser = matches)]
    k: usize,
    /// Where the part begins, in seconds
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    from: Option<f64>,
    /// Where the part ends, in seconds
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    to: Option<f64>,
    /// Rank single chunks, or whole files
    #[arg(long, value_enum, default_value_t)]
    by: Grouping,
    /// Look among some files only: kick, "snare drum", tag:loop, dur<0.5, rate:44100, level>-6, is:favourite, and all
    /// others with - before any of them
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
    filter: Option<String>,
    /// Leave out the matches in the query's own file
    #[arg(long)]
    not_this_file: bool,
    /// How matches are written [default: a list for people]
    #[arg(long, value_enum)]
    format: Option<MatchFormat>,
    /// The file to write them to, or with --format clips the folder [default: standard output]
    #[arg(long, value_name = "PATH", requires = "format")]
    out: Option<PathBuf>,
}

fn matches(text: &str) -> Result<usize, String> {
    let most = Query::MOST_MATCHES;
    let k = text.parse().ok().filter(|k| (1..=most).contains(k));
    k.ok_or_else(|| format!("a whole number from 1 to {most}"))
}

fn duration(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= LONGEST_RECORDING_SECS => Ok(secs),
        _ => Err(format!("a number of seconds, more than 0 and at most {LONGEST_RECORDING_SECS}")),
    }
}

pub(super) fn filter_text(text: &str) -> Result<String, String> {
    match Filter::read(text).not_understood() {
        [] => Ok(text.to_owned()),
        [first, ..] => Err(first.clone()),
    }
}

/// What was searched for: one sound, or several whose answers stand side by side.
struct Searches {
    reports: Vec<SearchReport>,
    failed: Vec<Problem>,
    is_batch: bool,
}

impl SearchArguments {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        match (self.format, &self.out) {
            (Some(MatchFormat::Clips), None) => {
                let why = "--format clips needs a folder: --out DIR";
                return Err(WrongUsage::new(ErrorKind::MissingRequiredArgument, why).into());
            }
            (Some(MatchFormat::Text(_)), None) if common.json => {
                let why = "--json and --format both write to standard output; add --out FILE";
                return Err(WrongUsage::new(ErrorKind::ArgumentConflict, why).into());
            }
            _ => {}
        }
        // A recording is kept with the project.
        let changes = if self.query.is_none() { Changes::Something } else { Changes::Nothing };
        let session = Session::open(project, common, changes)?;
        let searches = match &self.query {
            None => one(sound::search_by_microphone(&session, self.record, self.k, self.by, self.filter(), common)?),
            Some(query) if query.as_os_str() == "-" => one(self.standard_input(&session)?),
            Some(query) if query.is_dir() => self.folder(&session, query)?,
            Some(query) => {
                let path = as_text(query.clone())?;
                // A query that is a file of the dataset is shown under the dataset's name for it.
                one(self.search(&session, path.canonicalize_utf8().unwrap_or(path))?)
            }
        };
        self.tell(&session, &searches, common)
    }

    fn filter(&self) -> SearchFilter {
        let text = self.filter.clone().unwrap_or_default();
        SearchFilter { text, favourites: false, not_this_file: self.not_this_file }
    }

    fn search(&self, session: &Session, path: Utf8PathBuf) -> anyhow::Result<SearchReport> {
        let query =
            Query { path, from_secs: self.from, to_secs: self.to, k: self.k, by: self.by, filter: self.filter() };
        match session.run(Command::Search(query))? {
            Outcome::Searched(report) => Ok(report),
            other => bail!("a search ended in {other:?}"),
        }
    }

    /// Searches for each sound of a folder. One that cannot be read is told, and the others are searched for.
    fn folder(&self, session: &Session, folder: &Path) -> anyhow::Result<Searches> {
        let found = scan(&[folder.to_owned()], &Exclusions::default(), || true);
        let (mut reports, mut failed) = (Vec::new(), found.failed);
        for file in found.files {
            match self.search(session, file.clone()) {
                Ok(report) => reports.push(report),
                Err(cause) => {
                    let failure = cause.downcast::<Failure>()?;
                    let reason = if failure.is_about(&file) { failure.words } else { failure.to_string() };
                    failed.push(Problem { path: file.into(), reason });
                }
            }
        }
        match (reports.is_empty(), failed.first()) {
            (true, Some(first)) => bail!("nothing could be searched for; the first: {}: {}", first.path, first.reason),
            _ => Ok(Searches { reports, failed, is_batch: true }),
        }
    }

    /// A sound can be read more than once only where it lies in a file.
    fn standard_input(&self, session: &Session) -> anyhow::Result<SearchReport> {
        if stdin().is_terminal() {
            bail!("- is standard input, which is this terminal; pipe a sound into the program");
        }
        let mut file = NamedTempFile::new().context("no temporary file for standard input")?;
        std::io::copy(&mut stdin().lock(), &mut file).context("standard input cannot be read")?;
        let path = Utf8Path::from_path(file.path()).context("the temporary folder is not UTF-8 text")?;
        let mut report = self.search(session, path.to_owned()).map_err(|cause| match cause.downcast::<Failure>() {
            Ok(failure) => failure.calling(path, "standard input").into(),
            Err(cause) => cause,
        })?;
        if let Some(query) = &mut report.query {
            query.path = "-".into();
        }
        Ok(report)
    }

    fn tell(&self, session: &Session, searches: &Searches, common: &Common) -> anyhow::Result<()> {
        let reports: Vec<&SearchReport> = searches.reports.iter().collect();
        let sounds = session.latest().dataset;
        for problem in &searches.failed {
            terminal::failed(&format!("{}: {}", problem.path, problem.reason));
        }
        match (self.format, &self.out) {
            (Some(format), Some(out)) => {
                let out = as_text(out.clone())?;
                save_matches(format, &reports, &sounds, &out, &|| true)?;
                report::saved(&out, &reports, common);
            }
            (Some(MatchFormat::Text(format)), None) => {
                let mut to = stdout().lock();
                terminal::written(write_matches(format, &reports, &sounds, &mut to).and_then(|()| to.flush()));
            }
            // Clips without a folder were refused.
            _ if searches.is_batch => report::batch(&reports, &searches.failed, common.json),
            _ => reports.iter().for_each(|report| report::search(report, common.json)),
        }
        Ok(())
    }
}

fn one(report: SearchReport) -> Searches {
    Searches { reports: vec![report], failed: Vec::new(), is_batch: false }
}

//! `soundalike search`: searches with a file, with each sound of a folder, with standard input, or with the microphone.

mod given;

use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::error::ErrorKind;
use tempfile::NamedTempFile;

use super::common::{Changes, Common, WrongUsage, as_text, filter_text, seconds};
use super::session::Session;
#[cfg(feature = "shared")]
use super::shared_library::LibraryOptions;
use super::{report, searches, sound, terminal};
use crate::dataset::scan::scan;
use crate::dataset::{Exclusions, Problem};
use crate::engine::formats::{MatchFormat, save_matches, write_matches};
use crate::engine::{
    Basket, Command, DatasetView, Failure, Grouping, Outcome, Query, SearchFilter, SearchReport, Verdict, Weights,
    keep_sample,
};
use crate::ground::paths::WithoutLinks as _;
use given::{ExampleFile, bits, duration, matches, weight};

const EXAMPLES: &str = "\
Examples:
  soundalike search door.wav -k 50                    the 50 nearest matches
  soundalike search long.flac --from 12.5 --to 14     for a part of a file
  soundalike search door.wav --format csv             as a table on standard output
  soundalike search queries/ --format csv --out t.csv one table for all sounds of a folder
  soundalike search call.wav --format raven --out call.selections.txt
  soundalike search door.wav --format clips --out doors/
  sox door.wav -t wav - reverse | soundalike search -
  soundalike search --record 3                        records 3 s from the microphone
  soundalike search night.wav --from 2:31.8 --to 2:32.9 --events
                                                      every occurrence of a call in all recordings
  soundalike search a.wav --like b.wav --unlike c.wav@1.5-2.25
                                                      like one of two sounds, and not like a part of a third
  soundalike search kick.wav --by file --pitch 0.5 --length 0.5
                                                      what is alike in pitch and length as well comes first
  soundalike search call.wav --events --save wren     keeps the search
  soundalike search --saved wren --no night.wav@2:31.84-2:32.9
                                                      runs it again, taught that a match was wrong
  soundalike search --saved wren --sample 20          20 events to judge, from both sides of the line";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchArguments {
    /// A sound file; a folder, to search for each sound in it; or - for standard input
    #[arg(value_name = "QUERY", required_unless_present_any = ["record", "saved"])]
    query: Option<PathBuf>,
    /// Run a saved search, and say how many matches are new since its last run
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "record", "from", "to", "by", "events", "like", "unlike", "filter", "not_this_file", "tone", "pitch", "envelope", "length"])]
    saved: Option<String>,
    /// Save the search under a name, with its examples, its line and the verdicts on its matches
    #[arg(long, value_name = "NAME", conflicts_with = "saved")]
    save: Option<String>,
    /// Say yes to a match, given as FILE@FROM-TO: matches may also be like it (can be repeated). Saved with the search
    #[arg(long, value_name = "MATCH", value_parser = ExampleFile::read_part)]
    yes: Vec<ExampleFile>,
    /// Say no to a match: matches that are nearer to it than to the query go behind the line (can be repeated)
    #[arg(long, value_name = "MATCH", value_parser = ExampleFile::read_part)]
    no: Vec<ExampleFile>,
    /// Record from the microphone for SECS seconds and search with that; the recording stays in the project
    #[arg(long, value_name = "SECS", value_parser = duration, conflicts_with_all = ["query", "from", "to"])]
    record: Option<f64>,
    /// The number of matches, 1 to 10000
    #[arg(short, default_value_t = 10, value_parser = matches)]
    k: usize,
    /// The start of the part: 12.5 or 2:31.84
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    from: Option<f64>,
    /// The end of the part: 14 or 2:33
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    to: Option<f64>,
    /// Rank single chunks or whole files, or find every event
    #[arg(long, value_enum, default_value_t)]
    by: Grouping,
    /// Find every event: each stretch in which the whole query occurs. The same as --by event. Lists all events before
    /// the line, and at least -k events
    #[arg(long, conflicts_with = "by")]
    events: bool,
    /// Another sound that matches may be like, or a part of it as FILE@FROM-TO (can be repeated)
    #[arg(long, value_name = "FILE", value_parser = ExampleFile::read)]
    like: Vec<ExampleFile>,
    /// A sound that matches shall be unlike: matches that are nearer to it than to the query go behind the line (can be
    /// repeated)
    #[arg(long, value_name = "FILE", value_parser = ExampleFile::read)]
    unlike: Vec<ExampleFile>,
    /// Show a sample of so many events to judge, with --yes and --no: half of them from before the line, half from behind it
    #[arg(long, value_name = "N", value_parser = matches)]
    sample: Option<usize>,
    /// Draw the line at this many differing bits [default: the suggested line]
    #[arg(long, value_name = "BITS", value_parser = bits)]
    threshold: Option<f64>,
    /// Search only in files that match: kick, "snare drum", tag:loop, length<0.5, rate:44100, level>-6, is:favourite,
    /// note:C3, pitch:200..400, bpm:118..122, bright>0.6, loud>-20, attack<20ms, noisy<0.2; a - before a part means all
    /// other files
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
    filter: Option<String>,
    /// How much the tone counts for the order of the matches, 0 to 1: the likeness that the model learned
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0, value_parser = weight)]
    tone: f32,
    /// How much the pitch counts, 0 to 1
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = weight)]
    pitch: f32,
    /// How much the envelope counts, 0 to 1: how fast the sound begins
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = weight)]
    envelope: f32,
    /// How much the length of the file counts, 0 to 1
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.0, value_parser = weight)]
    length: f32,
    /// Leave out matches in the file of the query
    #[arg(long)]
    not_this_file: bool,
    /// The format of the matches [default: a list for people]
    #[arg(long, value_enum)]
    format: Option<MatchFormat>,
    /// With --format clips: how many seconds before and after a match its clip has
    #[arg(long, value_name = "SECS", default_value_t = 0.0, hide_default_value = true, value_parser = seconds, requires = "format")]
    margin: f64,
    #[cfg(feature = "shared")]
    #[command(flatten)]
    shared: LibraryOptions,
    /// Write the matches to this file; with --format clips, to this folder [default: standard output]
    #[arg(long, value_name = "PATH", requires = "format")]
    out: Option<PathBuf>,
}

/// The results: of one sound, or of several sounds.
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
            _ if self.save.is_some()
                && self.query.as_deref().is_some_and(|query| query.is_dir() || query.as_os_str() == "-") =>
            {
                let why = "--save needs a query that is one file";
                return Err(WrongUsage::new(ErrorKind::ArgumentConflict, why).into());
            }
            _ => {}
        }
        #[cfg(feature = "shared")]
        if let Some(seat) = self.shared.seat() {
            let one = |path: Utf8PathBuf| self.shared.search(&seat, self.plain(path));
            let searches = self.each(&one)?;
            return self.tell(&DatasetView::nothing(), &searches, common);
        }
        // A recording is kept in the project, and so is a saved search with its matches.
        let teaches = self.saved.is_some() && (self.threshold.is_some() || !self.yes.is_empty() || !self.no.is_empty());
        let keeps = self.record.is_some() || self.save.is_some() || teaches;
        let changes = if keeps { Changes::Something } else { Changes::Nothing };
        let session = Session::open(project, common, changes)?;
        if let Some(name) = &self.saved {
            let verdicts = self.verdicts(&session)?;
            if !verdicts.is_empty() {
                session.run(Command::JudgeMatches { name: name.clone(), verdicts })?;
            }
            if self.threshold.is_some() {
                let query = searches::find(&session, name)?.query;
                let basket = Basket { threshold: self.threshold, ..query.basket };
                session.run(Command::SaveSearch { name: name.clone(), query: Query { basket, ..query } })?;
            }
            let mut report = searched(session.run(Command::SearchSaved { name: name.clone(), k: self.most() })?)?;
            self.keep_sample(&mut report);
            return self.tell(&session.latest().dataset, &one(report), common);
        }
        let searches = match &self.query {
            None => {
                let take = sound::record(&session, self.record, common)?;
                let (from_secs, to_secs) = take.heard_secs.unzip();
                one(self.carry_out(&session, self.query(&session, take.path, from_secs, to_secs)?)?)
            }
            Some(_) => self.each(&|path| self.search(&session, path))?,
        };
        self.tell(&session.latest().dataset, &searches, common)
    }

    /// Searches with the query: a file, each sound of a folder, or standard input.
    fn each(&self, search: &dyn Fn(Utf8PathBuf) -> anyhow::Result<SearchReport>) -> anyhow::Result<Searches> {
        match self.query.as_deref() {
            None => bail!("the query is missing"),
            Some(query) if query.as_os_str() == "-" => Ok(one(Self::standard_input(search)?)),
            Some(query) if query.is_dir() => Self::folder(search, query),
            Some(query) => {
                let path = as_text(query.to_owned());
                // If the query is a file of the dataset, it gets the path that the dataset knows.
                Ok(one(search(path.without_links().unwrap_or(path))?))
            }
        }
    }

    /// The query without what needs a project.
    #[cfg(feature = "shared")]
    fn plain(&self, path: Utf8PathBuf) -> Query {
        let basket = Basket { threshold: self.threshold, ..Basket::default() };
        let (from_secs, to_secs) = (self.from, self.to);
        Query { path, from_secs, to_secs, k: self.k, by: self.by, filter: self.filter(), basket }
    }

    fn filter(&self) -> SearchFilter {
        let text = self.filter.clone().unwrap_or_default();
        SearchFilter { text, not_this_file: self.not_this_file, ..SearchFilter::default() }
    }

    fn search(&self, session: &Session, path: Utf8PathBuf) -> anyhow::Result<SearchReport> {
        self.carry_out(session, self.query(session, path, self.from, self.to)?)
    }

    fn carry_out(&self, session: &Session, query: Query) -> anyhow::Result<SearchReport> {
        let mut report = match &self.save {
            None => searched(session.run(Command::Search(query))?)?,
            Some(name) => {
                session.run(Command::SaveSearch { name: name.clone(), query })?;
                searched(session.run(Command::SearchSaved { name: name.trim().to_owned(), k: self.most() })?)?
            }
        };
        self.keep_sample(&mut report);
        Ok(report)
    }

    /// The most matches to ask for. A sample needs some from behind the line.
    fn most(&self) -> usize {
        if self.sample.is_some() { Query::MOST_MATCHES } else { self.k }
    }

    fn keep_sample(&self, report: &mut SearchReport) {
        if let Some(n) = self.sample {
            keep_sample(report, n);
        }
    }

    /// The verdicts on matches, whose files must be in the project.
    fn verdicts(&self, session: &Session) -> anyhow::Result<Vec<Verdict>> {
        let sounds = session.latest().dataset;
        let said = self.yes.iter().map(|file| (file, true)).chain(self.no.iter().map(|file| (file, false)));
        let verdict = |(file, yes): (&ExampleFile, bool)| {
            let path = file.example(yes)?.path;
            let known = sounds.files.iter().find(|known| known.path == path);
            let id = known
                .with_context(|| format!("{path} is not in the project; you can only judge sounds of the project"))?
                .id;
            // There is a part, because `read_part` demands one.
            let (start_secs, end_secs) = file.part.unwrap_or_default();
            Ok(Verdict { file: id, start_secs, end_secs, yes })
        };
        said.map(verdict).collect()
    }

    /// The query with everything that was given beside it.
    fn query(
        &self,
        session: &Session,
        path: Utf8PathBuf,
        from_secs: Option<f64>,
        to_secs: Option<f64>,
    ) -> anyhow::Result<Query> {
        let like = self.like.iter().map(|file| file.example(true));
        let unlike = self.unlike.iter().map(|file| file.example(false));
        let examples = like.chain(unlike).collect::<anyhow::Result<_>>()?;
        let weights = Weights::new(self.tone, self.pitch, self.envelope, self.length);
        let basket = Basket { examples, verdicts: self.verdicts(session)?, threshold: self.threshold, weights };
        let by = if self.events { Grouping::Event } else { self.by };
        Ok(Query { path, from_secs, to_secs, k: self.most(), by, filter: self.filter(), basket })
    }

    /// Searches with each sound of a folder. Reports a sound that cannot be read, and searches with the others.
    fn folder(search: &dyn Fn(Utf8PathBuf) -> anyhow::Result<SearchReport>, folder: &Path) -> anyhow::Result<Searches> {
        let found = scan(&[folder.to_owned()], &Exclusions::default(), || true);
        let (mut reports, mut failed) = (Vec::new(), found.failed);
        for file in found.files {
            match search(file.clone()) {
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

    /// Only a sound in a file can be read more than once.
    fn standard_input(search: &dyn Fn(Utf8PathBuf) -> anyhow::Result<SearchReport>) -> anyhow::Result<SearchReport> {
        if stdin().is_terminal() {
            bail!("- is standard input, which is this terminal; pipe a sound into the program");
        }
        let mut file = NamedTempFile::new().context("no temporary file for standard input")?;
        std::io::copy(&mut stdin().lock(), &mut file).context("standard input cannot be read")?;
        let path = Utf8Path::from_path(file.path()).context("the temporary folder is not UTF-8 text")?;
        let mut report = search(path.to_owned()).map_err(|cause| match cause.downcast::<Failure>() {
            Ok(failure) => failure.calling(path, "standard input").into(),
            Err(cause) => cause,
        })?;
        if let Some(query) = &mut report.query {
            query.path = "-".into();
        }
        Ok(report)
    }

    fn tell(&self, sounds: &DatasetView, searches: &Searches, common: &Common) -> anyhow::Result<()> {
        let reports: Vec<&SearchReport> = searches.reports.iter().collect();
        for problem in &searches.failed {
            terminal::failed(&format!("{}: {}", problem.path, problem.reason));
        }
        match (self.format, &self.out) {
            (Some(format), Some(out)) => {
                let out = as_text(out.clone());
                save_matches(format, &reports, sounds, &out, self.margin, &|| true)?;
                report::saved(&out, &reports, common);
            }
            (Some(MatchFormat::Text(format)), None) => {
                let mut to = stdout().lock();
                terminal::written(write_matches(format, &reports, sounds, &mut to).and_then(|()| to.flush()));
            }
            // Clips without a folder were refused before.
            _ if searches.is_batch => report::batch(&reports, sounds, &searches.failed, common.json),
            _ => reports.iter().for_each(|report| report::search(report, sounds, common.json)),
        }
        Ok(())
    }
}

fn searched(outcome: Outcome) -> anyhow::Result<SearchReport> {
    match outcome {
        Outcome::Searched(report) => Ok(report),
        other => bail!("a search ended in {other:?}"),
    }
}

fn one(report: SearchReport) -> Searches {
    Searches { reports: vec![report], failed: Vec::new(), is_batch: false }
}

//! `soundalike searches`: the saved searches.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::common::{Changes, Common};
use super::report;
use super::session::Session;
use super::terminal::say;
use crate::engine::{Command, Grouping, Outcome, SavedSearchView};

const EXAMPLES: &str = "\
Examples:
  soundalike searches
  soundalike searches --rename wren \"winter wren\"
  soundalike searches --json | jq '.searches[].name'
  soundalike search --saved \"winter wren\"              runs one";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchesArguments {
    /// Rename a saved search
    #[arg(long, num_args = 2, value_names = ["NAME", "NEW"], conflicts_with = "delete")]
    rename: Option<Vec<String>>,
    /// Delete a saved search; no sound is touched
    #[arg(long, value_name = "NAME")]
    delete: Option<String>,
}

impl SearchesArguments {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let changes =
            if self.rename.is_some() || self.delete.is_some() { Changes::Something } else { Changes::Nothing };
        let session = Session::open(project, common, changes)?;
        let change = match (self.rename.as_deref(), self.delete) {
            (Some([from, to]), _) => Some(Command::RenameSearch { from: from.clone(), to: to.clone() }),
            (_, Some(name)) => Some(Command::DeleteSearch { name }),
            _ => None,
        };
        match change.map(|change| session.run(change)).transpose()? {
            Some(Outcome::Changed { words }) if common.json => report::print_json(&json!({ "done": words })),
            Some(Outcome::Changed { words }) if !common.quiet => say!("{words}"),
            Some(_) => {}
            None => list(&session.latest().searches, common.json),
        }
        Ok(())
    }
}

/// The saved search of this name.
pub(super) fn find(session: &Session, name: &str) -> anyhow::Result<SavedSearchView> {
    let searches = session.latest().searches;
    let found = searches.iter().find(|search| search.name == name);
    found.cloned().with_context(|| format!("there is no saved search {name:?}; `soundalike searches` lists them"))
}

fn list(searches: &[SavedSearchView], json: bool) {
    if json {
        return report::print_json(&json!({ "searches": searches }));
    }
    if searches.is_empty() {
        say!("No search is saved yet. `soundalike search QUERY --save NAME` saves one.");
    }
    for SavedSearchView { name, query } in searches {
        let basket = &query.basket;
        let by = match query.by {
            Grouping::Chunk => "moments",
            Grouping::File => "files",
            Grouping::Event => "events",
        };
        let like = 1 + basket.examples.iter().filter(|example| example.is_like).count();
        let unlike = basket.examples.len() + 1 - like;
        let yes = basket.verdicts.iter().filter(|verdict| verdict.yes).count();
        let no = basket.verdicts.len() - yes;
        let line = basket.threshold.map_or("where it is suggested".to_owned(), |bits| format!("at {bits:.1} bits"));
        say!(
            "{name}: {by} like {like} and unlike {unlike} sounds, {yes} yes and {no} no, the line {line}: {}",
            query.path
        );
    }
}

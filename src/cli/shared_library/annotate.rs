//! `soundalike shared`: the state of a shared library, its tags and its collections.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::address;
use crate::cli::common::{Common, seconds};
use crate::cli::report::print_json;
use crate::cli::terminal::say;
use crate::dataset::moment;
use crate::engine::shared_library::{Address, Library, ModelState};

/// The most problems that are listed.
const PROBLEMS: usize = 1000;

#[derive(Debug, Args)]
pub(in crate::cli) struct AnnotateArguments {
    /// The address of the library
    #[arg(value_name = "URL", value_parser = address)]
    library: Address,
    /// Files of the library, each as ROOT/PATH
    #[arg(value_name = "ROOT/PATH", requires = "deed")]
    files: Vec<String>,
    /// Give the files a tag
    #[arg(long, value_name = "TAG", group = "deed", requires = "files")]
    tag: Option<String>,
    /// Take a tag from the files
    #[arg(long, value_name = "TAG", group = "deed", requires = "files")]
    untag: Option<String>,
    /// Put the files into a collection
    #[arg(long, value_name = "NAME", group = "deed", requires = "files")]
    collect: Option<String>,
    /// Take the files out of a collection
    #[arg(long, value_name = "NAME", group = "deed", requires = "files")]
    uncollect: Option<String>,
    /// With --collect: the start of the stretch
    #[arg(long, value_name = "SECS", value_parser = seconds, requires_all = ["collect", "to"])]
    from: Option<f64>,
    /// With --collect: the end of the stretch
    #[arg(long, value_name = "SECS", value_parser = seconds, requires_all = ["collect", "from"])]
    to: Option<f64>,
    /// List the items of a collection
    #[arg(long, value_name = "NAME", conflicts_with_all = ["deed", "files"])]
    collection: Option<String>,
}

impl AnnotateArguments {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let mut library = Library::open(&self.library)?;
        if let Some(name) = &self.collection {
            return items(&mut library, name, common);
        }
        if self.files.is_empty() {
            return state(&mut library, common);
        }
        let mut files = Vec::new();
        for file in &self.files {
            let (root, path) = file.split_once('/').with_context(|| format!("{file} is not named as ROOT/PATH"))?;
            match library.file_at(root, path)? {
                Some(number) => files.push(number),
                None => bail!("{} has no file {file}", library.name()),
            }
        }
        let changed = match (&self.tag, &self.untag, &self.collect, &self.uncollect) {
            (Some(tag), ..) => library.tag(&files, named(tag, "tag")?)?,
            (_, Some(tag), ..) => library.untag(&files, tag)?,
            (_, _, Some(name), _) => library.collect(named(name, "collection")?, &files, self.from.zip(self.to))?,
            (_, _, _, Some(name)) => library.uncollect(name, &files)?,
            // Files are only given with one of these.
            _ => 0,
        };
        if common.json {
            print_json(&json!({"changed": changed}));
        } else if !common.quiet {
            say!("{changed} of {} changed", files.len());
        }
        Ok(())
    }
}

/// A name that is not empty.
fn named<'a>(name: &'a str, what: &str) -> anyhow::Result<&'a str> {
    match name.trim() {
        "" => bail!("the name of the {what} is empty"),
        name => Ok(name),
    }
}

fn state(library: &mut Library, common: &Common) -> anyhow::Result<()> {
    let models = library.models()?;
    let roots = library.roots()?;
    let mut left = Vec::new();
    for model in &models {
        let remaining = library.remaining(model, &[])?;
        left.push(remaining.open + remaining.elsewhere);
    }
    let problems = match models.iter().find(|model| model.state == ModelState::Current) {
        Some(current) => library.problems(current, PROBLEMS)?,
        None => Vec::new(),
    };
    let (tags, collections) = (library.tags()?, library.collections()?);
    let word = |state: ModelState| match state {
        ModelState::Current => "current",
        ModelState::Next => "next",
        ModelState::Former => "former",
    };
    let hash = |hash: [u8; 32]| blake3::Hash::from_bytes(hash).to_hex().to_string();
    if common.json {
        let models = models.iter().zip(&left).map(|(model, waiting)| {
            json!({"hash": hash(model.hash), "bits": model.bits, "state": word(model.state), "waiting": waiting})
        });
        let tags =
            tags.iter().map(|tag| json!({"root": tag.root, "path": tag.path, "tag": tag.tag, "set_by": tag.set_by}));
        let collections =
            collections.iter().map(|(name, items, set_by)| json!({"name": name, "items": items, "set_by": set_by}));
        let problems =
            problems.iter().map(|(root, path, reason)| json!({"root": root, "path": path, "reason": reason}));
        print_json(&json!({
            "library": library.name(),
            "roots": roots.iter().map(|(_, name)| name).collect::<Vec<_>>(),
            "models": models.collect::<Vec<_>>(),
            "tags": tags.collect::<Vec<_>>(),
            "collections": collections.collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    say!("library   {}", library.name());
    roots.iter().for_each(|(_, name)| say!("root      {name}"));
    for (model, waiting) in models.iter().zip(&left) {
        let hash = hash(model.hash);
        say!("model     {} {}, {} bits, {waiting} files wait", word(model.state), &hash[..12], model.bits);
    }
    for (name, items, set_by) in &collections {
        say!("collection  {name}: {items} items, made by {set_by}");
    }
    tags.iter().for_each(|tag| say!("tag       {}/{}: {} (set by {})", tag.root, tag.path, tag.tag, tag.set_by));
    problems.iter().for_each(|(root, path, reason)| say!("problem   {root}/{path}: {reason}"));
    Ok(())
}

fn items(library: &mut Library, name: &str, common: &Common) -> anyhow::Result<()> {
    let items = library.items(name)?;
    if common.json {
        let items = items.iter().map(|item| {
            let (start, end) = item.stretch_secs.unzip();
            json!({"root": item.root, "path": item.path, "start_seconds": start, "end_seconds": end, "set_by": item.set_by})
        });
        print_json(&json!({"collection": name, "items": items.collect::<Vec<_>>()}));
        return Ok(());
    }
    for item in &items {
        let stretch =
            item.stretch_secs.map(|(start, end)| format!("  {} to {}", moment::in_words(start), moment::in_words(end)));
        say!("{}/{}{}  (put by {})", item.root, item.path, stretch.unwrap_or_default(), item.set_by);
    }
    Ok(())
}

//! Adds a folder of sounds to a project, learns from them, indexes them, and searches for what sounds like one file.
//!
//! ```sh
//! cargo run --example search_folder -- ~/recordings ~/recordings/door.wav
//! cargo run --example search_folder        # without arguments: the demo library
//! ```
//!
//! The project is in a temporary folder, so every run learns anew. To keep it, give `EngineOptions::project` another folder.

use std::path::PathBuf;
use std::sync::Arc;

use soundalike::audio::device::SoundCard;
use soundalike::engine::{
    Basket, Command, Engine, EngineOptions, Event, Grouping, Opening, Outcome, Query, SearchFilter,
};
use soundalike::model::TrainingSettings;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let temporary = tempfile::tempdir()?;
    let project = temporary.path().join("project");
    let options = EngineOptions {
        project: project.clone(),
        wake: Arc::new(|| ()),
        audio: Arc::new(SoundCard),
        opening: Opening::default(),
    };
    let engine = Engine::open(options)?;

    let (add, query) = match (arguments.next(), arguments.next()) {
        (Some(folder), Some(query)) => (Command::AddPaths { paths: vec![folder] }, query),
        (None, None) => (Command::AddDemo, project.join("demo/bell/bell_03.wav")),
        _ => return Err("give a folder of sounds and a sound to search for, or nothing".into()),
    };
    if let Outcome::Added(report) = run(&engine, add)? {
        println!("{} sounds added, {} not readable", report.added.len(), report.failed.len());
    }

    // A short training, so that the example ends soon. `None` leaves the length to the preset.
    let settings = Box::new(TrainingSettings { steps: Some(200), ..TrainingSettings::default() });
    run(&engine, Command::TrainModel { settings, resume: false, then_index: true })?;

    let query = Query {
        path: query.try_into()?,
        from_secs: None,
        to_secs: None,
        k: 10,
        by: Grouping::File,
        filter: SearchFilter::default(),
        basket: Basket::default(),
    };
    if let Outcome::Searched(report) = run(&engine, Command::Search(query))? {
        println!("differing bits (of {})  sound", report.bits);
        for found in report.matches {
            println!("{:>24.1}  {}", found.distance, found.path);
        }
    }
    Ok(())
}

/// Submits a command and waits for its end.
fn run(engine: &Engine, command: Command) -> Result<Outcome> {
    let submitted = engine.submit(command);
    for event in engine.events() {
        match event {
            Event::Finished { job, outcome } if job == submitted => return Ok(outcome),
            Event::Failed { job, failure } if job == submitted => return Err(failure.into()),
            Event::Cancelled { job } if job == submitted => return Err("cancelled".into()),
            _ => {}
        }
    }
    Err("the engine has ended".into())
}

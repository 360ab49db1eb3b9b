//! Trains a small model on the demo library and prints the bits of some sounds. It uses only the lower floors: no
//! project, no threads, no events.
//!
//! ```sh
//! cargo run --example look_at_bits            # 300 training steps
//! cargo run --example look_at_bits -- 2000    # more steps: fewer bits differ within a kind
//! ```

use std::ops::ControlFlow;

use soundalike::audio::read_mono;
use soundalike::dataset::demo::write_demo_library;
use soundalike::index::{Codes, bit_balance, distances};
use soundalike::model::{Config, FeatureStoreBuilder, Model, Trainer, TrainingSettings};

const RATE: u32 = 16_000;
const BITS: usize = 32;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(300), |steps| steps.parse())?;
    let folder = tempfile::tempdir()?;
    let paths = write_demo_library(folder.path(), &mut |_, _| ControlFlow::Continue(()))?.paths;

    // 1. What the model hears of each file.
    let settings = TrainingSettings { rate: Some(RATE), bits: Some(BITS), steps: Some(steps), ..Default::default() };
    let config = Config::new(&settings, None)?;
    let mut features = FeatureStoreBuilder::new(&config, folder.path());
    let mut sounds = Vec::new();
    for path in &paths {
        let samples = read_mono(path, Some(RATE), None)?.samples;
        features.push(&features.front_end().features(&samples))?;
        sounds.push(samples);
    }
    let features = features.finish()?;

    // 2. Learning. The saturation approaches 1 as the sigmoids become bits.
    let mut trainer = Trainer::new(config, &features)?;
    trainer.run(&mut |report| {
        if report.step % 50 == 0 {
            println!("step {:>5}  loss {:.3}  saturation {:.2}", report.step, report.loss, report.saturation);
        }
        ControlFlow::Continue(())
    })?;
    let file = folder.path().join("model.safetensors");
    trainer.save(&file)?;

    // 3. The code of each sound's first chunk. A bit is 1 where the encoder's number is above 0.
    let model = Model::load(&file)?;
    let mut codes = Codes::new(BITS)?;
    for samples in &sounds {
        codes.push_signs(&model.encode(samples, &[0])?);
    }
    let codes = codes.as_ref();
    let mut from_first = Vec::new();
    distances(codes, codes.code(0), &mut from_first);
    println!("\nbits{:width$}from the first  sound", "", width = BITS - 2);
    for (row, path) in paths.iter().enumerate().step_by(7) {
        let bits: String = codes.slice(row..row + 1).bools().map(|bit| if bit { '#' } else { '.' }).collect();
        println!("{bits}  {:>14}  {}", from_first[row], path.file_stem().unwrap_or_default().display());
    }

    // 4. A bit that is 1 for half of all sounds says most.
    let balance = bit_balance(codes.iter(), BITS);
    println!("\nshare of ones of each bit: {balance:.2?}");
    Ok(())
}

//! Compares the speed of a training step with PyTorch's, for the same model: 8 kHz, 40 mels, 48 channels, 4 blocks,
//! batches of 64, two views, a mirrored decoder, 64 bits, two threads. A step includes front end, views, forward and
//! backward pass, and the update. The two programs take turns.
//!
//! `SOUNDALIKE_PYTHON` names a Python that has torch, numpy and soundfile (without it, `python3` is tried).
//! `SOUNDALIKE_PEER` names another program to compare with. It gets the folder of WAV files, a folder to write to,
//! `--steps N` and `--threads 2`, and must print lines that end in "... N chunks/s ...".

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use candle_core::{Device, Tensor};
use soundalike::model::{Config, FeatureStore, FeatureStoreBuilder, Trainer, TrainingSettings};

const THREADS: usize = 2;
const FILES: usize = 400;
const ROUNDS: usize = 3;
/// The steps of a round, and how many of them only warm up.
const STEPS: usize = 300;
const WARM_UP: usize = 50;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let wavs = folder.path().join("wavs");
    std::fs::create_dir(&wavs)?;
    let sounds: Vec<Vec<f32>> = (0..FILES).map(sound).collect();
    for (i, sound) in sounds.iter().enumerate() {
        write(&wavs.join(format!("{i:03}.wav")), sound)?;
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (settings, store) = pool.install(|| prepared(&sounds, folder.path()))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    println!("a training step, {THREADS} threads: chunks a second");
    for round in 1..=ROUNDS {
        ours.push(pool.install(|| our_rate(&settings, &store))?);
        let peer = their_rate(&wavs, &folder.path().join("peer"));
        match &peer {
            Ok(rate) => println!("round {round}: Soundalike {:.0}, PyTorch {rate:.0}", ours[round - 1]),
            Err(why) => println!("round {round}: Soundalike {:.0}; no PyTorch ({why})", ours[round - 1]),
        }
        theirs.extend(peer.ok());
    }
    let ceiling = pool.install(matrix_rate)?;
    println!("products of 1024 x 1024 matrices, one thread: {ceiling:.0} Gflop/s");
    let flops = step_flops();
    let reached = median(&mut ours) / 64.0 * flops / 1e9;
    println!(
        "a step has {:.2} Gflop of matrix products: {reached:.0} Gflop/s, {:.0}% of {THREADS} threads at that rate",
        flops / 1e9,
        100.0 * reached / (THREADS as f64 * ceiling)
    );
    if !theirs.is_empty() {
        println!("Soundalike takes {:.2} times the chunks of PyTorch", median(&mut ours) / median(&mut theirs));
    }
    Ok(())
}

/// A gliding tone in noise, half a second to a second long.
fn sound(number: usize) -> Vec<f32> {
    let (length, start) = (4000 + number * 10, 150.0 + number as f32 * 4.0);
    let mut state = number as u32 * 2 + 1;
    (0..length)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
            let t = i as f32 / 8000.0;
            0.4 * (std::f32::consts::TAU * (start + 300.0 * t) * t).sin() + 0.05 * noise
        })
        .collect()
}

fn write(path: &Path, sound: &[f32]) -> Result<()> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = hound::WavWriter::create(path, spec)?;
    for &x in sound {
        file.write_sample((x * 32767.0) as i16)?;
    }
    Ok(file.finalize()?)
}

fn prepared(sounds: &[Vec<f32>], folder: &Path) -> Result<(Config, FeatureStore)> {
    let settings = TrainingSettings {
        rate: Some(8000),
        channels: Some(48),
        parts: Some(1),
        bits: Some(64),
        steps: Some(STEPS),
        microphone: Some(0.0),
        neighbours: Some(0.0),
        sigma: Some(2.0),
        decorrelation: Some(0.0),
        ..Default::default()
    };
    // The peer has this optimiser, and decodes all chunks.
    let config = Config { hidden: 0, muon: false, decoded: 1.0, ..Config::new(&settings, Some(8000))? };
    let mut builder = FeatureStoreBuilder::new(&config, folder);
    for sound in sounds {
        let features = builder.front_end().features(sound);
        builder.push(&features)?;
    }
    Ok((config, builder.finish()?))
}

fn our_rate(config: &Config, store: &FeatureStore) -> Result<f64> {
    let mut trainer = Trainer::new(config.clone(), store)?;
    let mut began = Instant::now();
    trainer.run(&mut |step| {
        if step.step == WARM_UP {
            began = Instant::now();
        }
        ControlFlow::Continue(())
    })?;
    Ok(((STEPS - WARM_UP) * config.batch) as f64 / began.elapsed().as_secs_f64())
}

/// The last rate that the peer prints.
fn their_rate(wavs: &Path, out: &Path) -> Result<f64> {
    let script = std::env::var("SOUNDALIKE_PEER")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/benches/training_peer.py").into());
    let python = std::env::var("SOUNDALIKE_PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(python)
        .arg(script)
        .args([wavs, out])
        .args(["--steps", &STEPS.to_string(), "--threads", &THREADS.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said.lines().rev().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|&word| word == "chunks/s")?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    });
    let complaint =
        || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("it printed no rate").to_string();
    Ok(rate.ok_or_else(complaint)?)
}

/// The floating point operations of a step's matrix products: encoder over two views, decoder over one, forward once
/// and backward twice.
fn step_flops() -> f64 {
    let (rows, c, mels, blocks) = (64.0 * 29.0, 48.0, 40.0, 4.0);
    let stack = blocks * (2.0 * c * 2.0 * c + c * c);
    // The frames are data, so the backward pass has one product less there.
    let encoder = 2.0 * rows * (3.0 * stack + 2.0 * mels * c);
    let decoder = rows * (3.0 * stack + 3.0 * c * mels);
    2.0 * (encoder + decoder)
}

/// The rate of this program's matrix products, in Gflop per second on one thread.
fn matrix_rate() -> Result<f64> {
    let n = 1024_usize;
    let a = Tensor::rand(-1.0_f32, 1.0, (n, n), &Device::Cpu)?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut best = f64::INFINITY;
    for _ in 0..10 {
        let began = Instant::now();
        one.install(|| a.matmul(&a))?;
        best = best.min(began.elapsed().as_secs_f64());
    }
    Ok(2.0 * (n as f64).powi(3) / best / 1e9)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

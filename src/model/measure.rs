//! Measurements on real recordings. `SOUNDALIKE_FSDD=DIR cargo test --lib measure -- --ignored --nocapture` trains on
//! the WAV files (8 kHz, mono) in DIR, and writes codes.npy and chunks.csv to `SOUNDALIKE_OUT` (without it, to a
//! temporary folder). `SOUNDALIKE_SETTINGS` may have training settings as JSON. `SOUNDALIKE_QUERIES` may name a folder
//! of WAV files whose first chunks are encoded.

use crate::ground::bits;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::*;

fn wavs(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "wav"));
    paths.sort();
    paths
}

fn read(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).unwrap().into_samples::<i16>().map(|x| f32::from(x.unwrap()) / 32768.0).collect()
}

fn write_codes(path: &Path, h: &[f32], width: usize) {
    let row_bytes = width.div_ceil(8);
    let rows = h.len() / width;
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, {row_bytes}), }}");
    let padding = 63 - (10 + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    for row in h.chunks_exact(width) {
        let code: Vec<u64> = bits::of_signs(row).collect();
        out.extend(bits::to_bytes(&code, width));
    }
    fs::write(path, out).unwrap();
}

#[test]
#[ignore = "minutes of training on real recordings: needs SOUNDALIKE_FSDD"]
fn measure_on_recordings() {
    let Some(folder) = std::env::var_os("SOUNDALIKE_FSDD") else { panic!("SOUNDALIKE_FSDD names no folder") };
    let temporary = tempfile::tempdir().unwrap();
    let out = std::env::var_os("SOUNDALIKE_OUT").map_or(temporary.path().to_path_buf(), PathBuf::from);
    fs::create_dir_all(&out).unwrap();
    let settings: TrainingSettings = match std::env::var("SOUNDALIKE_SETTINGS") {
        Ok(json) => serde_json::from_str(&json).unwrap(),
        Err(_) => TrainingSettings::default(),
    };
    let config = Config::new(&settings, Some(8000)).unwrap();
    let sounds: Vec<(PathBuf, Vec<f32>)> =
        wavs(Path::new(&folder)).into_iter().map(|path| (path.clone(), read(&path))).collect();

    let began = Instant::now();
    let mut builder = FeatureStoreBuilder::new(&config, &out);
    for (_, sound) in &sounds {
        let features = builder.front_end().features(sound);
        builder.push(&features).unwrap();
    }
    let store = builder.finish().unwrap();
    println!("{} files, {} chunks: features in {:.1?}", sounds.len(), store.chunks(), began.elapsed());

    let mut trainer = Trainer::new(config.clone(), &store).unwrap();
    let summary = trainer
        .run(&mut |r: &StepReport| {
            if r.step.is_multiple_of(250) || r.step == 1 || r.step == r.steps {
                println!(
                    "step {} of {}  loss {:.3}  reconstruction {:.3}  contrast {:.3}  sigma {:.4}  saturation {:.3}  \
                     entropy {:.2}  gradient {:.2}  {:.0} chunks/s {}",
                    r.step,
                    r.steps,
                    r.loss,
                    r.reconstruction,
                    r.contrast.unwrap_or_default(),
                    r.sigma,
                    r.saturation,
                    r.code_entropy,
                    r.gradient_norm,
                    r.chunks_per_second,
                    r.collapsed.as_deref().unwrap_or_default(),
                );
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    println!("{summary:?}");
    let path = out.join("model.safetensors");
    trainer.save(&path).unwrap();

    let began = Instant::now();
    let model = Model::load(&path).unwrap();
    let mut h = Vec::new();
    let mut csv = fs::File::create(out.join("chunks.csv")).unwrap();
    writeln!(csv, "chunk_id,path,start_seconds,end_seconds").unwrap();
    let mut id = 0;
    for (path, sound) in &sounds {
        let grid = config.grid();
        let starts: Vec<u64> = (0..grid.chunk_count(sound.len() as u64)).map(|i| grid.start_frame(i)).collect();
        h.extend(model.encode(sound, &starts).unwrap());
        for start in starts {
            let (from, to) = (start as f64 / 8000.0, (start as f64 + config.chunk_frames as f64) / 8000.0);
            writeln!(csv, "{id},{},{from},{to}", path.display()).unwrap();
            id += 1;
        }
    }
    let seconds: f64 = sounds.iter().map(|(_, s)| s.len() as f64 / 8000.0).sum();
    let took = began.elapsed().as_secs_f64();
    println!("encoded {id} chunks in {took:.2} s: {:.0} times faster than real time, a thread", seconds / took);
    write_codes(&out.join("codes.npy"), &h, config.bits);
    if let Some(queries) = std::env::var_os("SOUNDALIKE_QUERIES") {
        let queries = Path::new(&queries);
        let h: Vec<f32> = wavs(queries).iter().flat_map(|path| model.encode(&read(path), &[0]).unwrap()).collect();
        write_codes(&out.join("query_codes.npy"), &h, config.bits);
    }
}

#[test]
#[ignore = "a measurement"]
fn measure_matrix_products() {
    use super::gemm::{Matrix, Update, multiply};
    let numbers = |n: usize| (0..n).map(|i| (i % 17) as f32 / 17.0).collect::<Vec<f32>>();
    for (m, k, n) in [(232, 128, 128), (464, 128, 128), (232, 64, 64), (232, 96, 96), (1024, 1024, 1024)] {
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), vec![0.0; m * n]);
        let (a_t, b_t, b_kn, c_t) = (numbers(k * m), numbers(m * n), numbers(k * n), vec![0.0; k * n]);
        let time = |f: &mut dyn FnMut()| {
            let (rounds, mut best) = (if m > 1000 { 2 } else { 50 }, f64::INFINITY);
            for _ in 0..10 {
                let began = Instant::now();
                (0..rounds).for_each(|_| f());
                best = best.min(began.elapsed().as_secs_f64() / rounds as f64);
            }
            2.0 * (m * k * n) as f64 / best / 1e9
        };
        let forward = time(&mut || multiply(&mut c, Update::Replace, Matrix::new(&a, k), Matrix::new(&b, n)));
        let input = time(&mut || {
            multiply(&mut c, Update::Replace, Matrix::new(&a, k), Matrix::new(&b_kn, k).transposed());
        });
        let mut out = c_t.clone();
        let weight = time(&mut || {
            multiply(&mut out, Update::Replace, Matrix::new(&a_t, k).transposed(), Matrix::new(&b_t, n));
        });
        println!("{m} x {k} x {n}: forward {forward:.0}, input's {input:.0}, weight's {weight:.0} Gflop/s");
    }
}

//! Tests of the layout, and a measurement of its quality.

use std::time::Instant;

use super::*;
use crate::index::testing::clustered;
use crate::map::principal::principal_components;
use crate::map::quality::neighbours_kept;

fn whole(codes: &Codes) -> Vec<[f32; 2]> {
    draw(codes.as_ref(), 1, &mut |_, _, _| ControlFlow::Continue(())).expect("not stopped")
}

#[test]
fn a_map_keeps_more_of_the_neighbourhoods_than_principal_components_do() {
    let codes = clustered(64, 1500, 60, 3);
    let kept = neighbours_kept(codes.as_ref(), &whole(&codes), 300);
    let baseline = neighbours_kept(codes.as_ref(), &principal_components(codes.as_ref()), 300);
    assert!(kept > 0.9 && kept > baseline + 0.1, "{kept} against {baseline}");
}

#[test]
fn the_same_codes_give_the_same_map_on_any_number_of_threads() {
    let codes = clustered(64, 700, 20, 5);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| whole(&codes))
    };
    let one = on(1);
    assert_eq!(one, on(3));
    assert!(one.iter().flatten().all(|along| along.is_finite()));
}

#[test]
fn few_codes_and_equal_codes_have_places_too() {
    for count in [0, 1, 2, 3] {
        assert_eq!(whole(&clustered(64, count, 50, 9)).len(), count);
    }
    let mut equal = Codes::new(64).expect("a legal width");
    (0..40).for_each(|_| equal.push_signs(&[1.0; 64]));
    let places = whole(&equal);
    let mut apart: Vec<[u32; 2]> = places.iter().map(|place| place.map(f32::to_bits)).collect();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), 40, "each can be pointed at");
}

#[test]
fn drawing_stops_when_it_is_told_to_and_says_how_far_it_is() {
    let codes = clustered(64, 300, 20, 5);
    for stop_at in [Stage::FindingNeighbours, Stage::LayingOut] {
        let mut last = (0, 0);
        let drawn = draw(codes.as_ref(), 1, &mut |stage, done, total| {
            last = (done, total);
            if stage == stop_at && (stage == Stage::FindingNeighbours || done == 3) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(drawn, None);
        assert!(last.0 < last.1);
    }
}

/// `SOUNDALIKE_CODES=codes.npy cargo test map_of_codes -- --ignored --nocapture` measures a map of codes that
/// `soundalike export` has written. Without the variable, it measures a map of 100,000 codes in clusters.
#[test]
#[ignore = "measures; prints what the module's documentation says"]
fn map_of_codes() {
    let codes = match std::env::var_os("SOUNDALIKE_CODES") {
        Some(path) => read_npy(&std::fs::read(path).expect("a file of codes")),
        None => clustered(64, 100_000, 2000, 3),
    };
    let began = Instant::now();
    let mut stages = Vec::new();
    let places = draw(codes.as_ref(), 1, &mut |stage, _, _| {
        if stages.last().is_none_or(|(last, _)| *last != stage) {
            stages.push((stage, began.elapsed()));
        }
        ControlFlow::Continue(())
    });
    let places = places.expect("not stopped");
    println!("{} codes of {} bits in {:?} ({stages:?})", codes.len(), codes.bits(), began.elapsed());
    let kept = neighbours_kept(codes.as_ref(), &places, 1000);
    let baseline = neighbours_kept(codes.as_ref(), &principal_components(codes.as_ref()), 1000);
    println!(
        "of the 10 nearest codes among the 50 nearest dots: {kept:.3}; on the principal components: {baseline:.3}"
    );
}

/// Reads `[rows, bytes]` of unsigned bytes, as `soundalike export` writes them.
fn read_npy(file: &[u8]) -> Codes {
    let header_end = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let header = String::from_utf8_lossy(&file[10..header_end]);
    let shape = header.split("'shape': (").nth(1).expect("a shape").split(')').next().expect("an end");
    let bytes: usize = shape.split(',').nth(1).expect("two numbers").trim().parse().expect("a number");
    let mut codes = Codes::new(bytes * 8).expect("a legal width");
    for row in file[header_end..].chunks_exact(bytes) {
        codes.push_signs(&(0..bytes * 8).map(|bit| f32::from(row[bit / 8] >> (bit % 8) & 1) - 0.5).collect::<Vec<_>>());
    }
    codes
}

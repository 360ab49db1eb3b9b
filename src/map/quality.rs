//! How much of each code's neighbourhood a map keeps.

use rayon::prelude::*;

use super::dots::square;
use crate::index::{CodesRef, distances};

/// The number of nearest codes, and the number of nearest dots among which they are looked for.
const BY_CODE: usize = 10;
const ON_MAP: usize = 50;

/// The share of a code's 10 nearest codes that are among its 50 nearest dots. The mean over at most `asked` codes,
/// evenly spaced. If several codes have the distance of the tenth, any of them counts.
pub fn neighbours_kept(codes: CodesRef<'_>, places: &[[f32; 2]], asked: usize) -> f64 {
    let every = codes.len().div_ceil(asked.max(1)).max(1);
    let asked: Vec<usize> = (0..codes.len()).step_by(every).collect();
    let kept = |distance: &mut Vec<u16>, &row: &usize| {
        distances(codes, codes.code(row), distance);
        let mut on_map: Vec<usize> = (0..places.len()).filter(|&other| other != row).collect();
        let near = |other: &usize| square(places[*other], places[row]);
        if on_map.len() > ON_MAP {
            on_map.select_nth_unstable_by(ON_MAP - 1, |a, b| near(a).total_cmp(&near(b)));
            on_map.truncate(ON_MAP);
        }
        let mut by_code: Vec<u16> =
            distance.iter().enumerate().filter(|(other, _)| *other != row).map(|(_, &distance)| distance).collect();
        let wanted = BY_CODE.min(by_code.len());
        if wanted == 0 {
            return 1.0;
        }
        let (_, &mut furthest, _) = by_code.select_nth_unstable(wanted - 1);
        let nearer = by_code.iter().filter(|&&distance| distance < furthest).count();
        let found = |at: &dyn Fn(u16) -> bool| on_map.iter().filter(|&&other| at(distance[other])).count();
        let hits =
            found(&|distance| distance < furthest) + found(&|distance| distance == furthest).min(wanted - nearer);
        hits as f64 / wanted as f64
    };
    let shares: Vec<f64> = asked.par_iter().map_init(Vec::new, kept).collect();
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;

    /// 100 codes. Consecutive codes differ in one bit, others in more.
    fn ladder() -> Codes {
        let mut codes = Codes::new(104).expect("a legal width");
        for row in 0..100 {
            codes.push_signs(&(0..104).map(|bit| if bit < row { 1.0 } else { -1.0 }).collect::<Vec<_>>());
        }
        codes
    }

    #[test]
    fn a_map_that_keeps_the_order_keeps_all_and_a_shuffled_one_keeps_what_chance_does() {
        let line: Vec<[f32; 2]> = (0..100).map(|i| [i as f32, 0.0]).collect();
        assert_eq!(neighbours_kept(ladder().as_ref(), &line, 100), 1.0);
        let shuffled: Vec<[f32; 2]> = (0..100).map(|i| [(i * 37 % 100) as f32, 0.0]).collect();
        let kept = neighbours_kept(ladder().as_ref(), &shuffled, 100);
        assert!((0.3..0.75).contains(&kept), "{kept}, where chance keeps about half");
    }

    #[test]
    fn any_of_the_codes_that_tie_will_do() {
        let mut codes = Codes::new(8).expect("a legal width");
        (0..200).for_each(|_| codes.push_signs(&[1.0; 8]));
        let places: Vec<[f32; 2]> = (0..200).map(|i| [i as f32, 0.0]).collect();
        assert_eq!(neighbours_kept(codes.as_ref(), &places, 10), 1.0);
    }
}

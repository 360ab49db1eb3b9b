//! What a search reports beside its nearest matches: their codes, which match is the query itself, and the effect of
//! filters.

use camino::Utf8PathBuf;
use soundalike::dataset::Favourite;
use soundalike::engine::{
    Basket, Command, Example, Grouping, Match, Outcome, Query, SearchFilter, SearchReport, Verdict,
};

use crate::support::{Bench, quick, tone, write_tones, write_wav};

/// Tones, and two copies of a sweep: some distances are equal, and the sweep's chunks differ from their neighbours.
fn bench() -> Bench {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 6);
    // Exact copies would be one match. These differ only after the last chunk.
    for (name, last) in [("a_sweep.wav", 0.0), ("z_sweep.wav", 0.1)] {
        let sweep = (0..16_000).map(move |frame| {
            if frame == 15_999 {
                return last;
            }
            let t = f64::from(frame) / 8000.0;
            0.4 * (std::f64::consts::TAU * (100.0 * t + 700.0 * t * t)).sin()
        });
        write_wav(&sounds.join(name), 8000, sweep);
    }
    bench.add(&sounds);
    bench.train(quick());
    bench
}

fn query(bench: &Bench, name: &str) -> Query {
    let path = Utf8PathBuf::from_path_buf(bench.path("sounds").join(name)).expect("UTF-8");
    let by = Grouping::Chunk;
    Query {
        path,
        from_secs: None,
        to_secs: None,
        k: 20,
        by,
        filter: SearchFilter::default(),
        basket: Basket::default(),
    }
}

fn search(bench: &Bench, query: &Query) -> SearchReport {
    match bench.run(Command::Search(query.clone())) {
        Ok(Outcome::Searched(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn name(found: &Match) -> &str {
    found.path.file_name().expect("a name")
}

#[test]
fn the_query_itself_comes_first_among_equal_matches() {
    let bench = bench();
    for by in [Grouping::Chunk, Grouping::File] {
        for own in ["a_sweep.wav", "z_sweep.wav"] {
            let query = Query { from_secs: Some(0.512), to_secs: Some(0.768), by, ..query(&bench, own) };
            let report = search(&bench, &query);
            let [first, second, ..] = &report.matches[..] else { panic!("{report:?}") };
            assert_eq!((name(first), first.distance, first.is_query), (own, 0.0, true), "{by:?}");
            assert_eq!((second.distance, second.is_query), (0.0, false), "{by:?}: its copy");
            assert_ne!(name(second), own);
            assert_eq!(report.matches.iter().filter(|found| found.is_query).count(), 1);
            assert!(report.matches.is_sorted_by_key(|found| found.distance));
            if by == Grouping::Chunk {
                assert!((first.start_seconds - 0.512).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn a_query_between_two_chunks_finds_both() {
    let bench = bench();
    let between = Query { from_secs: Some(0.58), to_secs: Some(0.836), ..query(&bench, "a_sweep.wav") };
    let report = search(&bench, &between);
    let own: Vec<&Match> = report.matches.iter().filter(|found| found.is_query).collect();
    let [own] = &own[..] else { panic!("the two overlap, so that they are one match: {own:?}") };
    assert!([0.512, 0.64].iter().any(|start| (own.start_seconds - start).abs() < 1e-9), "{own:?}");
    let equals = report.matches.iter().find(|found| found.distance == own.distance).expect("itself at least");
    assert!(equals.is_query, "it comes first among equals");
}

#[test]
fn a_file_is_as_near_as_its_nearest_moments() {
    let bench = bench();
    let one_chunk = |from: f64, by| {
        let query = query(&bench, "a_sweep.wav");
        search(&bench, &Query { from_secs: Some(from), to_secs: Some(from + 0.256), k: 1000, by, ..query })
    };
    let nearest = |moments: &SearchReport, file| {
        let of_file = moments.matches.iter().filter(|found| found.file == file).map(|found| found.distance);
        of_file.min_by(f64::total_cmp).expect("every file has a moment")
    };
    for from in [0.0, 0.7, 1.5] {
        let (moments, files) = (one_chunk(from, Grouping::Chunk), one_chunk(from, Grouping::File));
        assert_eq!(files.matches.len(), 8);
        for found in &files.matches {
            assert_eq!(found.distance, nearest(&moments, found.file), "{found:?}");
            let differ: u32 = found.code.iter().zip(&found.query_code).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!(f64::from(differ), found.distance);
        }
    }
}

#[test]
fn the_codes_of_a_match_differ_by_its_distance() {
    let bench = bench();
    let report = search(&bench, &query(&bench, "tone_02.wav"));
    assert!(report.matches.len() > 5 && report.matches.iter().any(|found| found.distance > 0.0));
    for found in &report.matches {
        let differ: u32 = found.code.iter().zip(&found.query_code).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!(f64::from(differ), found.distance, "{found:?}");
    }
}

#[test]
fn a_cached_query_is_read_again_only_if_the_file_changed() {
    let bench = bench();
    let part = |from: f64| Query { from_secs: Some(from), to_secs: Some(from + 0.256), ..query(&bench, "a_sweep.wav") };
    for from in [0.128, 1.024, 0.256] {
        let first = search(&bench, &part(from)).matches.swap_remove(0);
        assert!(first.is_query && first.distance == 0.0 && (first.start_seconds - from).abs() < 1e-9, "{first:?}");
    }
    write_wav(&bench.path("sounds/a_sweep.wav"), 8000, tone(8000, 333.0, 0.2));
    let refused = bench.run(Command::Search(part(1.024))).expect_err("it is shorter now");
    assert!(refused.contains("the sound is 0.200 s long"), "{refused}");
}

#[test]
fn favourites_are_kept_until_their_file_is_removed() {
    let bench = bench();
    let all = search(&bench, &query(&bench, "tone_02.wav"));
    let chosen = &all.matches[3];
    let favourite = Favourite { file: chosen.file, start_secs: chosen.start_seconds, end_secs: chosen.end_seconds };
    bench.run(Command::MarkFavourite { favourite, on: true }).expect("marked");
    assert_eq!(*bench.engine.latest().favourites, [favourite]);
    let bench = bench.reopen();
    assert_eq!(*bench.engine.latest().favourites, [favourite]);

    let filter = SearchFilter { favourites: true, ..SearchFilter::default() };
    let only = Query { filter, ..query(&bench, "tone_02.wav") };
    let report = search(&bench, &only);
    let [found] = &report.matches[..] else { panic!("{report:?}") };
    assert_eq!((found.file, found.start_seconds, report.searched), (chosen.file, chosen.start_seconds, 1));

    bench.run(Command::MarkFavourite { favourite, on: false }).expect("taken away");
    assert!(search(&bench, &only).matches.is_empty());
    bench.run(Command::MarkFavourite { favourite, on: true }).expect("marked again");
    bench.run(Command::RemoveFiles { files: vec![chosen.file] }).expect("removed");
    assert!(bench.engine.latest().favourites.is_empty());
}

#[test]
fn a_typed_filter_narrows_the_matches_to_files() {
    let bench = bench();
    let typed = |text: &str, by| {
        let filter = SearchFilter { text: text.into(), ..SearchFilter::default() };
        search(&bench, &Query { by, filter, ..query(&bench, "tone_02.wav") })
    };
    let sweeps = typed("dur>1.5", Grouping::Chunk);
    assert!(sweeps.matches.len() > 4 && sweeps.matches.iter().all(|found| name(found).ends_with("_sweep.wav")));
    let tagged = sweeps.matches[0].file;
    bench.run(Command::TagFiles { files: vec![tagged], tag: "rising".into() }).expect("tagged");
    let only = typed("tag:rising", Grouping::File);
    assert_eq!(only.matches.iter().map(|found| found.file).collect::<Vec<_>>(), [tagged]);
    let nothing = typed("tag:falling", Grouping::Chunk);
    assert_eq!((nothing.matches.len(), nothing.searched, nothing.silent), (0, 0, false));
}

#[test]
fn the_querys_own_file_can_be_left_out() {
    let bench = bench();
    let filter = SearchFilter { not_this_file: true, ..SearchFilter::default() };
    for by in [Grouping::Chunk, Grouping::File] {
        let all = search(&bench, &Query { by, ..query(&bench, "tone_02.wav") });
        let others = search(&bench, &Query { by, filter: filter.clone(), ..query(&bench, "tone_02.wav") });
        assert!(all.matches.iter().any(|found| name(found) == "tone_02.wav"));
        assert!(!others.matches.is_empty() && others.matches.iter().all(|found| name(found) != "tone_02.wav"));
        assert!(others.searched < all.searched);
    }
}

fn example(bench: &Bench, name: &str, is_like: bool) -> Example {
    Example { path: query(bench, name).path, from_secs: None, to_secs: None, is_like }
}

fn of_file<'a>(report: &'a SearchReport, wanted: &str) -> &'a Match {
    report.matches.iter().find(|found| name(found) == wanted).expect("it is among the matches")
}

#[test]
fn a_basket_finds_like_sounds_and_puts_unlike_ones_behind_the_line() {
    let bench = bench();
    for by in [Grouping::Chunk, Grouping::File, Grouping::Event] {
        let alone = Query { by, k: 500, ..query(&bench, "tone_02.wav") };
        let sweep = of_file(&search(&bench, &alone), "z_sweep.wav").distance;
        let like = Basket { examples: vec![example(&bench, "a_sweep.wav", true)], ..Basket::default() };
        let both = search(&bench, &Query { basket: like, ..alone.clone() });
        let now = of_file(&both, "z_sweep.wav");
        assert!(now.distance == 0.0 && sweep > 0.0, "{by:?}: {sweep}, {now:?}");
        assert!(of_file(&both, "tone_02.wav").distance == 0.0);

        let unlike = Basket {
            examples: vec![example(&bench, "a_sweep.wav", false)],
            threshold: Some(64.0),
            ..Basket::default()
        };
        let without = search(&bench, &Query { basket: unlike, ..alone.clone() });
        let line = without.line.alike.expect("a distance was given");
        assert!(without.matches[..line].iter().all(|found| !name(found).ends_with("sweep.wav")), "{by:?}");
        assert!(without.matches[line..].iter().any(|found| name(found) == "z_sweep.wav"), "{by:?}");
        assert!(without.matches.iter().enumerate().all(|(rank, found)| found.nearness.is_behind == (rank >= line)));
    }
}

#[test]
fn a_verdict_is_kept_with_its_search_until_undone() {
    let bench = bench();
    let by = Grouping::File;
    let wanted = Query { by, ..query(&bench, "tone_02.wav") };
    let save = Command::SaveSearch { name: " tones ".into(), query: wanted };
    assert!(matches!(bench.run(save), Ok(Outcome::Changed { words }) if words == "Saved the search “tones”"));
    let run = |bench: &Bench| match bench.run(Command::SearchSaved { name: "tones".into(), k: 20 }) {
        Ok(Outcome::Searched(report)) => report,
        other => panic!("{other:?}"),
    };
    let first = run(&bench);
    assert_eq!(first.line.new, None, "it never ran before");
    let sweep = of_file(&first, "z_sweep.wav");
    let verdict = |yes| Verdict { file: sweep.file, start_secs: sweep.start_seconds, end_secs: sweep.end_seconds, yes };
    let judge = |yes| Command::JudgeMatches { name: "tones".into(), verdicts: vec![verdict(yes)] };

    bench.run(judge(true)).expect("judged");
    let taught = run(&bench);
    let other = of_file(&taught, "a_sweep.wav");
    assert!(other.distance < of_file(&first, "a_sweep.wav").distance, "{other:?}");
    assert_eq!(of_file(&taught, "z_sweep.wav").nearness.verdict, Some(true));

    let bench = bench.reopen();
    bench.run(judge(false)).expect("judged again");
    assert_eq!(bench.engine.latest().searches[0].query.basket.verdicts, [verdict(false)]);
    assert!(of_file(&run(&bench), "a_sweep.wav").nearness.is_behind);
    bench.run(Command::Undo).expect("undone");
    assert_eq!(bench.engine.latest().searches[0].query.basket.verdicts, [verdict(true)]);
    assert_eq!(run(&bench).matches, taught.matches);

    bench.run(Command::RenameSearch { from: "tones".into(), to: "sweeps".into() }).expect("renamed");
    assert!(bench.run(Command::SearchSaved { name: "tones".into(), k: 5 }).is_err_and(|why| why.contains("\"tones\"")));
    bench.run(Command::DeleteSearch { name: "sweeps".into() }).expect("deleted");
    assert!(bench.engine.latest().searches.is_empty());
    bench.run(Command::Undo).expect("undone");
    assert_eq!(bench.engine.latest().searches[0].name, "sweeps");
}

#[test]
fn a_saved_search_says_what_is_new_since_it_ran_last() {
    let bench = bench();
    let query = Query {
        by: Grouping::Event,
        basket: Basket { threshold: Some(1.0), ..Basket::default() },
        ..query(&bench, "a_sweep.wav")
    };
    bench.run(Command::SaveSearch { name: "sweep".into(), query }).expect("saved");
    let run = || match bench.run(Command::SearchSaved { name: "sweep".into(), k: 20 }) {
        Ok(Outcome::Searched(report)) => report,
        other => panic!("{other:?}"),
    };
    assert_eq!(run().line.alike, Some(2), "the sweep and its copy");
    assert_eq!(run().line.new, Some(0));
    let mut later = std::fs::read(bench.path("sounds/a_sweep.wav")).expect("read");
    *later.last_mut().expect("a sample") ^= 1;
    std::fs::write(bench.path("sounds/later.wav"), later).expect("written");
    bench.add(&bench.path("sounds"));
    bench.run(Command::BuildIndex).expect("indexed");
    let report = run();
    assert_eq!((report.line.alike, report.line.new), (Some(3), Some(1)));
    let new: Vec<&str> = report.matches.iter().filter(|found| found.nearness.is_new).map(name).collect();
    assert_eq!(new, ["later.wav"]);
    assert_eq!(run().line.new, Some(0));
}

//! The table, without a window.

use std::collections::BTreeMap;

use super::*;
use crate::ground::{Grid, Rate};

fn dataset(files: &[(&str, u64, f32)]) -> Arc<DatasetView> {
    let file = |(id, (path, frames, peak)): (usize, &(&str, u64, f32))| {
        Arc::new(SoundFile {
            id: FileId(id as i64),
            path: (*path).into(),
            size_bytes: 1,
            modified_ns: 0,
            content_hash: [0; 32],
            rate: 8000,
            channels: 1,
            frames: *frames,
            peak: *peak,
            thumbnail: Vec::new(),
            aspects: None,
            metadata: None,
        })
    };
    let mut files: Vec<_> = files.iter().enumerate().map(file).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let grid = Grid { rate: Rate::Native, chunk_frames: 1, hop_frames: 1 };
    Arc::new(DatasetView::new(files, Vec::new(), BTreeMap::new(), grid))
}

fn table() -> FileTable {
    FileTable::new(dataset(&[
        ("/s/drums/kick_10.wav", 8000, 0.1),
        ("/s/drums/Kick_2.wav", 4000, 0.9),
        ("/s/drums/kick_1.wav", 16_000, 0.5),
        ("/s/drums/more/hat.wav", 8000, 0.5),
        ("/s/drums/zap.wav", 8000, 0.5),
        ("/s/Bells/bell.wav", 80_000, 0.2),
    ]))
}

fn order(table: &FileTable) -> Order {
    let (sort, by_folder, folds_copies) = (table.sort, table.by_folder, table.folds_copies);
    Order { filter: table.filter.clone(), sort, by_folder, folds_copies, ..table.shown.order.clone() }
}

/// Changes the table and shows the rows that come of it.
fn rows(table: &mut FileTable, change: impl FnOnce(&mut FileTable)) -> Vec<String> {
    change(table);
    let wanted = order(table);
    assert!(table.want(wanted).is_none(), "a small table needs nobody");
    let row = |line: Line| match line {
        Line::Folder(group) => format!("[{}]", table.shown.groups[group].folder),
        Line::File(place) => table.file(place).expect("there").path.file_name().expect("a name").to_owned(),
    };
    (0..table.lines()).map(|number| row(table.line(number).expect("a row"))).collect()
}

#[test]
fn files_are_under_their_folders_in_natural_order() {
    let rows = rows(&mut table(), |_| {});
    let expected = [
        "[/s/Bells]",
        "bell.wav",
        "[/s/drums]",
        "kick_1.wav",
        "Kick_2.wav",
        "kick_10.wav",
        "zap.wav",
        "[/s/drums/more]",
        "hat.wav",
    ];
    assert_eq!(rows, expected);
    assert_eq!(table().line(expected.len()), None);
}

#[test]
fn a_second_click_on_a_heading_reverses_the_order() {
    let mut table = table();
    let by_length = rows(&mut table, |table| table.sort_by(Column::Length));
    assert_eq!(by_length[3..7], ["Kick_2.wav", "kick_10.wav", "zap.wav", "kick_1.wav"]);
    let downwards = rows(&mut table, |table| table.sort_by(Column::Length));
    assert_eq!(downwards[3..7], ["kick_1.wav", "zap.wav", "kick_10.wav", "Kick_2.wav"]);
    let flat = rows(&mut table, |table| {
        table.by_folder = false;
        table.sort_by(Column::Level);
    });
    assert_eq!(flat, ["kick_10.wav", "bell.wav", "hat.wav", "kick_1.wav", "zap.wav", "Kick_2.wav"]);
    assert_eq!(rows(&mut table, |table| table.sort_by(Column::Rate))[0], "bell.wav", "where all are equal, by name");
}

#[test]
fn a_filter_leaves_out_files_and_folders_without_any() {
    let mut table = table();
    assert_eq!(
        rows(&mut table, |table| table.filter = "kick dur<1.5".into()),
        ["[/s/drums]", "Kick_2.wav", "kick_10.wav"]
    );
    assert_eq!(table.shown.files, 2);
    assert_eq!(rows(&mut table, |table| table.filter = "nothing like it".into()), [""; 0]);
    assert_eq!(rows(&mut table, |table| table.filter = "dur>".into()).len(), 9);
    assert_eq!(table.shown.not_understood.len(), 1);
}

#[test]
fn folders_fold_and_rows_are_found_again() {
    let mut table = table();
    let folded = rows(&mut table, |table| table.fold(1, true));
    assert_eq!(folded, ["[/s/Bells]", "bell.wav", "[/s/drums]"], "and what is below it");
    assert_eq!(rows(&mut table, |table| table.fold(2, true)), folded, "nothing below a folded folder has a row");
    table.fold(1, false);
    let below = ["[/s/drums]", "kick_1.wav", "Kick_2.wav", "kick_10.wav", "zap.wav", "[/s/drums/more]"];
    assert_eq!(rows(&mut table, |_| ())[2..], below);
    for number in 0..table.lines() {
        assert_eq!(table.number_of(table.line(number).expect("a row")), Some(number));
    }
    assert_eq!(table.all().count(), 5, "what is folded away is not selected with all");
    assert_eq!(rows(&mut table, |table| table.fold_all(true)).len(), 2);
    assert_eq!(rows(&mut table, |table| table.fold_all(false)).len(), 9);
}

#[test]
fn the_cursor_passes_over_headings_and_stays_on_its_file() {
    let mut table = table();
    let name = |table: &FileTable, place: u32| table.file(place).expect("there").path.file_name().map(str::to_owned);
    let mut passed = Vec::new();
    for by in [1, 1, 1, -1, -1, -1, 100, 1, -2] {
        let next = table.step(by).expect("a file");
        table.set_cursor(next, false);
        passed.push(name(&table, next).expect("a name"));
    }
    let expected =
        ["bell.wav", "kick_1.wav", "Kick_2.wav", "kick_1.wav", "bell.wav", "bell.wav", "hat.wav", "hat.wav", "zap.wav"];
    assert_eq!(passed, expected);
    let fewer = dataset(&[("/s/drums/zap.wav", 8000, 0.5), ("/t/a.wav", 8000, 0.5)]);
    let order = Order { dataset: fewer, ..order(&table) };
    table.want(order);
    assert_eq!(table.cursor().and_then(|place| name(&table, place)).as_deref(), Some("zap.wav"));
}

#[test]
fn a_stretch_of_rows_is_the_same_from_either_end() {
    let table = table();
    let place = |number| match table.line(number) {
        Some(Line::File(place)) => place,
        other => panic!("{other:?} is no file"),
    };
    let (a, b) = (place(1), place(5));
    let between = table.between(a, b);
    assert_eq!(between, [1, 3, 4, 5].map(place));
    assert_eq!(between, table.between(b, a));
}

#[test]
fn a_large_table_is_arranged_elsewhere_and_once_for_each_change() {
    let names: Vec<String> = (0..AT_ONCE + 1).map(|i| format!("/s/{}/{i}.wav", i % 7)).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), 8000, 0.5)).collect();
    let mut table = FileTable::new(dataset(&[]));
    let wanted = Order { dataset: dataset(&files), ..order(&table) };
    let asked = table.want(wanted.clone()).expect("too large for one frame");
    assert!(table.waits() && table.want(wanted.clone()).is_none(), "it is asked for already");
    let newer = Order { filter: "s/3".into(), ..wanted };
    let newest = table.want(newer.clone()).expect("another filter");
    let mut sorter = Sorter::default();
    table.arranged(Arc::new(sorter.arrange(asked)));
    assert!(table.waits());
    assert_eq!(table.lines(), AT_ONCE + 1 + 7, "an older answer is better than none");
    table.arranged(Arc::new(sorter.arrange(newest)));
    assert!(!table.waits() && table.want(newer).is_none());
    assert_eq!(table.lines(), 1 + 143);
}

#[test]
fn copies_in_one_folder_share_a_row_and_so_do_those_of_a_flat_list() {
    let files = dataset(&[
        ("/s/a/kick.wav", 8000, 0.5),
        ("/s/a/kick copy.wav", 8000, 0.5),
        ("/s/b/kick.wav", 8000, 0.5),
        ("/s/b/other.wav", 8000, 0.5),
    ]);
    // By path: "a/kick copy", "a/kick", "b/kick", "b/other".
    let [same, other] = [Some([1; 32]), Some([2; 32])];
    let copies = DatasetView::clone(&files).with_sound_hashes(&[same, same, same, other]);
    let mut table = FileTable::new(Arc::new(copies));
    let by_folder = rows(&mut table, |_| ());
    assert_eq!(by_folder, ["[/s/a]", "kick copy.wav", "[/s/b]", "kick.wav", "other.wav"]);
    assert_eq!(table.shown.files, 4, "all four are counted");
    let flat = rows(&mut table, |table| table.by_folder = false);
    assert_eq!(flat, ["kick copy.wav", "other.wav"]);
    let one = rows(&mut table, |table| table.filter = "s/b".into());
    assert_eq!(one, ["kick.wav", "other.wav"], "a copy is found by its own folder");
    let all = rows(&mut table, |table| (table.filter, table.folds_copies) = (String::new(), false));
    assert_eq!(all.len(), 4);
}

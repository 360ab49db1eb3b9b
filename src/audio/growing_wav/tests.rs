use super::*;
use crate::audio::Decoder;

/// What a reader finds in the file now.
fn heard(path: &Path) -> (Vec<f32>, Option<String>) {
    let mut decoder = Decoder::open(path).expect("it opens");
    let mut all = Vec::new();
    while let Some(block) = decoder.next_block().expect("sound") {
        all.extend_from_slice(block);
    }
    (all, decoder.warning())
}

fn ramp(from: usize, count: usize) -> Vec<f32> {
    (from..from + count).map(|n| n as f32 / 65_536.0).collect()
}

#[test]
fn the_file_can_be_read_after_each_block() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = GrowingWav::create(folder.path(), "take", 2, 8000).expect("made");
    assert!(is_empty_recording(wav.path()));
    for block in 0..5 {
        wav.push(&ramp(block * 1000, 1000)).expect("written");
        assert_eq!(heard(wav.path()), (ramp(0, (block + 1) * 1000), None));
        let reader = hound::WavReader::open(wav.path()).expect("another reader opens it");
        assert_eq!((reader.duration() as usize, reader.spec().channels), ((block + 1) * 500, 2));
        assert!(!is_empty_recording(wav.path()));
    }
    assert_eq!(wav.frames(), 2500);
    let path = wav.finish().expect("finished").expect("it has sound");
    assert_eq!(heard(&path).0, ramp(0, 5000));
}

#[test]
fn bytes_behind_the_last_header_do_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = GrowingWav::create(folder.path(), "take", 1, 8000).expect("made");
    wav.push(&ramp(0, 3000)).expect("written");
    // A kill between writing samples and header leaves samples that the header does not count yet.
    wav.append(&[7; 4001]).expect("written");
    assert_eq!(heard(wav.path()), (ramp(0, 3000), None));
    let reader = hound::WavReader::open(wav.path()).expect("another reader opens it");
    assert_eq!(reader.duration(), 3000);
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("take.wav"), "mine").expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("take (2).wav")).expect("linked");
    let mut wav = GrowingWav::create(folder.path(), "take", 1, 8000).expect("made");
    wav.push(&[0.5; 100]).expect("written");
    let path = wav.finish().expect("finished").expect("it has sound");
    let expected = if cfg!(unix) { "take (3).wav" } else { "take (2).wav" };
    assert_eq!(path.file_name().expect("a name"), expected);
    assert_eq!(fs::read(folder.path().join("take.wav")).expect("there"), b"mine");
    assert!(!folder.path().join("elsewhere").exists(), "nothing is written through a link");
}

#[test]
fn a_recording_of_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = GrowingWav::create(folder.path(), "take", 1, 8000).expect("made");
    assert_eq!(wav.finish().expect("finished"), None);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
    assert!(GrowingWav::create(&folder.path().join("absent"), "take", 1, 8000).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_or_folder_that_is_deleted_or_moved_meanwhile_is_written_again() {
    let keep = tempfile::tempdir().expect("a folder");
    let folder = keep.path().join("takes");
    fs::create_dir(&folder).expect("made");
    let mut wav = GrowingWav::create(&folder, "take", 1, 8000).expect("made");
    wav.push(&ramp(0, 1000)).expect("written");
    fs::remove_dir_all(&folder).expect("deleted");
    wav.push(&ramp(1000, 1000)).expect("written");
    wav.settle().expect("written again");
    assert_eq!(heard(wav.path()).0, ramp(0, 2000));
    fs::rename(&folder, keep.path().join("elsewhere")).expect("moved");
    wav.push(&ramp(2000, 1000)).expect("written");
    let path = wav.finish().expect("finished").expect("it has sound");
    assert_eq!((heard(&path).0, path.parent()), (ramp(0, 3000), Some(&*folder)));
}

/// `/dev/full` takes no bytes, like a full disk.
#[cfg(target_os = "linux")]
#[test]
fn what_does_not_fit_is_told_and_the_header_counts_what_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = GrowingWav::create(folder.path(), "take", 2, 8000).expect("made");
    wav.push(&[0.5; 2000]).expect("written");
    let path = wav.path().to_owned();
    wav.pretend_full_disk();
    let failure = wav.push(&[0.5; 2000]).expect_err("the disk is full");
    assert!(matches!(failure.cause, Cause::Unwritable(_)), "{failure}");
    assert_eq!((wav.frames(), heard(&path).0.len()), (1000, 2000));
}

#[test]
fn a_file_ends_at_the_largest_size_that_a_header_can_tell() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wav = GrowingWav::create(folder.path(), "take", 2, 8000).expect("made");
    let frames = 100;
    wav.data_bytes = (MOST_BYTES - frames * 8) / 8 * 8;
    let before = wav.frames();
    let failure = wav.push(&[0.25; 1000]).expect_err("too long");
    assert!(matches!(failure.cause, Cause::TooLong(_)), "{failure}");
    assert!((frames..=frames + 1).contains(&(wav.frames() - before)), "{}", wav.frames() - before);
    let reader = Decoder::open(wav.path()).expect("it opens");
    assert_eq!(reader.frames(), Some(wav.frames()));
}

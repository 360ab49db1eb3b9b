//! Tests of generations: what is installed can be read, shared files stay, and a kill leaves the generation before.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use camino::Utf8Path;

use super::*;
use crate::index::testing::random;
use crate::index::{Codes, Index, IndexError, IndexFile, MadeBy};
use crate::project::Opening;
use crate::project::testing::project;

pub(in crate::project) fn model() -> ModelGeneration {
    ModelGeneration {
        generation: 0,
        config: Config::new(&Default::default(), Some(44_100)).expect("the defaults"),
        steps: 12,
        seconds: 1.5,
        loss: 0.25,
        saturation: 0.75,
        collapsed: None,
        history: "[]".into(),
        hash: Some([1; 32]),
    }
}

/// Writes a file that begins like a model and contains `text`.
fn write(text: &'static str) -> impl FnOnce(&Utf8Path) -> Result<[u8; 32], ProjectError> {
    move |path| {
        let written = std::fs::write(path, format!("soundalike-model {text}"));
        written.map(|()| [1; 32]).map_err(|cause| ProjectError::File { path: path.to_owned(), cause })
    }
}

#[test]
fn a_new_generation_replaces_the_old_one_and_its_file() {
    let (_keep, project) = project();
    assert_eq!(project.current_model().expect("asked"), None);
    let first = project.install_model(&model(), write("one")).expect("installed");
    let second = project.install_model(&model(), write("two")).expect("installed");
    assert!(second > first);
    assert!(project.model_path(first).exists(), "until the new one has been opened");
    project.sweep().expect("swept");
    assert!(!project.model_path(first).exists());
    assert_eq!(std::fs::read_to_string(project.model_path(second)).expect("read"), "soundalike-model two");
    let expected = ModelGeneration { generation: second, ..model() };
    assert_eq!(project.current_model().expect("asked"), Some(expected));
}

#[test]
fn a_generation_that_cannot_be_written_changes_nothing() {
    let (_keep, project) = project();
    let first = project.install_model(&model(), write("one")).expect("installed");
    let refused = project.install_model(&model(), |path| {
        Err(ProjectError::File { path: path.to_owned(), cause: std::io::ErrorKind::StorageFull.into() })
    });
    assert!(refused.is_err());
    assert_eq!(project.current_model().expect("asked").map(|model| model.generation), Some(first));
    assert!(project.model_path(first).exists());
}

#[test]
fn an_index_remembers_whose_rows_are_whose_and_which_are_silent() {
    let (_keep, project) = project();
    let model_generation = project.install_model(&model(), write("m")).expect("installed");
    let silent: Vec<bool> = (0..11).map(|chunk| chunk % 3 == 0).collect();
    let file =
        |id, first_row, silent| IndexedFile { file: FileId(id), content_hash: [id as u8; 32], first_row, silent };
    let index = IndexGeneration {
        generation: 0,
        model_generation,
        codes: 12,
        unique_codes: 7,
        entropy_nats: 1.25,
        model_hash: Some([1; 32]),
        files: vec![file(4, 0, silent), file(2, 11, vec![false])],
    };
    let nothing = |_: i64, _: &Utf8Path, _: &dyn Fn(&str) -> Result<(), ProjectError>| Ok::<_, ProjectError>(());
    project.install_index(&index, nothing).expect("installed");
    let second = project.install_index(&index, nothing).expect("installed");
    let expected = IndexGeneration { generation: second, ..index };
    assert_eq!(project.current_index().expect("asked"), Some(expected));
}

/// The files of indexes in a project's folder.
fn index_files(project: &Project) -> BTreeSet<String> {
    let entries = project.folder().read_dir_utf8().expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|entry| entry.file_name().to_owned()).filter(|name| name.ends_with(".codes")).collect()
}

/// The files of the current index.
fn current_files(project: &Project) -> BTreeSet<String> {
    let generation = project.current_index().expect("asked").expect("an index").generation;
    let list = project.index_path(generation);
    let mut files = BTreeSet::from([list.file_name().expect("a name").to_owned()]);
    files.extend(IndexFile::segment_names(list.as_std_path()).expect("a list"));
    files
}

fn install(project: &Project, model_generation: i64, index: &Index) -> i64 {
    let row = IndexGeneration {
        generation: 0,
        model_generation,
        codes: index.len() as u64,
        unique_codes: 0,
        entropy_nats: 0.0,
        model_hash: None,
        files: Vec::new(),
    };
    let installed = project.install_index(&row, |_, path, announce| {
        let announce = |name: &str| announce(name).map_err(Failed::Project);
        IndexFile::save_as(path.as_std_path(), index, MadeBy { generation: 1, ..MadeBy::default() }, &announce)
    });
    installed.expect("installed")
}

/// An error of the project or of the index.
#[derive(Debug)]
enum Failed {
    Project(#[expect(dead_code, reason = "it is printed")] ProjectError),
    Index(#[expect(dead_code, reason = "it is printed")] IndexError),
}

impl From<ProjectError> for Failed {
    fn from(cause: ProjectError) -> Self {
        Self::Project(cause)
    }
}

impl From<IndexError> for Failed {
    fn from(cause: IndexError) -> Self {
        Self::Index(cause)
    }
}

fn open_current(project: &Project) -> IndexFile {
    let generation = project.current_index().expect("asked").expect("an index").generation;
    IndexFile::open(project.index_path(generation).as_std_path()).expect("opened")
}

/// The first `count` of a fixed sequence of codes.
fn sequence(count: usize) -> Codes {
    let mut codes = Codes::new(64).expect("a legal width");
    codes.extend_words(std::iter::repeat_with(random(5)).take(count));
    codes
}

#[test]
fn generations_share_segments_for_as_long_as_one_needs_them() {
    let (_keep, project) = project();
    let model = project.install_model(&model(), write("m")).expect("installed");
    let codes = sequence(1100);
    install(&project, model, &Index::build(Codes::with_rows(codes.as_ref().slice(0..1000))));
    let first = current_files(&project);
    assert_eq!((first.len(), index_files(&project)), (2, first.clone()));

    let grown = open_current(&project).index().with_appended(codes.as_ref().slice(1000..1100)).expect("whole");
    let grown = grown.without([3]);
    install(&project, model, &grown);
    project.sweep().expect("swept");
    let second = current_files(&project);
    assert_eq!((second.len(), index_files(&project)), (3, second.clone()));
    let shared: Vec<&String> = first.intersection(&second).collect();
    assert!(matches!(&shared[..], [name] if name.starts_with("segment-")), "{shared:?}");
    assert_eq!(*open_current(&project).codes().expect("whole").words(0..1100), *codes.as_ref().words());

    // A new model does not change the index. A compacted index needs none of the old files.
    project.install_model(&self::model(), write("n")).expect("installed");
    assert_eq!(index_files(&project), second);
    let (compact, _) = open_current(&project).index().compacted().expect("whole");
    install(&project, model, &compact);
    project.sweep().expect("swept");
    assert_eq!(index_files(&project), current_files(&project));
    assert!(current_files(&project).is_disjoint(&second));
}

#[test]
fn segments_stay_where_nobody_can_tell_which_are_needed() {
    let (_keep, project) = project();
    let model = project.install_model(&model(), write("m")).expect("installed");
    let generation = install(&project, model, &Index::build(sequence(10)));
    std::fs::write(project.index_path(generation), "damaged").expect("written");
    let files = index_files(&project);
    project.sweep().expect("swept");
    assert_eq!(index_files(&project), files);
}

const ROWS_A_STEP: usize = 3000;

/// Tells [`grows_until_it_is_killed`] which project to grow.
const FOLDER_VARIABLE: &str = "SOUNDALIKE_TEST_GROWS_IN";

/// [`a_kill_at_any_moment_leaves_a_whole_generation`] runs this in a separate process. Otherwise it passes at once.
#[test]
fn grows_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else { return };
    let project =
        Project::open(Utf8Path::from_path(folder.as_ref()).expect("UTF-8"), Opening::default()).expect("opened");
    let (model, _) = project.current_generations(&project.db()).expect("asked");
    let model = model.expect("a model");
    loop {
        let index = open_current(&project).index().clone();
        let codes = sequence(index.len() + ROWS_A_STEP);
        let more = codes.as_ref().slice(index.len()..codes.len());
        install(&project, model, &index.with_appended(more).expect("whole").without([index.len()]));
        project.sweep().expect("swept");
        println!("rows {}", codes.len());
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_generation() {
    let (keep, project) = project();
    let model = project.install_model(&model(), write("m")).expect("installed");
    install(&project, model, &Index::build(sequence(ROWS_A_STEP)));
    drop(project);
    let folder = Utf8Path::from_path(keep.path()).expect("UTF-8");
    let mut draw = random(1);
    for _ in 0..12 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["project::generations::tests::grows_until_it_is_killed", "--exact", "--nocapture"])
            .env(FOLDER_VARIABLE, folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let rows = lines.by_ref().filter_map(|line| line.expect("text").strip_prefix("rows ")?.parse::<usize>().ok());
        let told = rows.take(1 + draw() as usize % 3).last().expect("it grew");
        // The kill happens at a random moment of the next step.
        (0..draw() % 2_000_000).for_each(|_| std::hint::spin_loop());
        child.kill().expect("killed");
        child.wait().expect("ended");

        let project = Project::open(folder, Opening::default()).expect("opened");
        assert_eq!(project.read_only(), None);
        project.sweep().expect("swept");
        let file = open_current(&project);
        let rows = file.index().len();
        assert!(rows >= told && rows.is_multiple_of(ROWS_A_STEP), "{rows} of {told}");
        assert_eq!(project.current_index().expect("asked").expect("an index").codes, rows as u64);
        assert_eq!(*file.codes().expect("whole").words(0..rows), *sequence(rows).as_ref().words());
        assert_eq!(file.index().kept_count(), rows - (rows / ROWS_A_STEP - 1));
        assert_eq!(index_files(&project), current_files(&project));
    }
}

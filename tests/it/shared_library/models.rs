//! Two models: the next one is filled beside the current one, and takes its place in one transaction.

use std::process::Stdio;

use super::house::{House, answer, search, worker};
use super::server::shared;

#[test]
fn searches_see_the_old_model_until_the_new_one_is_complete() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let (house, other) = (House::trained(8, 4), House::trained(9, 3));
    house.publish(url, "fx", &[]);
    other.publish(url, "field", &[]);
    let roots = [("fx", &*house.sounds()), ("field", &*other.sounds())];
    assert_eq!(answer(&mut worker(url, &roots))["files"], 6);
    let query = other.sounds().join("00001_0.wav");
    let model = || {
        let found = search(url, &query, &roots, &["-k", "14", "--by", "file"]);
        assert_eq!(found["matches"].as_array().map(Vec::len), Some(14), "no search sees half a model: {found}");
        found["library"]["model"].as_str().expect("a hash").to_owned()
    };
    let old = model();
    // Without a word, another model of a project is not taken over.
    assert_eq!(other.publish(url, "field", &[])["same_model"], false);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.models"), 1);

    let next = other.publish(url, "field", &["--new-model"]);
    assert_eq!((next["changed_over"].as_bool(), next["waiting"].as_u64()), (Some(false), Some(8)), "{next}");
    assert_eq!(database.number("SELECT count(*) FROM soundalike.models WHERE state = 'next'"), 1);
    assert_eq!(model(), old);
    // A new file while the next model is filled waits for both models.
    std::fs::copy(&query, house.sounds().join("late.wav")).expect("copied");
    answer(house.run(&["add"]).arg(house.sounds()));
    answer(&mut house.run(&["index"]));
    assert_eq!(house.publish(url, "fx", &[])["waiting"], 9);
    database.sql().batch_execute("DELETE FROM soundalike.files WHERE path = 'late.wav'").expect("removed");
    database
        .sql()
        .batch_execute("DELETE FROM soundalike.codes_1 WHERE file NOT IN (SELECT id FROM soundalike.files)")
        .expect("removed");

    let mut work = worker(url, &roots).stdout(Stdio::null()).spawn().expect("it runs");
    let mut seen = vec![old.clone()];
    while work.try_wait().expect("its state").is_none() {
        seen.push(model());
    }
    assert!(work.wait().expect("it ends").success());
    let new = model();
    assert_ne!(new, old);
    let change = seen.iter().position(|model| *model == new).unwrap_or(seen.len());
    assert!(seen[..change].iter().all(|model| *model == old) && seen[change..].iter().all(|model| *model == new));
    assert_eq!(database.number("SELECT count(*) FROM soundalike.models WHERE state = 'former'"), 1);
    other.publish(url, "field", &[]);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.models"), 1);
    assert_eq!(database.number("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'codes\\_%'"), 1);
    assert_eq!(model(), new);
}

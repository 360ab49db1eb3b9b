//! Workers: they are killed, the server goes away, files cannot be read. No file is lost, and none is done twice.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::house::{House, answer, failure, soundalike, worker};
use super::server::{Database, Server, shared};

/// The number of workers that are killed.
const KILLS: usize = 50;

/// Notes every file that becomes done, so that one that is done twice is seen.
const NOTING: &str = "CREATE TABLE done (file bigint NOT NULL);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.done VALUES (new.file); RETURN NULL; END $$;
    CREATE TRIGGER note AFTER UPDATE ON soundalike.work FOR EACH ROW
        WHEN (new.state = 'done' AND old.state <> 'done') EXECUTE FUNCTION note();";

/// Lets every file wait for a worker.
const AGAIN: &str = "DELETE FROM done; DELETE FROM soundalike.codes_1;
    UPDATE soundalike.work SET state = 'open', lease = NULL, lease_ends = NULL, tries = 0, losses = 0, codes = 0,
        reason = NULL;";

/// A text that is equal for equal codes of equal files.
const ALL_CODES: &str =
    "SELECT coalesce(md5(string_agg(file || ' ' || chunk || ' ' || code::text, ',' ORDER BY file, chunk)), '')
    FROM soundalike.codes_1";

fn all_codes(database: &Database) -> String {
    database.sql().query_one(ALL_CODES, &[]).expect("a row").get(0)
}

fn start(url: &str, house: &House) -> Child {
    let mut worker = worker(url, &[("fx", &house.sounds())]);
    worker.args(["--lease", "0.4"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs")
}

#[test]
fn workers_killed_at_50_moments_lose_no_file_and_do_none_twice() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let house = House::trained(5, 30);
    house.publish(&database.url, "fx", &[]);
    let codes = all_codes(&database);
    let files = database.number("SELECT count(*) FROM soundalike.files");
    database.sql().batch_execute(NOTING).expect("made");
    let seed = std::env::var("SOUNDALIKE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut killed, mut rounds, mut in_the_middle) = (0, 0, 0);
    while killed < KILLS {
        rounds += 1;
        database.sql().batch_execute(AGAIN).expect("begun again");
        let mut moment = Duration::from_millis(400);
        for _ in 0..10.min(KILLS - killed) {
            // Two at once: one dies while the other goes on for a while.
            let mut pair = [start(&database.url, &house), start(&database.url, &house)];
            let wait = rng.random_range(Duration::ZERO..moment);
            // This is the moment, not a wait for something.
            std::thread::sleep(wait);
            let ended = pair[0].try_wait().expect("its state").is_some();
            in_the_middle += usize::from(!ended);
            for process in &mut pair {
                // It may have ended.
                let _ = process.kill();
                process.wait().expect("it ends");
            }
            killed += 1;
            // Everything was done before the kill: the next moments are earlier.
            if ended {
                moment /= 2;
            }
            if database.number("SELECT count(*) FROM soundalike.work WHERE state = 'open'") == 0 {
                break;
            }
        }
        let rest = answer(worker(&database.url, &[("fx", &house.sounds())]).args(["--lease", "0.4"]));
        assert_eq!(rest["failed"], 0, "seed {seed}: {rest}");
        assert_eq!(database.number("SELECT count(*) FROM soundalike.work WHERE state = 'done'"), files, "seed {seed}");
        assert_eq!(database.number("SELECT count(*) FROM done"), files, "seed {seed}: none is done twice");
        assert_eq!(database.number("SELECT count(DISTINCT file) FROM done"), files, "seed {seed}");
        assert_eq!(all_codes(&database), codes, "seed {seed}: the codes of the project itself");
    }
    assert!(in_the_middle > KILLS / 3, "only {in_the_middle} of {KILLS} workers were killed at work");
    eprintln!("{killed} moments in {rounds} rounds, {in_the_middle} of them at work");
}

#[test]
fn a_worker_waits_for_a_server_that_went_away_and_goes_on() {
    let Some(server) = Server::start() else { return };
    let database = server.database();
    let house = House::trained(6, 30);
    house.publish(&database.url, "fx", &[]);
    let codes = all_codes(&database);
    let files = database.number("SELECT count(*) FROM soundalike.files");
    database.sql().batch_execute(NOTING).expect("made");
    for after in [1, files / 2] {
        database.sql().batch_execute(AGAIN).expect("begun again");
        let mut work = start(&database.url, &house);
        let end = Instant::now() + Duration::from_secs(60);
        while database.number("SELECT count(*) FROM done") < after && work.try_wait().expect("its state").is_none() {
            assert!(Instant::now() < end, "the worker does nothing");
        }
        server.crash();
        let away = failure(&mut house.run(&["publish", &database.url, "--root", "fx=/nowhere"]));
        assert!(away.contains("cannot be reached"), "{away}");
        server.start_again();
        assert!(work.wait().expect("it ends").success());
        assert_eq!(database.number("SELECT count(*) FROM soundalike.work WHERE state = 'done'"), files);
        assert_eq!(database.number("SELECT count(*) FROM done"), files);
        assert_eq!(all_codes(&database), codes);
    }
    let known = house.publish(&database.url, "fx", &[]);
    assert_eq!((known["added"].as_u64(), known["codes"].as_u64()), (Some(0), Some(0)), "{known}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_after_a_few_tries_and_a_root_that_is_away_is_none() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let house = House::trained(7, 3);
    house.publish(&database.url, "fx", &[]);
    database.sql().batch_execute(NOTING).expect("made");
    database.sql().batch_execute(AGAIN).expect("begun again");
    let (broken, gone) = (house.sounds().join("00000_0.wav"), house.sounds().join("00001_0.wav"));
    let bytes = fs::read(&broken).expect("read");
    fs::write(&broken, "no sound").expect("broken");
    fs::rename(&gone, house.sounds().join("elsewhere.wav")).expect("moved");
    let work = |further: &[&str]| answer(worker(&database.url, &[("fx", &house.sounds())]).args(further));
    let done = work(&[]);
    assert_eq!((done["files"].as_u64(), done["failed"].as_u64()), (Some(4), Some(6)), "{done}");
    let said = answer(soundalike().args(["shared", &database.url]));
    let problems = said["problems"].as_array().expect("problems");
    assert_eq!(problems.len(), 2, "{said}");
    let gone = (problems[1]["path"].as_str(), problems[1]["reason"].as_str());
    assert_eq!(gone, (Some("00001_0.wav"), Some("there is no such file")));
    assert_eq!(work(&[])["failed"], 0, "a problem is not tried for ever");
    fs::write(&broken, bytes).expect("mended");
    let done = work(&["--retry"]);
    assert_eq!((done["files"].as_u64(), done["failed"].as_u64()), (Some(1), Some(3)), "{done}");

    // A root that is not there is said, and makes no problems.
    database.sql().batch_execute(AGAIN).expect("begun again");
    let away = failure(&mut worker(&database.url, &[("fx", &house.folder.path().join("unmounted"))]));
    assert!(away.contains("is no folder"), "{away}");
    let unknown = failure(&mut worker(&database.url, &[("other", &house.sounds())]));
    assert!(unknown.contains("no root other; it has: fx"), "{unknown}");
    assert_eq!(database.number("SELECT count(*) FROM soundalike.work WHERE state = 'problem' OR tries > 0"), 0);
}

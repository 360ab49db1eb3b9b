//! Roles: the documentation's commands as they stand, and what each role may do. No password is ever shown.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::house::{House, answer, failure, mapped, search, soundalike, worker};
use super::server::{PASSWORD, Server};
use crate::support::is_there;

/// The blocks of SQL of the documentation.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../docs/shared-library.md");
    page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Runs statements one by one, as an administrator does.
fn psql(url: &str, statements: &str) {
    let mut psql = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-f", "-", url])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it runs");
    psql.stdin.take().expect("its input").write_all(statements.as_bytes()).expect("written");
    assert!(psql.wait().expect("it ends").success(), "{statements}");
}

#[test]
fn each_role_may_do_what_the_documentation_says_and_no_password_is_shown() {
    let Some(server) = Server::start() else { return };
    if !is_there("psql", "--version") {
        return;
    }
    let administrator = server.database();
    let [roles, rights, ..] = documented()[..] else { panic!("two blocks of SQL") };
    psql(&administrator.url, roles);
    let url = |role: &str| format!("postgres://{role}@127.0.0.1:{}/sounds?sslmode=disable", administrator.port);
    let folder = tempfile::tempdir().expect("a folder");
    let passwords = folder.path().join("passwords");
    let lines = ["ann", "work", "bob", "cay"].map(|role| format!("127.0.0.1:*:sounds:{role}:a-password-of-{role}\n"));
    std::fs::write(&passwords, lines.concat()).expect("written");
    std::fs::set_permissions(&passwords, std::fs::Permissions::from_mode(0o600)).expect("set");
    let with_passwords = |mut command: Command| {
        command.env("PGPASSFILE", &passwords);
        command
    };

    let house = House::trained(14, 2);
    let publish = |role: &str| {
        let mut publish = with_passwords(house.run(&["publish", &url(role), "--root"]));
        publish.arg(mapped("fx", &house.sounds()));
        publish
    };
    assert_eq!(answer(&mut publish("ann"))["added"], 4);
    psql(&administrator.url.replace(&administrator.name, "sounds"), rights);

    let query = house.sounds().join("00001_0.wav");
    let searching = |role: &str| {
        let mut command = with_passwords(soundalike());
        command.arg("search").arg(&query).args(["--library", &url(role)]);
        command
    };
    let tagging = |role: &str| {
        let mut command = with_passwords(soundalike());
        command.args(["shared", &url(role), "--tag", &format!("by-{role}"), "fx/00000_0.wav"]);
        command
    };
    let working = |role: &str| with_passwords(worker(&url(role), &[("fx", &house.sounds())]));
    let again = "DELETE FROM soundalike.codes_1; UPDATE soundalike.work SET state = 'open', lease = NULL";
    psql(&administrator.url.replace(&administrator.name, "sounds"), again);
    assert_eq!(answer(&mut working("work"))["files"], 4);
    for role in ["ann", "bob", "cay", "work"] {
        assert_eq!(answer(&mut searching(role))["matches"][0]["distance"], 0.0, "{role}");
    }
    assert_eq!(answer(&mut tagging("bob"))["changed"], 1);
    let state = answer(with_passwords(soundalike()).args(["shared", &url("cay")]));
    assert_eq!((state["tags"][0]["tag"].as_str(), state["tags"][0]["set_by"].as_str()), (Some("by-bob"), Some("bob")));

    // What a role may not do.
    let other = House::trained(15, 1);
    let mut refused = vec![failure(&mut tagging("cay")), failure(&mut tagging("work")), failure(&mut working("cay"))];
    refused.extend(["bob", "cay", "work"].map(|role| {
        let mut publish = with_passwords(other.run(&["publish", &url(role), "--root"]));
        failure(publish.arg(mapped("field", &other.sounds())))
    }));
    for said in &refused {
        assert!(said.contains("you may not do this") && said.contains("docs/shared-library.md"), "{said}");
    }

    // A new model's codes can be read and written by the same roles.
    let mut next = with_passwords(other.run(&["publish", &url("ann"), "--new-model", "--root"]));
    answer(next.arg(mapped("field", &other.sounds())));
    assert_eq!(answer(&mut working("work"))["files"], 4);
    assert_eq!(answer(&mut searching("cay"))["matches"][0]["distance"], 0.0);

    // Wrong passwords, and no password in whatever is said.
    let wrong = url("cay").replace("cay@", "cay:hush-hush@");
    let said = soundalike().args(["-vv", "search"]).arg(&query).args(["--library", &wrong]).output().expect("it runs");
    let said = [said.stdout, said.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(said.contains("password authentication failed"), "{said}");
    assert!(!said.contains("hush"), "{said}");
    let by_url = url("cay").replace("cay@", "cay:a-password-of-cay@");
    let said = soundalike().args(["-vv", "search"]).arg(&query).args(["--library", &by_url]).output().expect("it runs");
    assert!(said.status.success());
    let said = [said.stdout, said.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(said.contains("127.0.0.1") && !said.contains("a-password-of"), "{said}");
    assert_eq!(search(&by_url, &query, &[], &[])["silent"], false);
    let owner = url("owner").replace("owner@", &format!("owner:{PASSWORD}@"));
    let nowhere = owner.replace("/sounds", "/nowhere");
    let said = failure(soundalike().arg("search").arg(&query).args(["--library", &nowhere]));
    assert!(said.contains("refuses the connection") && !said.contains(PASSWORD), "{said}");
    let misspelt =
        failure(soundalike().arg("search").arg(&query).args(["--library", &owner.replace("postgres:", "postgre:")]));
    assert!(!misspelt.contains(PASSWORD), "{misspelt}");
}

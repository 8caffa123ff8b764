//! What a machine can do to the program: taken ports, shut folders, full disks, a second program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use tenantry_tests::{Home, Program, run};

fn notes() -> String {
    format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"))
}

/// An ordinary user to run as, when the tests run as root.
fn nobody() -> Option<nix::unistd::User> {
    nix::unistd::geteuid()
        .is_root()
        .then(|| nix::unistd::User::from_name("nobody").ok().flatten())
        .flatten()
}

#[test]
fn a_second_start_changes_nothing_and_two_at_once_are_refused() {
    let home = Home::new();
    let notes = notes();
    let first = Program::start(&home, &["--app", &notes]);
    let refused = Program::try_start(&home, &["--app", &notes]).err().expect("the home is taken");
    assert!(refused.contains("another tenantry runs on"), "{refused}");
    let keys = first.text("/apps/notes/service_key").to_owned();
    let secrets = fs::read_to_string(home.path.join("secrets.toml")).unwrap();
    assert!(first.stop());
    let second = Program::start(&home, &["--app", &notes]);
    assert_eq!(second.text("/apps/notes/service_key"), keys);
    assert_eq!(fs::read_to_string(home.path.join("secrets.toml")).unwrap(), secrets);
    let mode = fs::metadata(home.path.join("secrets.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused =
        Program::try_start(&Home::new(), &["--app", &notes(), "--port", &port]).err().unwrap();
    assert!(refused.contains(&port) && refused.contains("--port"), "{refused}");
}

#[test]
fn a_home_that_cannot_be_made_or_written_is_named() {
    let home = Home::new();
    fs::write(&home.path, "a file").unwrap();
    let refused = Program::try_start(&home, &["--app", &notes()]).err().unwrap();
    assert!(refused.contains("is not a folder") && refused.contains("--home"), "{refused}");
}

#[test]
fn an_ordinary_user_runs_it_and_a_read_only_home_is_refused() {
    let Some(nobody) = nobody() else {
        // Not root: every other test of this file runs as an ordinary user already.
        assert!(!nix::unistd::geteuid().is_root());
        return;
    };
    let as_nobody = |home: &Home| {
        let path = home.path.to_str().unwrap().to_owned();
        let base = home.path.parent().unwrap().to_owned();
        let program = format!("{}/../target/debug/tenantry", env!("CARGO_MANIFEST_DIR"));
        // The checkout may lie where other users cannot go: the program and its folder move out.
        let (binary, folder) = (base.join("tenantry"), base.join("notes"));
        fs::copy(program, &binary).unwrap();
        assert!(Command::new("cp").arg("-r").arg(notes()).arg(&folder).status().unwrap().success());
        let mut command = Command::new(binary);
        command.args(["up", "--port", "0", "--apps", "", "--home", &path, "--app"]).arg(folder);
        command.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
        command.env("XDG_CACHE_HOME", base.join("cache")).env("HOME", &base).current_dir(&base);
        command
    };
    // The cache is shared, so that the archive is not fetched again.
    let prepare = |home: &Home| {
        let base = home.path.parent().unwrap();
        let cache = base.join("cache/tenantry");
        fs::create_dir_all(&cache).unwrap();
        if let Some(kept) = std::env::var_os("HOME")
            .map(|home| std::path::PathBuf::from(home).join(".cache/tenantry"))
        {
            for entry in fs::read_dir(kept)
                .into_iter()
                .flatten()
                .flatten()
                .filter(|entry| entry.path().is_file())
            {
                fs::copy(entry.path(), cache.join(entry.file_name())).unwrap();
            }
        }
        for path in [base.to_owned(), base.join("cache"), cache] {
            std::os::unix::fs::chown(path, Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw()))
                .unwrap();
        }
    };
    let home = Home::new();
    prepare(&home);
    let program = Program::spawn(as_nobody(&home), &home).expect("an ordinary user can run it");
    let data = fs::metadata(home.path.join("data")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&data), nobody.uid.as_raw());
    assert!(program.stop());

    let shut = Home::new();
    prepare(&shut);
    fs::create_dir(&shut.path).unwrap();
    fs::set_permissions(&shut.path, fs::Permissions::from_mode(0o555)).unwrap();
    let refused =
        Program::spawn(as_nobody(&shut), &shut).err().expect("a read-only home is refused");
    assert!(refused.contains("cannot be written") && refused.contains("--home"), "{refused}");
}

#[test]
fn root_is_told_which_folder_shuts_postgresql_out() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let home = Home::new();
    let base = home.path.parent().unwrap();
    fs::set_permissions(base, fs::Permissions::from_mode(0o700)).unwrap();
    let refused = Program::try_start(&home, &["--app", &notes()]).err().unwrap();
    assert!(refused.contains("cannot enter") && refused.contains("chmod o+x"), "{refused}");
}

#[test]
fn a_full_disk_is_said_and_the_home_works_once_there_is_room() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let home = Home::new();
    fs::create_dir(&home.path).unwrap();
    let mount = |size: &str, options: &str| {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("{options}size={size},mode=755"), "tmpfs"])
            .arg(&home.path)
            .status();
        assert!(status.unwrap().success(), "mounting a small file system");
    };
    mount("60m", "");
    let refused = Program::try_start(&home, &["--app", &notes()]).err();
    mount("600m", "remount,");
    let works = Program::try_start(&home, &["--app", &notes()]);
    let outcome = works.as_ref().map(drop).map_err(Clone::clone);
    drop(works);
    assert!(Command::new("umount").arg("-l").arg(&home.path).status().unwrap().success());
    let refused = refused.expect("60 MB are not enough");
    assert!(
        refused.contains("No space left on device") || refused.contains("Check free disk space"),
        "{refused}"
    );
    outcome.expect("with room, the same home starts");
}

#[test]
fn doctor_finds_what_is_wrong() {
    let home = Home::new();
    let path = home.path.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["doctor", "--home", path, "--port", &port, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let port =
        findings.as_array().unwrap().iter().find(|finding| finding["check"] == "port").unwrap();
    assert!(port["mend"].as_str().unwrap().contains("--port"));
    assert_eq!(run(&["doctor", "--no-such-option"]).status.code(), Some(2));
}

//! The migrations of a user's own folder: what goes wrong is said with its place, and the database
//! stays as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::json;
use tenantry_tests::{Home, Program, run};

/// A copy of the example application that a test may spoil.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new(home: &Home) -> Self {
        let path = home.path.parent().unwrap().join("notes");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/notes");
        fs::create_dir_all(path.join("migrations")).unwrap();
        for file in ["app.toml", "migrations/0001_notes.up.sql", "migrations/0001_notes.down.sql"] {
            fs::copy(example.join(file), path.join(file)).unwrap();
        }
        Folder { path }
    }

    fn as_text(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path.join("migrations").join(file), text).unwrap();
    }

    fn migrate(&self, program: &Program, arguments: &[&str]) -> Output {
        run(&[&["migrate", self.as_text()][..], arguments, &["--home", program.home()]].concat())
    }

    fn refused(&self, program: &Program, arguments: &[&str]) -> String {
        let output = self.migrate(program, arguments);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

fn current(folder: &Folder, program: &Program) -> String {
    String::from_utf8_lossy(&folder.migrate(program, &["current"]).stdout).trim().to_owned()
}

#[test]
fn a_new_revision_is_served_without_a_restart_and_can_be_undone() {
    let home = Home::new();
    let folder = Folder::new(&home);
    let program = Program::start(&home, &["--app", folder.as_text()]);
    let (ann, _) = program.client("notes").sign_up("ann@example.com");
    let made = folder.migrate(&program, &["new", "add tags"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(folder.path.join("migrations/0002_add_tags.up.sql").exists());
    folder.write(
        "0002_add_tags.up.sql",
        "create table public.tags (id bigint primary key);\ngrant select on public.tags to authenticated;\n",
    );
    folder.write("0002_add_tags.down.sql", "drop table public.tags;\n");
    assert_eq!(ann.get("/rest/v1/tags").status, 404);
    assert!(folder.migrate(&program, &["up"]).status.success());
    assert_eq!(current(&folder, &program), "0002_add_tags");
    eventually(|| ann.get("/rest/v1/tags").body == json!([]));
    assert!(folder.migrate(&program, &["down", "-1"]).status.success());
    eventually(|| ann.get("/rest/v1/tags").status == 404);
    assert_eq!(current(&folder, &program), "0001_notes");
    let history = folder.migrate(&program, &["history"]);
    assert!(String::from_utf8_lossy(&history.stdout).contains("0002_add_tags  not applied"));
}

#[test]
fn a_failing_statement_is_named_and_leaves_nothing_behind() {
    let home = Home::new();
    let folder = Folder::new(&home);
    let program = Program::start(&home, &["--app", folder.as_text()]);
    folder.write(
        "0002_wrong.up.sql",
        "create table public.half (id int);\n\nselect nonsense\nfrom public.notes;\n",
    );
    folder.write("0002_wrong.down.sql", "drop table public.half;\n");
    let said = folder.refused(&program, &["up"]);
    assert!(said.contains("0002_wrong.up.sql:3") && said.contains("nonsense"), "{said}");
    assert_eq!(current(&folder, &program), "0001_notes");
    let service = program.client("notes").service();
    assert_eq!(service.get("/rest/v1/half").status, 404);
    // An error without a position of its own still names its statement.
    folder.write("0002_wrong.up.sql", "create table public.half (id int);\n\n\ninsert into public.notes (user_id, body)\nvalues (gen_random_uuid(), 'nobody');\n");
    let said = folder.refused(&program, &["up"]);
    assert!(said.contains("0002_wrong.up.sql:4"), "{said}");
}

#[test]
fn changed_missing_and_foreign_files_are_refused() {
    let home = Home::new();
    let folder = Folder::new(&home);
    let program = Program::start(&home, &["--app", folder.as_text()]);
    let original = fs::read_to_string(folder.path.join("migrations/0001_notes.up.sql")).unwrap();
    folder.write("0001_notes.up.sql", &format!("{original}-- changed afterwards\n"));
    let said = folder.refused(&program, &["up"]);
    assert!(said.contains("0001_notes") && said.contains("chang"), "{said}");
    folder.write("0001_notes.up.sql", &original);
    assert!(folder.migrate(&program, &["up"]).status.success());
    // A gap in the numbers.
    folder.write("0003_later.up.sql", "select 1;\n");
    folder.write("0003_later.down.sql", "select 1;\n");
    let said = folder.refused(&program, &["up"]);
    assert!(said.contains("0002") || said.contains("0003"), "{said}");
    for file in ["0003_later.up.sql", "0003_later.down.sql"] {
        fs::remove_file(folder.path.join("migrations").join(file)).unwrap();
    }
    // A file without its other half.
    folder.write("0002_half.up.sql", "select 1;\n");
    let said = folder.refused(&program, &["up"]);
    assert!(said.contains("0002_half.down.sql") || said.contains("down"), "{said}");
}

#[test]
fn a_manifest_that_is_wrong_names_its_line() {
    let home = Home::new();
    let folder = Folder::new(&home);
    fs::write(folder.path.join("app.toml"), "name = \"notes\"\ntitle = \"Notes\"\ndescription = \"x\"\nschemas = [\"public\"]\ncolour = \"red\"\n").unwrap();
    let said = Program::try_start(&home, &["--app", folder.as_text()]).err().unwrap();
    assert!(said.contains("app.toml") && said.contains('5') && said.contains("colour"), "{said}");
}

#[test]
fn a_binding_to_a_column_that_does_not_exist_is_refused_at_start() {
    let home = Home::new();
    let folder = Folder::new(&home);
    let manifest = fs::read_to_string(folder.path.join("app.toml")).unwrap();
    let identity = "\n[identity]\nusers = \"public.people\"\n[identity.columns]\nid = \"id\"\nemail = \"email\"\n";
    fs::write(folder.path.join("app.toml"), manifest + identity).unwrap();
    let said = Program::try_start(&home, &["--app", folder.as_text()]).err().unwrap();
    assert!(said.contains("app.toml") && said.contains("public.people"), "{said}");
}

/// Other programs hear of a new schema by a notification, which takes a moment.
fn eventually(condition: impl Fn() -> bool) {
    for _ in 0..100 {
        if condition() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it did not happen within five seconds");
}

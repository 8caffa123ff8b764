//! The five schemas: they reverse, they are what their documents say, and their logins are apart.

use std::collections::BTreeMap;
use std::fs;

use tenantry_catalog::Fingerprint;
use tenantry_tests::{Home, Program, connect, run, shipped_apps, try_connect};

const APPS: [&str; 5] = ["board", "mnfst", "parakeet", "press", "profiler"];

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_goes_down_to_nothing_and_comes_back_the_same() {
    let home = Home::new();
    let program = Program::start(&home, &[]);
    for app in APPS {
        let mut client = connect(&program.admin_dsn(app)).await;
        let before = fingerprint(&mut client).await;
        let migrate = |arguments: &[&str]| {
            let output =
                run(&[&["migrate", app][..], arguments, &["--home", program.home()]].concat());
            assert!(output.status.success(), "{app}: {}", String::from_utf8_lossy(&output.stderr));
        };
        migrate(&["down", "base"]);
        let tables: i64 = client
            .query_one(
                "select count(*)
                 from pg_class
                 join pg_namespace on pg_namespace.oid = relnamespace
                 where relkind in ('r', 'p', 'v', 'm', 'S')
                   and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'auth', 'tenantry', 'extensions')",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        assert_eq!(tables, 0, "{app}: tables are left at base");
        migrate(&["up"]);
        let difference = before.difference(&fingerprint(&mut client).await);
        assert!(difference.is_empty(), "{app}: the catalog differs:\n{}", difference.join("\n"));
        // One revision at a time, too.
        migrate(&["down", "-1"]);
        migrate(&["up", "+1"]);
        let difference = before.difference(&fingerprint(&mut client).await);
        assert!(
            difference.is_empty(),
            "{app}: the catalog differs after one revision:\n{}",
            difference.join("\n")
        );
    }
}

async fn fingerprint(client: &mut tokio_postgres::Client) -> Fingerprint {
    Fingerprint::read(client, &["tenantry"]).await.expect("the catalog can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_every_table_and_column_of_its_document() {
    let home = Home::new();
    let program = Program::start(&home, &[]);
    for folder in shipped_apps() {
        let app = folder.file_name().unwrap().to_str().unwrap();
        let document = Document::parse(&fs::read_to_string(folder.join("DESIGN.md")).unwrap());
        assert!(
            document.tables.len() >= 5,
            "{app}: the document names {} tables",
            document.tables.len()
        );
        let default_schema = if app == "profiler" { "profiler_schema" } else { "public" };
        let client = connect(&program.admin_dsn(app)).await;
        let live = live_columns(&client, default_schema).await;
        let mut missing = Vec::new();
        for (table, columns) in &document.tables {
            let Some(found) = live.get(table) else {
                missing.push(format!("table {table}"));
                continue;
            };
            for column in columns {
                match found.get(&column.name) {
                    None => missing.push(format!("column {table}.{}", column.name)),
                    Some(live) => missing.extend(column.differences(table, live)),
                }
            }
            for column in
                found.keys().filter(|name| !columns.iter().any(|column| column.name == **name))
            {
                missing.push(format!("the document does not know {table}.{column}"));
            }
        }
        for table in live.keys().filter(|table| !document.tables.contains_key(*table)) {
            missing.push(format!("the document does not know the table {table}"));
        }
        for index in &document.indexes {
            if client
                .query(
                    "select from pg_class where relname = $1 and relkind in ('i', 'I')",
                    &[index],
                )
                .await
                .unwrap()
                .is_empty()
            {
                missing.push(format!("index {index}"));
            }
        }
        for policy in &document.policies {
            if client
                .query("select from pg_policy where polname = $1", &[policy])
                .await
                .unwrap()
                .is_empty()
            {
                missing.push(format!("policy {policy}"));
            }
        }
        for trigger in &document.triggers {
            if client
                .query("select from pg_trigger where tgname = $1", &[trigger])
                .await
                .unwrap()
                .is_empty()
            {
                missing.push(format!("trigger {trigger}"));
            }
        }
        assert!(missing.is_empty(), "{app}:\n{}", missing.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_is_indexed_and_every_table_is_forced() {
    let home = Home::new();
    let program = Program::start(&home, &[]);
    for app in APPS {
        let client = connect(&program.admin_dsn(app)).await;
        let bare: Vec<String> = client
            .query(include_str!("sql/foreign_keys_without_index.sql"), &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert!(bare.is_empty(), "{app}: foreign keys without an index: {bare:?}");
        let open: Vec<String> = client
            .query(
                "select oid::regclass::text
                 from pg_class
                 where relkind in ('r', 'p')
                   and not relispartition
                   and relnamespace in ('public'::regnamespace, to_regnamespace('profiler_schema'))
                   and not (relrowsecurity and relforcerowsecurity)",
                &[],
            )
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert!(open.is_empty(), "{app}: tables without forced row security: {open:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_applications_logins_cannot_open_anothers_database() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board,press"]);
    for role in ["owner", "server", "analyst"] {
        let own = program.text(&format!("/apps/board/dsn/{role}")).to_owned();
        connect(&own).await;
        let foreign = own.strip_suffix("/board").unwrap().to_owned() + "/press";
        let refused =
            try_connect(&foreign).await.expect_err("another application's database is closed");
        assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{role}: {refused}");
    }
    // The server's login has no rights of its own, and becomes nobody but the callers.
    let server = connect(program.text("/apps/board/dsn/server")).await;
    assert!(server.query("select from public.sessions", &[]).await.is_err());
    assert!(server.batch_execute("set role press_owner").await.is_err());
    assert!(server.batch_execute("set role board_owner").await.is_err());
    server.batch_execute("set role authenticated").await.expect("a caller's role");
    // The analyst reads, and changes nothing.
    let analyst = connect(program.text("/apps/board/dsn/analyst")).await;
    analyst.query("select id from public.sessions", &[]).await.expect("an analyst reads");
    assert!(analyst.batch_execute("delete from public.sessions").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn parakeets_numbered_files_build_what_its_migrations_build() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "parakeet"]);
    let mut client = connect(&program.admin_dsn("parakeet")).await;
    let folder =
        shipped_apps().into_iter().find(|path| path.ends_with("parakeet")).unwrap().join("schema");
    let mut numbered: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    numbered.sort();
    let is_main =
        |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().starts_with("99_");
    let single: Vec<_> = numbered.iter().filter(|path| !is_main(path)).cloned().collect();
    let main: Vec<_> = numbered.iter().filter(|path| is_main(path)).cloned().collect();
    assert_eq!((single.len(), main.len()), (7, 1));
    let down = run(&["migrate", "parakeet", "down", "base", "--home", program.home()]);
    assert!(down.status.success());
    let one_by_one = built_by(&mut client, &single).await;
    let through_main = built_by(&mut client, &main).await;
    let revisions = shipped_apps()
        .into_iter()
        .find(|path| path.ends_with("parakeet"))
        .unwrap()
        .join("migrations");
    let mut up: Vec<_> =
        fs::read_dir(revisions).unwrap().map(|entry| entry.unwrap().path()).collect();
    up.retain(|path| path.to_str().unwrap().ends_with(".up.sql"));
    up.sort();
    let migrated = built_by(&mut client, &up).await;
    assert_eq!(migrated.difference(&one_by_one), Vec::<String>::new());
    assert_eq!(migrated.difference(&through_main), Vec::<String>::new());
}

/// The catalog that these files make of an empty application, which is empty again afterwards.
async fn built_by(
    client: &mut tokio_postgres::Client,
    files: &[std::path::PathBuf],
) -> Fingerprint {
    client.batch_execute("set role parakeet_owner").await.unwrap();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            !text.lines().any(|line| line.starts_with('\\')),
            "{}: a psql command",
            file.display()
        );
        client
            .batch_execute(&text)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
    }
    client.batch_execute("reset role").await.unwrap();
    let built = fingerprint(client).await;
    let revisions = shipped_apps()
        .into_iter()
        .find(|path| path.ends_with("parakeet"))
        .unwrap()
        .join("migrations");
    let mut down: Vec<_> =
        fs::read_dir(revisions).unwrap().map(|entry| entry.unwrap().path()).collect();
    down.retain(|path| path.to_str().unwrap().ends_with(".down.sql"));
    down.sort();
    client.batch_execute("set role parakeet_owner").await.unwrap();
    for file in down.iter().rev() {
        client.batch_execute(&fs::read_to_string(file).unwrap()).await.unwrap();
    }
    client.batch_execute("reset role").await.unwrap();
    built
}

#[test]
fn board_has_its_personas_and_seeding_again_changes_nothing() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let personas = || {
        program
            .client("board")
            .service()
            .get("/rest/v1/personas?select=id,code,name,expertise,system_prompt&order=id")
            .body
    };
    let first = personas();
    let list = first.as_array().unwrap();
    assert_eq!(list.len(), 45);
    assert!(
        list.iter()
            .any(|persona| persona["code"] == "growth_hacker" && persona["name"] == "Zara Morales")
    );
    assert!(run(&["seed", "board", "--home", program.home()]).status.success());
    assert_eq!(personas(), first);
}

/// What a `DESIGN.md` says that can be looked up.
#[derive(Default)]
struct Document {
    tables: BTreeMap<String, Vec<DocumentColumn>>,
    indexes: Vec<String>,
    policies: Vec<String>,
    triggers: Vec<String>,
}

struct DocumentColumn {
    name: String,
    data_type: String,
    constraints: String,
}

struct LiveColumn {
    data_type: String,
    not_null: bool,
}

impl Document {
    /// Reads the sections below `## Tables`: a heading for each table, a table of its columns, and
    /// lists of indexes, policies and triggers whose names stand in backquotes.
    fn parse(text: &str) -> Self {
        let mut document = Document::default();
        let mut table = String::new();
        let mut list = "";
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with("## ") {
                inside = line.trim() == "## Tables";
            } else if inside && line.starts_with("### ") {
                table = backquoted(line).unwrap_or_default();
                document.tables.insert(table.clone(), Vec::new());
                list = "";
            } else if inside && line.starts_with("**") {
                list = line
                    .trim_matches(|character| character == '*' || character == ':')
                    .split("**")
                    .next()
                    .unwrap_or("");
            } else if inside && line.starts_with('|') {
                let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
                if let (Some(name), true) =
                    (cells.first().and_then(|cell| backquoted(cell)), cells.len() >= 3)
                {
                    document.tables.entry(table.clone()).or_default().push(DocumentColumn {
                        name,
                        data_type: cells[1].trim_matches('`').to_owned(),
                        constraints: cells[2].to_owned(),
                    });
                }
            } else if let (true, true, Some(name)) =
                (inside, line.starts_with("- `"), backquoted(line))
            {
                match list {
                    "Indexes" => document.indexes.push(name),
                    "Row security" => document.policies.push(name),
                    "Triggers" => document.triggers.push(name),
                    _ => {}
                }
            }
        }
        document.tables.retain(|_, columns| !columns.is_empty());
        document
    }
}

impl DocumentColumn {
    fn differences(&self, table: &str, live: &LiveColumn) -> Vec<String> {
        let mut differences = Vec::new();
        let wanted = canonical_type(&self.data_type);
        if canonical_type(&live.data_type) != wanted {
            differences.push(format!(
                "{table}.{} is {}, the document says {}",
                self.name, live.data_type, self.data_type
            ));
        }
        let upper = self.constraints.to_uppercase();
        let wants_not_null = upper.contains("NOT NULL") || upper.contains("PRIMARY KEY");
        if wants_not_null != live.not_null {
            differences.push(format!(
                "{table}.{}: not null is {} in the database, {wants_not_null} in the document",
                self.name, live.not_null
            ));
        }
        differences
    }
}

/// One spelling for each type.
fn canonical_type(written: &str) -> String {
    let lower = written.to_lowercase().replace("extensions.", "").replace(", ", ",");
    match lower.as_str() {
        "timestamp with time zone" | "timestamptz" => "timestamptz".into(),
        "serial" | "int" | "int4" => "integer".into(),
        "bigserial" | "int8" => "bigint".into(),
        "float" | "float8" => "double precision".into(),
        other => other
            .replace("character varying", "varchar")
            .replace("bool", "boolean")
            .replace("booleanean", "boolean"),
    }
}

fn backquoted(text: &str) -> Option<String> {
    let mut parts = text.split('`');
    parts.next()?;
    parts.next().map(ToOwned::to_owned)
}

async fn live_columns(
    client: &tokio_postgres::Client,
    default_schema: &str,
) -> BTreeMap<String, BTreeMap<String, LiveColumn>> {
    let rows = client
        .query(
            "select
                 case when nspname = $1 then relname else nspname || '.' || relname end,
                 attname,
                 format_type(atttypid, atttypmod),
                 attnotnull
             from pg_attribute
             join pg_class on pg_class.oid = attrelid
             join pg_namespace on pg_namespace.oid = relnamespace
             where relkind in ('r', 'p')
               and not relispartition
               and attnum > 0
               and not attisdropped
               and nspname not in ('pg_catalog', 'information_schema', 'auth', 'tenantry', 'extensions')",
            &[&default_schema],
        )
        .await
        .unwrap();
    let mut tables: BTreeMap<String, BTreeMap<String, LiveColumn>> = BTreeMap::new();
    for row in rows {
        let column = LiveColumn { data_type: row.get(2), not_null: row.get(3) };
        tables.entry(row.get(0)).or_default().insert(row.get(1), column);
    }
    tables
}

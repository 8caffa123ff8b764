//! The common queries of press are served by their indexes, and demo data is what it says.

use std::fs;
use std::path::{Path, PathBuf};

use tenantry_tests::{Home, Program, connect, run};

fn query(name: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apps/press/queries");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The plan of a query with these values for its parameters.
async fn plan(client: &tokio_postgres::Client, name: &str, values: &[&str]) -> String {
    let sql = query(name);
    client.batch_execute("deallocate all").await.unwrap();
    client.batch_execute(&format!("prepare asked as {sql}")).await.unwrap();
    let explain = format!("explain (costs off) execute asked ({})", values.join(", "));
    client
        .query(&explain, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get::<_, String>(0) + "\n")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_common_queries_of_press_use_their_indexes() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "press"]);
    let output = run(&["seed", "press", "--demo", "--scale", "30", "--home", program.home()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let client = connect(&program.admin_dsn("press")).await;
    client.batch_execute("analyze").await.unwrap();
    let author: String = client
        .query_one("select user_id::text from posts where status = 'published' group by 1 order by count(*) desc limit 1", &[])
        .await
        .unwrap()
        .get(0);
    let author = format!("'{author}'");
    let with_roles = plan(&client, "user_with_roles.sql", &["'ann@example.com'"]).await;
    assert!(
        with_roles.contains("on users") && !with_roles.contains("Seq Scan on users"),
        "{with_roles}"
    );
    assert!(
        with_roles.contains("idx_users_email") || with_roles.contains("users_email_key"),
        "{with_roles}"
    );
    let page = plan(&client, "posts_page.sql", &[&author, "20", "40"]).await;
    let keyset =
        plan(&client, "posts_page_keyset.sql", &[&author, "'infinity'", &author, "20"]).await;
    for plan in [page, keyset] {
        assert!(plan.contains("Index Scan using idx_posts_user_id_status_created_at"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_data_is_the_same_for_the_same_seed() {
    // What each application's people and their work amount to.
    let measures = [
        (
            "board",
            "select md5(string_agg(s.id || s.problem_statement || s.created_at, ',' order by s.id)), count(*) from sessions s",
        ),
        (
            "mnfst",
            "select md5(string_agg(d::text, ',' order by d.id)), count(*) from (select id, original_name, created_at, tenant_id from documents) d",
        ),
        (
            "parakeet",
            "select md5(string_agg(i.id::text || i.company || i.created_at, ',' order by i.id)), count(*) from interview_sessions i",
        ),
        (
            "press",
            "select md5(string_agg(p.id::text || p.title || p.created_at, ',' order by p.id)), count(*) from posts p",
        ),
        (
            "profiler",
            "select md5(string_agg(p.profile_id::text || p.title || p.created_at, ',' order by p.profile_id)), count(*) from profiler_schema.profiles p",
        ),
    ];
    let (first, second) = (Home::new(), Home::new());
    let programs = [Program::start(&first, &[]), Program::start(&second, &[])];
    for (app, sql) in measures {
        let mut seen = Vec::new();
        for program in &programs {
            let measure = async || {
                let row = connect(&program.admin_dsn(app)).await.query_one(sql, &[]).await.unwrap();
                (row.get::<_, Option<String>>(0), row.get::<_, i64>(1))
            };
            let load = |scale: &str| {
                let output = run(&[
                    "seed",
                    app,
                    "--demo",
                    "--seed",
                    "7",
                    "--scale",
                    scale,
                    "--password",
                    "a long password",
                    "--home",
                    program.home(),
                ]);
                assert!(
                    output.status.success(),
                    "{app}: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            };
            load("1");
            let once = measure().await;
            assert!(once.1 >= 10, "{app}: {} rows", once.1);
            load("1");
            assert_eq!(measure().await, once, "{app}: loading again changes rows");
            load("3");
            assert!(measure().await.1 > once.1, "{app}: a larger scale has more");
            seen.push(once);
        }
        assert_eq!(seen[0], seen[1], "{app}: the same seed, other rows");
    }
    // Demo people can sign in.
    let client = connect(&programs[0].admin_dsn("press")).await;
    let email: String =
        client.query_one("select email from auth.users where encrypted_password like '$2%' order by email limit 1", &[]).await.unwrap().get(0);
    let body = serde_json::json!({ "email": email, "password": "a long password" });
    let answer = programs[0].client("press").post("/auth/v1/token?grant_type=password", &body);
    assert_eq!(answer.status, 200, "{email}: {:?}", answer.body);
}

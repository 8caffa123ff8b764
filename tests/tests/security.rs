//! What ends when somebody is shut out, what is noted, what is swept, and who gave which role.

use std::fs;
use std::future::poll_fn;
use std::time::Duration;

use serde_json::json;
use tenantry_tests::identity::{PASSWORD, ask, id_of, sessions_of, sign_in, sign_up, try_sign_in};
use tenantry_tests::{Home, Program, connect};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::AsyncMessage;

/// What is announced on a channel from now on.
async fn listen(dsn: &str, channel: &str) -> UnboundedReceiver<String> {
    let (client, mut connection) =
        tokio_postgres::connect(dsn, tokio_postgres::NoTls).await.unwrap();
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message {
                sender.send(notification.payload().to_owned()).ok();
            }
        }
    });
    client.batch_execute(&format!("listen {channel}")).await.unwrap();
    // The connection lives as long as its client.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(client);
    });
    receiver
}

#[tokio::test(flavor = "multi_thread")]
async fn profilers_locks_end_sessions_and_are_security_events() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "profiler"]);
    let (client, database) =
        (program.client("profiler"), connect(&program.admin_dsn("profiler")).await);
    let mut announced = listen(&program.admin_dsn("profiler"), "tenantry_security").await;
    database.batch_execute("set search_path = profiler_schema").await.unwrap();
    sign_up(&client, "ann@example.com", json!({ "username": "Ann", "first_name": " \u{a0}\t" }));
    let ann = id_of(&database, "ann@example.com").await;
    for (identifier, found) in [
        ("ANN@example.com", true),
        ("Ann", true),
        ("ann", false),
        ("", false),
        ("' or true", false),
    ] {
        let identifier = identifier.replace('\'', "''");
        let asked = ask(&database, &format!("select auth.bind_find_user('{identifier}')")).await;
        assert_eq!(asked == ann, found, "{identifier}: {asked}");
    }
    assert_eq!(ask(&database, "select auth.bind_allows_anonymous()").await, "f");

    // Last activity follows refreshes, last login sign-ins.
    let session = try_sign_in(&client, "ann@example.com", PASSWORD).body;
    ask(&database, "update sessions set last_activity = now() - interval '1 day'; update users set last_login = now() - interval '1 day'").await;
    let refresh = json!({ "refresh_token": session["refresh_token"] });
    assert_eq!(client.post("/auth/v1/token?grant_type=refresh_token", &refresh).status, 200);
    let recent =
        "select count(*) filter (where last_activity > now() - interval '1 minute') from sessions";
    assert_eq!(ask(&database, recent).await, "1");
    let old = "select last_login < now() - interval '1 hour' from users";
    assert_eq!(ask(&database, old).await, "t");
    sign_in(&client, "ann@example.com");
    assert_eq!(ask(&database, old).await, "f");

    // Five failures.
    for _ in 0..5 {
        assert_eq!(try_sign_in(&client, "ann@example.com", "a wrong password").status, 400);
    }
    assert_eq!(sessions_of(&database, "ann@example.com").await, "0");
    assert_eq!(
        ask(&database, "select is_locked::text || login_attempts from users").await,
        "true5"
    );
    let counts = "select string_agg(action || ' ' || events, ', ' order by action) from auth.security_event_counts where day = (now() at time zone 'UTC')::date";
    assert_eq!(ask(&database, counts).await, "account_locked 1, sign_in_failed 5");
    let entry = "select concat_ws(' ', payload ->> 'actor_username', ip_address, payload -> 'traits' ->> 'failed_attempts') from auth.audit_log_entries where payload ->> 'action' = 'account_locked'";
    assert_eq!(ask(&database, entry).await, "ann@example.com 127.0.0.1 5");

    // The sweep takes an expired lock away, in the application's columns too, and no other.
    ask(&database, "select auth.sweep()").await;
    assert_eq!(ask(&database, "select is_locked from users").await, "t");
    ask(&database, "update auth.lockouts set locked_until = now() - interval '1 second'").await;
    ask(&database, "select auth.sweep()").await;
    assert_eq!(
        ask(&database, "select is_locked::text || login_attempts from users").await,
        "false0"
    );

    // By hand, each way; and a lock by hand outlives the sweep.
    for change in ["is_locked = true", "is_active = false"] {
        sign_in(&client, "ann@example.com");
        assert_ne!(sessions_of(&database, "ann@example.com").await, "0");
        ask(&database, &format!("update users set {change}")).await;
        assert_eq!(sessions_of(&database, "ann@example.com").await, "0", "{change}");
        ask(&database, "select auth.sweep()").await;
        assert!(try_sign_in(&client, "ann@example.com", PASSWORD).status >= 400, "{change}");
        ask(&database, "update users set is_locked = false, is_active = true").await;
    }

    // Roles that are given and taken, with who did it; the administrator's role is more than a role.
    ask(&database, &format!("select auth.bind_make_administrator('{ann}')")).await;
    let administers = format!("select auth.bind_administers('{ann}', '{ann}')");
    assert_eq!(ask(&database, &administers).await, "t");
    sign_up(&client, "bob@example.com", json!({}));
    let bob = id_of(&database, "bob@example.com").await;
    let chief = sign_in(&client, "ann@example.com");
    let manager = ask(&database, "select role_id from roles where role_name = 'manager'").await;
    let given = chief.post("/rest/v1/user_roles", &json!({ "user_id": bob, "role_id": manager }));
    assert_eq!(given.body[0]["assigned_by"], json!(ann), "{given:?}");
    let forged = json!({ "user_id": ann, "role_id": manager, "assigned_by": bob });
    assert_eq!(chief.post("/rest/v1/user_roles", &forged).status, 403);
    assert_eq!(
        chief.delete(&format!("/rest/v1/user_roles?user_id=eq.{bob}&role_id=eq.{manager}")).status,
        200
    );
    let roles = "
        select string_agg(
            concat_ws(' ', payload ->> 'action', payload ->> 'actor_username', payload -> 'traits' ->> 'role'),
            ', ' order by created_at, payload ->> 'action')
        from auth.audit_log_entries
        where payload ->> 'action' like 'role%'";
    assert_eq!(
        ask(&database, roles).await,
        "role_granted admin, role_granted ann@example.com manager, role_revoked ann@example.com manager"
    );
    for role in ["admin", "manager", "user"] {
        let path = format!("/rest/v1/roles?role_name=eq.{role}");
        assert!(chief.delete(&path).status >= 400, "{role} is built in");
        assert!(client.service().delete(&path).status >= 400, "{role}, for the service too");
        assert!(chief.patch(&path, &json!({ "role_name": "other" })).status >= 400, "{role}");
    }
    ask(&database, &format!("delete from user_roles where user_id = '{ann}' and role_id = (select role_id from roles where role_name = 'admin')")).await;
    assert_eq!(ask(&database, &administers).await, "f");

    let mut heard = Vec::new();
    while let Ok(notification) = announced.try_recv() {
        heard.push(notification);
    }
    for action in ["sign_in_failed ", "account_locked ", "role_granted ", "administrator_made "] {
        assert!(heard.iter().any(|payload| payload.starts_with(action)), "{action}: {heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn press_keeps_its_built_in_roles_and_who_gave_them() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "press"]);
    let (client, database) = (program.client("press"), connect(&program.admin_dsn("press")).await);
    sign_up(
        &client,
        "chief@example.com",
        json!({ "name": "  ", "role": "admin", "is_verified": true }),
    );
    sign_up(&client, "ann@example.com", json!({ "name": " Ann \n" }));
    let names = "select string_agg(name, ',' order by email) from users";
    assert_eq!(ask(&database, names).await, "Ann,chief", "a blank name is none");
    let chief_id = id_of(&database, "chief@example.com").await;
    let held =
        "select string_agg(roles.name, ',') from user_roles join roles on roles.id = role_id";
    assert_eq!(ask(&database, held).await, "author,author", "metadata give no role");
    ask(&database, &format!("select auth.bind_make_administrator('{chief_id}')")).await;
    let chief = sign_in(&client, "chief@example.com");
    for role in ["admin", "editor", "author", "reader"] {
        let path = format!("/rest/v1/roles?name=eq.{role}");
        assert!(chief.delete(&path).status >= 400, "{role} is built in");
        assert!(client.service().delete(&path).status >= 400, "{role}, for the service too");
    }
    let ann = id_of(&database, "ann@example.com").await;
    let editor = ask(&database, "select id from roles where name = 'editor'").await;
    let given = chief.post("/rest/v1/user_roles", &json!({ "user_id": ann, "role_id": editor }));
    assert_eq!(given.body[0]["assigned_by"], json!(chief_id), "{given:?}");
    assert!(given.body[0]["assigned_at"].is_string());
    // Deleting a person is no change of roles.
    assert_eq!(chief.delete(&format!("/rest/v1/users?id=eq.{ann}&select=id")).status, 200);
    let events = "select string_agg(action || ' ' || events, ', ' order by action) from auth.security_event_counts";
    assert_eq!(ask(&database, events).await, "administrator_made 1, role_granted 2");
}

const MANIFEST: &str = "name = \"bare\"\ntitle = \"Bare\"\nschemas = [\"public\"]\n";

/// An application that binds nothing.
fn start_bare(home: &Home) -> Program {
    let folder = home.path.parent().unwrap().join("bare");
    fs::create_dir_all(folder.join("migrations")).unwrap();
    fs::write(folder.join("app.toml"), MANIFEST).unwrap();
    Program::start(home, &["--app", folder.to_str().unwrap()])
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_binding_locks_and_bans_end_sessions_too() {
    let home = Home::new();
    let program = start_bare(&home);
    let (client, database) = (program.client("bare"), connect(&program.admin_dsn("bare")).await);
    for name in ["ann", "bob"] {
        assert_eq!(sign_up(&client, &format!("{name}@example.com"), json!({})).status, 200);
    }
    let (ann, bob) =
        (id_of(&database, "ann@example.com").await, id_of(&database, "bob@example.com").await);
    for _ in 0..5 {
        assert_eq!(try_sign_in(&client, "ann@example.com", "a wrong password").status, 400);
    }
    assert_eq!(sessions_of(&database, "ann@example.com").await, "0");
    assert_eq!(sessions_of(&database, "bob@example.com").await, "1");
    for (shut, open) in [
        ("banned_until = now() + interval '1 hour'", "banned_until = null"),
        ("deleted_at = now()", "deleted_at = null"),
    ] {
        sign_in(&client, "bob@example.com");
        ask(&database, &format!("update auth.users set {shut} where id = '{bob}'")).await;
        assert_eq!(sessions_of(&database, "bob@example.com").await, "0", "{shut}");
        let session = format!("insert into auth.sessions (user_id) values ('{bob}') returning id");
        assert_eq!(ask(&database, &session).await, "no row", "{shut}");
        ask(&database, &format!("update auth.users set {open} where id = '{bob}'")).await;
    }

    // Only super administrators administer, and only while they could sign in.
    for (sql, expected) in [
        ("auth.bind_administers('{ann}', '{bob}')", "f"),
        ("auth.bind_administers('{bob}', '{ann}')", "f"),
        ("auth.bind_may_invite('{bob}', null, null)", "f"),
        ("auth.bind_make_administrator('{ann}')", ""),
        ("auth.bind_make_administrator('{bob}')", ""),
        ("auth.bind_administers('{bob}', '{ann}')", "t"),
        ("auth.bind_administers('{bob}', '99999999-9999-4999-8999-999999999999')", "f"),
        ("count(*) from auth.bind_administered_users('{bob}')", "2"),
        ("auth.bind_may_invite('{bob}', null, null)", "t"),
        ("auth.bind_may_invite('{bob}', '{ann}', null)", "f"),
        ("auth.bind_administers('{ann}', '{bob}')", "f"),
        ("count(*) from auth.bind_administered_users('{ann}')", "0"),
        ("auth.bind_find_user('Ann@Example.com') = '{ann}'", "t"),
        ("auth.bind_find_user('nobody') is null", "t"),
        ("auth.bind_allows_anonymous()", "t"),
        ("auth.bind_administrator_metadata()", "{}"),
    ] {
        let asked = sql.replace("{ann}", &ann).replace("{bob}", &bob);
        assert_eq!(ask(&database, &format!("select {asked}")).await, expected, "{sql}");
    }
    let none = "select auth.bind_make_administrator('99999999-9999-4999-8999-999999999999')";
    assert!(database.batch_execute(none).await.is_err());

    // None of it is anybody's to call.
    for role in ["anon", "authenticated", "service_role"] {
        for call in [
            "auth.note_event('x', null, null)",
            "auth.sweep()",
            "auth.bind_make_administrator(null)",
            "auth.bind_administers(null, null)",
            "auth.bind_find_user('ann@example.com')",
            "auth.end_refused_sessions(null)",
        ] {
            let refused = database
                .batch_execute(&format!("begin; set local role {role}; select {call}"))
                .await
                .unwrap_err();
            assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{role}: {call}");
            database.batch_execute("rollback").await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_begins_while_its_person_is_shut_out() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "profiler"]);
    let (client, first) =
        (program.client("profiler"), connect(&program.admin_dsn("profiler")).await);
    let second = connect(&program.admin_dsn("profiler")).await;
    sign_up(&client, "ann@example.com", json!({}));
    let ann = id_of(&first, "ann@example.com").await;
    let open = format!("insert into auth.sessions (user_id) values ('{ann}') returning id");
    let lock = "update profiler_schema.users set is_locked = true";
    let count = "select count(*) from auth.sessions";

    // The lock comes first and the sign-in waits for it.
    first.batch_execute(&format!("begin; {lock}")).await.unwrap();
    let (opened, ()) = tokio::join!(ask(&second, &open), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        first.batch_execute("commit").await.unwrap();
    });
    assert_eq!((opened.as_str(), ask(&first, count).await.as_str()), ("no row", "0"));

    // The sign-in comes first and the lock waits for it, and ends it.
    first.batch_execute("update profiler_schema.users set is_locked = false").await.unwrap();
    second.batch_execute(&format!("begin; {open}")).await.unwrap();
    let (locked, ()) = tokio::join!(first.batch_execute(lock), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        second.batch_execute("commit").await.unwrap();
    });
    locked.unwrap();
    assert_eq!(ask(&first, count).await, "0");
}

/// Each side takes its locks in the same order, so nobody is thrown out by a deadlock.
#[test]
fn right_and_wrong_passwords_at_once_are_all_answered() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "profiler"]);
    let client = program.client("profiler");
    sign_up(&client, "ann@example.com", json!({}));
    std::thread::scope(|scope| {
        for password in [PASSWORD, "a wrong password", PASSWORD, "a wrong password"] {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..4 {
                    let answer = try_sign_in(client, "ann@example.com", password);
                    assert!(answer.status <= 400, "{answer:?}");
                }
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_swept_and_nothing_else() {
    let home = Home::new();
    let program = start_bare(&home);
    let (client, database) = (program.client("bare"), connect(&program.admin_dsn("bare")).await);
    sign_up(&client, "ann@example.com", json!({}));
    let refresh = try_sign_in(&client, "ann@example.com", PASSWORD).body["refresh_token"].clone();
    let body = json!({ "refresh_token": refresh });
    assert_eq!(client.post("/auth/v1/token?grant_type=refresh_token", &body).status, 200);
    let ann = id_of(&database, "ann@example.com").await;
    let rows = format!(
        "delete from auth.ended_sessions;
         insert into auth.sessions (user_id, not_after) values ('{ann}', now() - interval '1 second');
         insert into auth.refresh_tokens (token, user_id, revoked) values ('of no session', '{ann}', true);
         insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, created_at)
         values ('{ann}', 'recovery_token', 'old', 'x', now() - interval '25 hours'),
                ('{ann}', 'confirmation_token', 'new', 'x', now() - interval '23 hours');
         insert into auth.flow_state (provider_type, authentication_method, created_at)
         values ('email', 'old', now() - interval '25 hours'), ('email', 'new', now());
         insert into auth.mfa_factors (id, user_id, factor_type)
         values ('00000000-0000-4000-8000-000000000001', '{ann}', 'totp');
         insert into auth.mfa_challenges (factor_id, ip_address, created_at)
         values ('00000000-0000-4000-8000-000000000001', '127.0.0.1', now() - interval '61 minutes'),
                ('00000000-0000-4000-8000-000000000001', '127.0.0.1', now());
         insert into auth.ended_sessions (session_id, ended_at)
         values (gen_random_uuid(), now() - interval '25 hours'), (gen_random_uuid(), now());
         insert into auth.lockouts (user_id, failed_attempts, locked_until)
         values ('{ann}', 5, now() - interval '1 second')"
    );
    database.batch_execute(&rows).await.unwrap();
    database
        .batch_execute("begin; set local role tenantry_auth; select auth.sweep(); commit")
        .await
        .unwrap();
    let left = "
        select concat_ws(' ',
            (select count(*) from auth.sessions),
            (select count(*) from auth.refresh_tokens where revoked),
            (select string_agg(token_hash, ',') from auth.one_time_tokens),
            (select string_agg(authentication_method, ',') from auth.flow_state),
            (select count(*) from auth.mfa_challenges),
            (select count(*) from auth.ended_sessions),
            (select count(*) from auth.lockouts))";
    // Two live sessions; the used token by which theft is known; the swept session among the ended.
    assert_eq!(ask(&database, left).await, "2 1 new new 1 2 0");
}

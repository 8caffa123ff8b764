//! Who administers whom, who is let in, and what becomes of tenants: by the database's own functions
//! and over HTTP as people would.

use serde_json::{Value, json};
use tenantry_tests::identity::{
    PASSWORD, ask, id_of, invite, sessions_of, sign_in, sign_up, try_sign_in,
};
use tenantry_tests::{Client, Home, Program, connect};

#[tokio::test(flavor = "multi_thread")]
async fn parakeets_administrators_let_people_in() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "parakeet"]);
    let (client, database) =
        (program.client("parakeet"), connect(&program.admin_dsn("parakeet")).await);
    for name in ["chief", "ann", "bob", "eve"] {
        let answer = sign_up(&client, &format!("{name}@example.com"), json!({ "approved": true }));
        assert_eq!((answer.status, answer.body.get("access_token")), (200, None), "{answer:?}");
    }
    let chief = id_of(&database, "chief@example.com").await;
    ask(&database, &format!("select auth.bind_make_administrator('{chief}')")).await;
    let chief_client = sign_in(&client, "chief@example.com");

    let waiting = chief_client.post("/rest/v1/rpc/waiting_users", &json!({})).body;
    let emails: Vec<&Value> =
        waiting.as_array().unwrap().iter().map(|person| &person["email"]).collect();
    assert_eq!(emails, ["ann@example.com", "bob@example.com", "eve@example.com"]);

    let ann = id_of(&database, "ann@example.com").await;
    let refused = try_sign_in(&client, "ann@example.com", PASSWORD);
    assert_eq!(
        (refused.status, sessions_of(&database, "ann@example.com").await),
        (403, "0".into())
    );
    let approve = |caller: &Client, person: &str| {
        caller.post("/rest/v1/rpc/approve_user", &json!({ "person": person }))
    };
    assert_eq!(approve(&chief_client, &ann).body, json!(true));
    assert_eq!(approve(&chief_client, &ann).body, json!(false));
    let ann_client = sign_in(&client, "ann@example.com");
    let by = ask(&database, "select approved_by = (select id from users where email = 'chief@example.com') and approved_at is not null from users where email = 'ann@example.com'").await;
    assert_eq!(by, "t");
    let trail = format!(
        "select count(*) from audit_logs where user_id = '{chief}' and resource_id = '{ann}' and new_values ->> 'approved' = 'true' and ip_address = '127.0.0.1'"
    );
    assert_eq!(ask(&database, &trail).await, "1");

    // Being let in does not let others in.
    let bob = id_of(&database, "bob@example.com").await;
    for (caller, status) in [(&ann_client, 403), (&client, 401), (&client.service(), 403)] {
        for (function, body) in [
            ("waiting_users", json!({})),
            ("approve_user", json!({ "person": bob })),
            ("decline_user", json!({ "person": bob })),
            ("withdraw_approval", json!({ "person": ann })),
        ] {
            let answer = caller.post(&format!("/rest/v1/rpc/{function}"), &body);
            assert_eq!(answer.status, status, "{function}: {answer:?}");
        }
    }

    let withdraw = |person: &str| {
        chief_client.post("/rest/v1/rpc/withdraw_approval", &json!({ "person": person }))
    };
    assert_eq!(withdraw(&ann).body, json!(true));
    assert_eq!(sessions_of(&database, "ann@example.com").await, "0");
    assert_eq!(withdraw(&chief).status, 403, "nobody shuts themselves out");

    let decline = |person: &str| {
        chief_client.post("/rest/v1/rpc/decline_user", &json!({ "person": person })).body
    };
    assert_eq!(decline(&bob), json!(true));
    assert_eq!(id_of(&database, "bob@example.com").await, "no row");
    assert_eq!(decline(&ann), json!(false), "somebody who was in is not deleted by the way");
    assert_eq!(decline(&chief), json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_consent_is_explicit_and_can_be_withdrawn() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let (client, database) = (program.client("board"), connect(&program.admin_dsn("board")).await);
    let consented = async |email: &str| {
        let sql = format!("select gdpr_consent_at is not null from users where email = '{email}'");
        ask(&database, &sql).await
    };
    for (name, data, expected) in [
        ("silent", json!({}), "f"),
        ("no", json!({ "gdpr_consent": false }), "f"),
        ("word", json!({ "gdpr_consent": "true" }), "f"),
        ("number", json!({ "gdpr_consent": 1 }), "f"),
        ("ann", json!({ "gdpr_consent": true, "subscription_tier": "enterprise" }), "t"),
    ] {
        let email = format!("{name}@example.com");
        assert_eq!(sign_up(&client, &email, data).status, 200);
        assert_eq!(consented(&email).await, expected, "{name}");
    }
    let tier = "select subscription_tier from users where email = 'ann@example.com'";
    assert_eq!(ask(&database, tier).await, "free");

    // Metadata that come later are no consent, and neither is the column.
    let silent = sign_in(&client, "silent@example.com");
    ask(&database, "update auth.users set raw_user_meta_data = '{\"gdpr_consent\": true}' where email = 'silent@example.com'").await;
    assert_eq!(consented("silent@example.com").await, "f");
    let forged = json!({ "gdpr_consent_at": "2020-01-01T00:00:00Z" });
    assert_eq!(silent.patch("/rest/v1/users?email=eq.silent@example.com", &forged).status, 403);

    let given = silent.post("/rest/v1/rpc/give_consent", &json!({})).body;
    assert!(given.is_string());
    assert_eq!(silent.post("/rest/v1/rpc/give_consent", &json!({})).body, given);
    let opened = silent.post("/rest/v1/sessions", &json!({ "problem_statement": "What now?" }));
    assert_eq!(opened.body[0]["status"], "active");
    assert_eq!(silent.post("/rest/v1/rpc/withdraw_consent", &json!({})).body, json!(true));
    assert_eq!(silent.post("/rest/v1/rpc/withdraw_consent", &json!({})).body, json!(false));
    assert_eq!(consented("silent@example.com").await, "f");
    assert_eq!(silent.get("/rest/v1/sessions?select=status").body, json!([{ "status": "paused" }]));
    for function in ["give_consent", "withdraw_consent"] {
        let path = format!("/rest/v1/rpc/{function}");
        assert_eq!(client.post(&path, &json!({})).status, 401, "nobody consents for nobody");
        assert_eq!(client.service().post(&path, &json!({})).status, 403);
    }

    let trail = "
        select string_agg(format('%s %s %s', action, user_id = resource_id, ip_address), ', ' order by id)
        from audit_log
        where action like 'consent%'
        and resource_id = (select id from users where email = 'silent@example.com')";
    assert_eq!(
        ask(&database, trail).await,
        "consent_given t 127.0.0.1, consent_withdrawn t 127.0.0.1"
    );
    let at_sign_up = "select count(*) from audit_log where action = 'consent_given' and resource_id = (select id from users where email = 'ann@example.com')";
    assert_eq!(ask(&database, at_sign_up).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn mnfsts_administrators_manage_their_tenant_alone() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "mnfst"]);
    let (client, database) = (program.client("mnfst"), connect(&program.admin_dsn("mnfst")).await);

    // What somebody says about themselves makes no member of any tenant, and no superadmin.
    ask(&database, "select create_tenant('Acme', 'acme')").await;
    let tenant = async |slug: &str| {
        ask(&database, &format!("select id from tenants where slug = '{slug}'")).await
    };
    let acme = tenant("acme").await;
    for data in [
        json!({ "tenant_id": acme }),
        json!({ "tenant_id": acme, "role": "tenant_admin" }),
        json!({ "role": "superadmin" }),
        json!({ "app_metadata": { "tenant_id": acme } }),
    ] {
        let body = json!({
            "email": "eve@example.com", "password": PASSWORD, "data": data,
            "app_metadata": { "tenant_id": acme }, "role": "superadmin",
        });
        let answer = client.post("/auth/v1/signup", &body);
        assert!(answer.status >= 400, "{answer:?}");
    }
    assert_eq!(id_of(&database, "eve@example.com").await, "no row");

    // The superadmin's account is made with the role; the function does the rest.
    let metadata = ask(&database, "select auth.bind_administrator_metadata()").await;
    assert_eq!(metadata, r#"{"role": "superadmin"}"#);
    invite(&client, "root@example.com", json!({ "role": "superadmin" }));
    let root_id = id_of(&database, "root@example.com").await;
    ask(&database, &format!("select auth.bind_make_administrator('{root_id}')")).await;
    let root = sign_in(&client, "root@example.com");
    let made =
        root.post("/rest/v1/rpc/create_tenant", &json!({ "name": "Globex", "slug": "globex" }));
    let globex = made.body.as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();

    for (name, tenant, role) in [
        ("head", &acme, "tenant_admin"),
        ("ann", &acme, "user"),
        ("boss", &globex, "tenant_admin"),
        ("bob", &globex, "user"),
    ] {
        let email = format!("{name}@example.com");
        invite(&client, &email, json!({ "tenant_id": tenant, "role": role }));
    }
    let head = sign_in(&client, "head@example.com");
    let body = json!({ "name": "Evil", "slug": "evil" });
    assert_eq!(head.post("/rest/v1/rpc/create_tenant", &body).status, 403);
    assert_eq!(client.post("/rest/v1/rpc/create_tenant", &body).status, 401);

    // Metadata that a person changes later move nobody either.
    ask(&database, &format!("update auth.users set raw_user_meta_data = raw_user_meta_data || '{{\"tenant_id\": \"{globex}\", \"role\": \"superadmin\"}}' where email = 'ann@example.com'")).await;
    let moved = format!(
        "select tenant_id = '{acme}' and role = 'user' from users where email = 'ann@example.com'"
    );
    assert_eq!(ask(&database, &moved).await, "t");

    let names = ["root", "head", "ann", "boss", "bob"];
    for (actor, administered) in [
        ("root", "ann, bob, boss, head, root"),
        ("head", "ann, head"),
        ("ann", "null"),
        ("boss", "bob, boss"),
        ("bob", "null"),
    ] {
        let actor = id_of(&database, &format!("{actor}@example.com")).await;
        let listed = format!(
            "select string_agg(split_part(email, '@', 1), ', ' order by email) from auth.bind_administered_users('{actor}') as id join auth.users using (id)"
        );
        assert_eq!(ask(&database, &listed).await, administered);
        for name in names {
            let person = id_of(&database, &format!("{name}@example.com")).await;
            let asked =
                ask(&database, &format!("select auth.bind_administers('{actor}', '{person}')"))
                    .await;
            assert_eq!(asked == "t", administered.split(", ").any(|one| one == name), "{name}");
        }
    }
    let may_invite = async |actor: &str, tenant: &str, role: &str| {
        let actor = id_of(&database, &format!("{actor}@example.com")).await;
        let tenant = if tenant.is_empty() { "null".into() } else { format!("'{tenant}'") };
        let role = if role.is_empty() { "null".into() } else { format!("'{role}'") };
        ask(&database, &format!("select auth.bind_may_invite('{actor}', {tenant}, {role})")).await
    };
    for (actor, tenant, role, expected) in [
        ("root", acme.as_str(), "tenant_admin", "t"),
        ("root", "", "superadmin", "t"),
        ("root", acme.as_str(), "superadmin", "f"),
        ("root", "", "user", "f"),
        ("root", "99999999-9999-4999-8999-999999999999", "user", "f"),
        ("head", acme.as_str(), "user", "t"),
        ("head", acme.as_str(), "", "t"),
        ("head", acme.as_str(), "tenant_admin", "t"),
        ("head", acme.as_str(), "superadmin", "f"),
        ("head", globex.as_str(), "user", "f"),
        ("head", "", "user", "f"),
        ("head", "", "superadmin", "f"),
        ("ann", acme.as_str(), "user", "f"),
    ] {
        assert_eq!(may_invite(actor, tenant, role).await, expected, "{actor} {tenant} {role}");
    }

    // Suspension: sign-in, refresh and data, at once.
    let signed_in = try_sign_in(&client, "ann@example.com", PASSWORD).body;
    let ann = client.with_token(signed_in["access_token"].as_str().unwrap());
    assert_eq!(ann.get("/rest/v1/tenants?select=slug").body, json!([{ "slug": "acme" }]));
    let suspend = root.post("/rest/v1/rpc/suspend_tenant", &json!({ "tenant": acme }));
    assert_eq!(suspend.body, json!(true));
    assert_eq!(sessions_of(&database, "ann@example.com").await, "0");
    let seen = ann.get("/rest/v1/tenants?select=slug");
    assert!(seen.status >= 400 || seen.body == json!([]), "{seen:?}");
    let refresh = json!({ "refresh_token": signed_in["refresh_token"] });
    assert!(client.post("/auth/v1/token?grant_type=refresh_token", &refresh).status >= 400);
    assert_eq!(try_sign_in(&client, "ann@example.com", PASSWORD).status, 403);
    assert_eq!(may_invite("head", &acme, "user").await, "f", "who is shut out administers nobody");
    assert_eq!(may_invite("root", &acme, "user").await, "f");
    root.post("/rest/v1/rpc/resume_tenant", &json!({ "tenant": acme }));
    sign_in(&client, "ann@example.com");

    // A hidden person, and a deleted tenant with all that it owns.
    let ann_id = id_of(&database, "ann@example.com").await;
    let head = sign_in(&client, "head@example.com");
    let hide = json!({ "kind": "users", "row_id": ann_id });
    assert_eq!(head.post("/rest/v1/rpc/hide_row", &hide).body, json!(true));
    assert_eq!(sessions_of(&database, "ann@example.com").await, "0");
    let document = json!({ "filename": "a.pdf", "original_name": "A.pdf", "size": 1, "mime_type": "application/pdf" });
    assert_eq!(head.post("/rest/v1/documents", &document).status, 201);
    let remove = |caller: &Client, slug: &str| {
        caller.post("/rest/v1/rpc/delete_tenant", &json!({ "tenant": acme, "slug": slug }))
    };
    assert_eq!(remove(&head, "acme").status, 403);
    assert_eq!(remove(&root, "globex").body, json!(false), "the slug has to be the tenant's");
    assert_eq!(remove(&root, "acme").body, json!(true));
    let left = format!(
        "select (select count(*) from users where tenant_id = '{acme}')
              + (select count(*) from documents where tenant_id = '{acme}')
              + (select count(*) from auth.users where email in ('ann@example.com', 'head@example.com'))
              + (select count(*) from auth.sessions join auth.users on users.id = user_id where email = 'head@example.com')"
    );
    assert_eq!(ask(&database, &left).await, "0");
    assert_eq!(ask(&database, "select count(*) from auth.users").await, "3");
    // A superadmin who stops being one administers no accounts any more.
    ask(
        &database,
        &format!("update users set role = 'user', tenant_id = '{globex}' where id = '{root_id}'"),
    )
    .await;
    let left = format!(
        "select is_super_admin::text || auth.bind_administers('{root_id}', '{root_id}') from auth.users where id = '{root_id}'"
    );
    assert_eq!(ask(&database, &left).await, "falsefalse");
    let events = "select string_agg(action || ' ' || events, ', ' order by action) from auth.security_event_counts";
    assert_eq!(
        ask(&database, events).await,
        "administrator_made 1, administrator_unmade 1, role_changed 1"
    );
}

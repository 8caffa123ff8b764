use super::*;
use crate::facts::{ForeignKey, Kind};

/// A column as `name type`, where `!` after the type refuses null and `#` makes it part of the key.
pub(crate) fn column(name: &str, type_name: &str) -> Column {
    let plain = type_name.trim_end_matches(['!', '#']);
    let element = plain.trim_end_matches("[]");
    let kind = match element {
        "uuid" => Kind::Uuid,
        "json" => Kind::Json,
        "jsonb" => Kind::Jsonb,
        "inet" => Kind::Address,
        "text" | "character varying" => Kind::Text,
        "bytea" | "vector" => Kind::Content,
        _ => Kind::Measure,
    };
    Column {
        name: name.into(),
        type_name: plain.into(),
        max_length: None,
        kind,
        array: plain.ends_with("[]"),
        not_null: type_name.contains(['!', '#']),
        generated: false,
        in_key: type_name.contains('#'),
    }
}

fn name(text: &str) -> TableName {
    TableName::parse(text).unwrap()
}

/// Tables as `schema.table: column type, ...`; foreign keys as `table (columns) rule table (columns)`.
fn facts(tables: &[&str], keys: &[&str]) -> Facts {
    let tables = tables.iter().map(|text| {
        let (table, columns) = text.split_once(": ").unwrap();
        let columns = columns.split(", ").map(|text| {
            let (name, type_name) = text.split_once(' ').unwrap();
            column(name, type_name)
        });
        Table { name: name(table), columns: columns.collect() }
    });
    let names = |text: &str| text.split(',').map(str::to_owned).collect();
    let keys = keys.iter().map(|text| {
        let parts: Vec<&str> =
            text.split([' ', '(', ')']).filter(|part| !part.is_empty()).collect();
        ForeignKey {
            name: format!("{}_fkey", parts[1]),
            from: name(parts[0]),
            columns: names(parts[1]),
            to: name(parts[3]),
            to_columns: names(parts[4]),
            on_delete: match parts[2] {
                "cascade" => DeleteRule::Cascade,
                "forget" => DeleteRule::Forget,
                _ => DeleteRule::Refuse,
            },
        }
    });
    Facts { tables: tables.collect(), foreign_keys: keys.collect() }
}

fn rules(manifest: &str) -> Rules {
    let head = "name = \"a\"\ntitle = \"A\"\nschemas = [\"public\"]\n[identity]\nusers = \"public.users\"\n[identity.columns]\nid = \"id\"\nemail = \"email\"\n";
    Rules::of(&tenantry_app::Manifest::parse("app.toml", &format!("{head}{manifest}")).unwrap())
}

const USERS: [&str; 2] =
    ["public.users: id uuid#, email text!", "auth.users: id uuid#, email text"];

/// Every node but the users tables, as `fate table`.
fn fates(plan: &Plan) -> Vec<String> {
    let nodes = plan.nodes[plan.roots..].iter();
    nodes.map(|node| format!("{:?} {}", node.fate, node.table)).collect()
}

fn plan(tables: &[&str], keys: &[&str], manifest: &str) -> Result<Plan, PlanError> {
    let tables: Vec<&str> = USERS.iter().chain(tables).copied().collect();
    Plan::new(&facts(&tables, keys), &rules(manifest), false)
}

#[test]
fn rules_of_keys_decide_what_becomes_of_rows() {
    let notes = "public.notes: id uuid#, user_id uuid";
    let pages = "public.pages: id uuid#, note_id uuid!";
    let cascade = "public.notes(user_id) cascade public.users(id)";
    let deeper = "public.pages(note_id) cascade public.notes(id)";
    let refuse = "public.notes(user_id) refuse public.users(id)";
    let kept = "[[person.kept]]\ntable = \"public.notes\"\nreason = \"law\"";
    let handed = "[[person.handed_over]]\ntable = \"public.notes\"";
    let erased = "[[person.erased]]\ntable = \"public.notes\"";
    for (keys, manifest, expected) in [
        (vec![cascade, deeper], "", vec!["Erase public.notes", "Erase public.pages"]),
        (
            vec!["public.notes(user_id) forget public.users(id)", deeper],
            "",
            vec!["Forget public.notes"],
        ),
        (vec![refuse, deeper], "", vec!["Block public.notes", "Block public.pages"]),
        (vec![refuse, deeper], handed, vec!["HandOver public.notes", "HandOver public.pages"]),
        (vec![refuse, deeper], erased, vec!["Erase public.notes", "Erase public.pages"]),
        (vec![cascade, deeper], kept, vec!["Keep public.notes"]),
        (vec![], erased, vec!["Erase public.notes"]),
        (vec![], "", vec![]),
    ] {
        let plan = plan(&[notes, pages], &keys, manifest).unwrap();
        assert_eq!(fates(&plan), expected, "{keys:?} {manifest}");
    }
}

#[test]
fn everything_goes_when_the_operator_says_so() {
    let tables = [USERS[0], USERS[1], "public.notes: id uuid#, user_id uuid"];
    let facts = facts(&tables, &["public.notes(user_id) refuse public.users(id)"]);
    let plan = Plan::new(&facts, &rules(""), true).unwrap();
    assert_eq!(fates(&plan), ["Erase public.notes"]);
    assert!(!plan.nodes[2].arrivals[0].cascades, "it has to be deleted before the person");
}

#[test]
fn circles_and_several_ways_are_walked_once() {
    let tables = [
        "public.posts: id uuid#, user_id uuid!, parent_id uuid",
        "public.comments: id uuid#, post_id uuid!, user_id uuid!",
    ];
    let keys = [
        "public.posts(user_id) cascade public.users(id)",
        "public.posts(parent_id) cascade public.posts(id)",
        "public.comments(post_id) cascade public.posts(id)",
        "public.comments(user_id) cascade public.users(id)",
        "public.users(id) cascade auth.users(id)",
    ];
    let plan = plan(&tables, &keys, "").unwrap();
    assert_eq!(fates(&plan), ["Erase public.posts", "Erase public.comments"]);
    assert_eq!(plan.nodes[2].arrivals.len(), 2);
    assert_eq!(plan.direct(&plan.nodes[3]).count(), 1);
    assert_eq!(plan.owner_keys(), ["id", "parent_id", "post_id", "user_id"]);
}

#[test]
fn composite_keys_name_their_owner_by_the_id_only() {
    let tables = ["public.chats: id uuid#, tenant_id uuid!, user_id uuid!"];
    let keys = ["public.chats(tenant_id,user_id) cascade public.users(tenant_id,id)"];
    let plan = plan(&tables, &keys, "").unwrap();
    assert_eq!(plan.names_owner(&plan.nodes[2].arrivals[0]), ["user_id"]);
    assert_eq!(plan.nodes[0].columns, ["id", "tenant_id"]);
}

#[test]
fn a_row_that_mentions_the_person_may_be_anothers() {
    let tables =
        ["public.grants: user_id uuid#, by uuid", "public.payments: id uuid#, user_id uuid"];
    let keys = [
        "public.grants(user_id) cascade public.users(id)",
        "public.grants(by) forget public.users(id)",
        "public.payments(user_id) forget public.users(id)",
    ];
    let plan = plan(&tables, &keys, "").unwrap();
    assert!(plan.is_personal(&name("public.grants")));
    assert!(!plan.is_personal(&name("public.payments")));
}

#[test]
fn the_schema_auth_names_people_without_foreign_keys() {
    let tables = ["auth.refresh_tokens: id bigint#, user_id text, token text"];
    let plan = plan(&tables, &[], "").unwrap();
    assert_eq!(fates(&plan), ["Erase auth.refresh_tokens"]);
    let tables = ["public.visits: id bigint#, user_id text"];
    let plan = super::tests::plan(&tables, &[], "").unwrap();
    assert_eq!(fates(&plan), [""; 0], "what is in other schemas only names them");
    assert!(plan.others.iter().any(|other| other.names == ["user_id"]));
}

#[test]
fn trails_are_read_by_their_columns() {
    let tables = [
        "public.trail: id uuid#, user_id uuid, action text!, resource_id uuid, old jsonb, ip inet, agent text",
    ];
    let keys = ["public.trail(user_id) forget public.users(id)"];
    let manifest = "[audit]\ntable = \"public.trail\"\norigin = [\"agent\"]";
    let plan = plan(&tables, &keys, manifest).unwrap();
    assert_eq!(fates(&plan), [""; 0]);
    let trail = &plan.trails[0];
    assert_eq!(trail.actor, Some(Actor::Column("user_id".into())));
    assert_eq!(trail.subjects, ["action", "resource_id"]);
    assert_eq!(trail.origin, ["ip", "agent"]);
    assert_eq!(trail.documents, ["old"]);
}

#[test]
fn what_cannot_be_is_said() {
    let kept = "[[person.kept]]\ntable = \"public.notes\"\nreason = \"law\"";
    let keys = ["public.notes(user_id) cascade public.users(id)"];
    let refused = plan(&["public.notes: id uuid#, user_id uuid!"], &keys, kept).unwrap_err();
    assert!(refused.to_string().contains("public.notes is to be kept"), "{refused}");
    let missing = Plan::new(&facts(&[USERS[1]], &[]), &rules(""), false).unwrap_err();
    assert_eq!(missing, PlanError::NoUsers(name("public.users")));
}

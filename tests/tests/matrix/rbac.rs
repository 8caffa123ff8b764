//! Role x resource x scope x verb: what one person may do to one row, asked of the database with
//! the claims that the person's token has.
//!
//! A row is the caller's own, a colleague's (of the same tenant, where there are tenants), or
//! somebody else's. Each verb is tried on one such row of the demo data and undone:
//!
//! - `yes`: it was done, or only a key or a reference spoke against it, which is asked last;
//! - `unseen`: no row was reached;
//! - `no`: refused by rights or policies;
//! - anything else is the state of a rule of the application that refused it.

use std::fmt::Write as _;

use tokio_postgres::Client;

use super::attempt;

/// A kind of row, and how it belongs to somebody.
pub struct Resource {
    /// What the matrix calls it: the table, or the table and a condition.
    pub label: &'static str,
    /// The table.
    pub table: &'static str,
    /// An expression for the owner's id; empty where rows belong to nobody.
    pub owner: &'static str,
    /// An expression for the tenant's id; empty where there is none.
    pub tenant: &'static str,
    /// Which rows are meant.
    pub condition: &'static str,
}

impl Resource {
    /// Rows of a table that belong to the person that an expression names.
    pub const fn owned(table: &'static str, owner: &'static str) -> Resource {
        Resource { label: table, table, owner, tenant: "", condition: "true" }
    }

    /// Rows of a table that belong to nobody.
    pub const fn common(table: &'static str) -> Resource {
        Resource::owned(table, "")
    }

    /// Only these rows, under a name of their own.
    pub const fn where_(self, label: &'static str, condition: &'static str) -> Resource {
        Resource { label, condition, ..self }
    }

    /// In the tenant that an expression names.
    pub const fn of_tenant(self, tenant: &'static str) -> Resource {
        Resource { tenant, ..self }
    }

    /// The scopes that a row can have for a person, with the condition that it has it.
    fn scopes(&self, person: &str, tenant: Option<&str>) -> Vec<(&'static str, String)> {
        let Resource { owner, tenant: of, .. } = self;
        let own = format!("({owner})::text = '{person}'");
        let foreign = format!("({owner})::text is distinct from '{person}'");
        let same = tenant.map_or("false".into(), |id| format!("({of})::text = '{id}'"));
        match (owner.is_empty(), of.is_empty()) {
            (true, true) => vec![("any", "true".into())],
            (false, true) => vec![("own", own), ("another's", foreign)],
            (true, false) => {
                vec![("own tenant", same.clone()), ("other tenant", format!("not ({same})"))]
            }
            (false, false) => vec![
                ("own", own),
                ("colleague's", format!("{foreign} and {same}")),
                ("other tenant", format!("{foreign} and not ({same})")),
            ],
        }
    }
}

/// What each person may do to each resource, as text.
pub async fn snapshot(
    client: &Client,
    schema: &str,
    callers: &[(String, String, String)],
    resources: &[Resource],
) -> String {
    let mut text = String::new();
    for (label, role, person) in callers {
        writeln!(text, "{label}").unwrap();
        for resource in resources {
            let tenant = match resource.tenant {
                "" => None,
                _ => super::first(client, &format!("select tenant_id::text from {schema}.users where id::text = '{person}' and tenant_id is not null")).await,
            };
            for (scope, condition) in resource.scopes(person, tenant.as_deref()) {
                let table = format!("{schema}.{}", resource.table);
                let condition = format!("({}) and {condition}", resource.condition);
                let Some((key, row)) = sample(client, &table, &condition).await else {
                    continue;
                };
                write!(text, "  {:<26} {scope:<13}", resource.label).unwrap();
                for (verb, statement) in statements(client, &table, role, &key, &row).await {
                    let outcome = match statement {
                        Some(statement) => attempt(client, role, person, &statement).await,
                        None => "42501".into(),
                    };
                    write!(text, " {verb} {:<7}", word(&outcome)).unwrap();
                }
                let trimmed = text.trim_end().len();
                text.truncate(trimmed);
                text.push('\n');
            }
        }
    }
    text
}

fn word(outcome: &str) -> &str {
    match outcome {
        "0" => "unseen",
        "42501" => "no",
        // A key that is taken and a row that is referred to are found out after everything else.
        "1" | "23505" | "23503" => "yes",
        other => other,
    }
}

/// The key of a row, as a condition, and the row as JSON.
async fn sample(client: &Client, table: &str, condition: &str) -> Option<(String, String)> {
    let key = super::first(
        client,
        &format!(
            "select string_agg(format('format(''%I = %%L'', %I)', attname, attname), ' || '' and '' || ' order by attnum)
             from pg_index
             join pg_attribute on attrelid = indrelid and attnum = any (indkey)
             where indrelid = '{table}'::regclass and indisprimary"
        ),
    )
    .await?;
    let row = client
        .query_opt(
            &format!("select {key}, to_jsonb(sampled)::text from {table} as sampled where {condition} order by 1 limit 1"),
            &[],
        )
        .await
        .unwrap_or_else(|error| panic!("{table} where {condition}: {error:?}"))?;
    Some((row.get(0), row.get(1)))
}

/// A statement for each verb, on exactly this row; none where no column is granted.
async fn statements(
    client: &Client,
    table: &str,
    role: &str,
    key: &str,
    row: &str,
) -> [(&'static str, Option<String>); 4] {
    let granted = |verb: &str, limit: &str| {
        format!(
            "select string_agg(quote_ident(attname), ', ' order by attnum)
             from (
                 select attname, attnum
                 from pg_attribute
                 where attrelid = '{table}'::regclass
                 and attnum > 0
                 and not attisdropped
                 and attgenerated = ''
                 and has_column_privilege('{role}', attrelid, attnum, '{verb}')
                 order by attnum
                 {limit}
             ) as granted
             having count(*) > 0"
        )
    };
    let readable = super::first(client, &granted("select", "limit 1")).await;
    let insertable = super::first(client, &granted("insert", "")).await;
    let updatable = super::first(client, &granted("update", "limit 1")).await;
    let row = row.replace('\'', "''");
    [
        ("select", readable.map(|column| format!("select {column} from {table} where {key}"))),
        (
            "insert",
            insertable.map(|columns| {
                format!(
                    "insert into {table} ({columns}) select {columns} from jsonb_populate_record(null::{table}, '{row}')"
                )
            }),
        ),
        (
            "update",
            updatable.map(|column| format!("update {table} set {column} = {column} where {key}")),
        ),
        ("delete", Some(format!("delete from {table} where {key}"))),
    ]
}

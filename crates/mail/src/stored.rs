//! An application's own table of templates, bound by its manifest: its rows reach the sender
//! through the generated function `auth.mail_template` only.

use tenantry_app::{Manifest, StoredTemplates};
use tenantry_postgres::{quote_identifier, quote_literal};
use tokio_postgres::{Client, Error};

/// Serialises installations into one database; any number does that nobody else takes.
const INSTALL_LOCK: i64 = 0x0074_656e_616e_6d61;

const PRESENT: &str = "\
select prosrc
from pg_catalog.pg_proc
where pronamespace = 'auth'::regnamespace
and proname = 'mail_template'";

/// Brings `auth.mail_template` in line with the manifest. Call it after migrations and at every
/// start, with a client that may become `owner_role` and is in no transaction.
///
/// # Errors
/// What PostgreSQL says; the database is then as it was.
pub async fn install_stored_templates(
    client: &mut Client,
    owner_role: &str,
    manifest: &Manifest,
) -> Result<(), Error> {
    let wanted = body(manifest.mail_templates.as_ref());
    let transaction = client.transaction().await?;
    transaction.query("select pg_advisory_xact_lock($1)", &[&INSTALL_LOCK]).await?;
    let present: String = transaction.query_one(PRESENT, &[]).await?.get(0);
    if present != wanted {
        let role = quote_identifier(owner_role);
        let source = quote_literal(&wanted);
        transaction
            .batch_execute(&format!(
                "set local role {role};
                 create or replace function auth.mail_template(kind text, locales text[])
                 returns table (subject text, text_body text, html_body text)
                 language plpgsql
                 stable
                 security definer
                 set search_path = ''
                 as {source}"
            ))
            .await?;
    }
    transaction.commit().await
}

/// The highest version in the first language that there is; nothing where no table is bound.
fn body(templates: Option<&StoredTemplates>) -> String {
    let Some(templates) = templates else { return UNBOUND.to_owned() };
    let quoted = |name: &str| quote_identifier(name);
    let table = &templates.table.value;
    let [key, version, subject, text, html] =
        [&templates.key, &templates.version, &templates.subject, &templates.text, &templates.html]
            .map(|column| quoted(&column.value));
    let table = format!("{}.{}", quoted(&table.schema), quoted(&table.table));
    let (of_language, by_language) = match &templates.locale {
        Some(locale) => {
            let locale = quoted(&locale.value);
            (
                format!("\n    and stored.{locale} = any (mail_template.locales)"),
                format!("array_position(mail_template.locales, stored.{locale}::text), "),
            )
        }
        None => Default::default(),
    };
    format!(
        "
begin
    return query
    select stored.{subject}::text, stored.{text}::text, stored.{html}::text
    from {table} as stored
    where stored.{key} = mail_template.kind{of_language}
    order by {by_language}stored.{version} desc
    limit 1;
end
"
    )
}

/// The body that the migration made.
const UNBOUND: &str = "
begin
end
";

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "\
name = \"small\"
title = \"Small\"
schemas = [\"public\"]
[mail.templates]
table = \"public.wordings\"
key = \"of\"
locale = \"Language\"
version = \"version\"
subject = \"subject\"
text = \"plain\"
html = \"html\"
";

    #[test]
    fn the_highest_version_in_the_first_language_wins() {
        let manifest = Manifest::parse("app.toml", MANIFEST).unwrap();
        let expected = "
begin
    return query
    select stored.\"subject\"::text, stored.\"plain\"::text, stored.\"html\"::text
    from \"public\".\"wordings\" as stored
    where stored.\"of\" = mail_template.kind
    and stored.\"Language\" = any (mail_template.locales)
    order by array_position(mail_template.locales, stored.\"Language\"::text), stored.\"version\" desc
    limit 1;
end
";
        assert_eq!(body(manifest.mail_templates.as_ref()), expected);
        let without = MANIFEST.replace("locale = \"Language\"\n", "");
        let manifest = Manifest::parse("app.toml", &without).unwrap();
        let found = body(manifest.mail_templates.as_ref());
        assert!(found.contains("kind\n    order by stored.\"version\" desc\n"), "{found}");
    }

    #[test]
    fn the_unbound_function_is_that_of_the_migration() {
        let migration = include_str!("../../auth/migrations/0004_mail.up.sql");
        assert!(migration.contains(&format!("as $${UNBOUND}$$;")));
        assert_eq!(body(None), UNBOUND);
    }
}

//! The application's own table of login sessions.
//!
//! Its row is made with the session's first refresh token, because it may have to hold the
//! token's hash, and follows every later one. Deleting either side deletes the other; a row that
//! the application marks inactive ends the login and stays as the application's record.

use tenantry_app::{CatalogFacts, SessionColumn, SessionTable, TableName};
use tenantry_postgres::quote_identifier;

use super::function::{Binding, Function, Trigger, quote_table};

/// Adds the functions and triggers of both directions.
pub(super) fn generate(sessions: &SessionTable, facts: &CatalogFacts, binding: &mut Binding) {
    let table = Sessions { sessions, facts, name: quote_table(&sessions.table.value) };
    let logins = TableName { schema: "auth".into(), table: "sessions".into() };
    let tokens = TableName { schema: "auth".into(), table: "refresh_tokens".into() };
    let own = &sessions.table.value;
    binding.functions.extend([
        token_created(&table),
        login_changed(&table),
        login_deleted(&table),
        app_session_deleted(&table),
    ]);
    binding.triggers.extend(
        [
            (&tokens, "insert", "bind_refresh_token_created"),
            (&logins, "update", "bind_session_changed"),
            (&logins, "delete", "bind_session_deleted"),
            (own, "delete", "bind_app_session_deleted"),
        ]
        .map(|(table, event, function)| Trigger { table: table.clone(), event, function }),
    );
    if let Some(active) = table.column(SessionColumn::Active) {
        binding.functions.push(app_session_changed(&table, &active));
        let function = "bind_app_session_changed";
        binding.triggers.push(Trigger { table: own.clone(), event: "update", function });
    }
}

struct Sessions<'a> {
    sessions: &'a SessionTable,
    facts: &'a CatalogFacts,
    name: String,
}

impl Sessions<'_> {
    fn column(&self, meaning: SessionColumn) -> Option<String> {
        self.sessions.columns.get(meaning).map(quote_identifier)
    }

    fn key(&self) -> String {
        self.column(SessionColumn::Id).expect("a validated manifest binds the sessions' id")
    }

    fn type_of(&self, meaning: SessionColumn) -> &str {
        let column = self.sessions.columns.get(meaning).unwrap_or_default();
        let facts = self.facts.column(&self.sessions.table.value, column);
        facts.map_or("text", |facts| facts.type_name.as_str())
    }

    fn as_key(&self, id: &str) -> String {
        format!("{id}::{}", self.type_of(SessionColumn::Id))
    }

    /// The bound columns that have one of these meanings, with their values.
    fn values(&self, meanings: &[SessionColumn]) -> Vec<(String, String)> {
        meanings
            .iter()
            .filter_map(|meaning| Some((self.column(*meaning)?, self.value(*meaning))))
            .collect()
    }

    /// The value from the session in `login` and, for the hashes, the token in `new`.
    fn value(&self, meaning: SessionColumn) -> String {
        match meaning {
            SessionColumn::Id => self.as_key("login.id"),
            SessionColumn::User => format!("login.user_id::{}", self.type_of(meaning)),
            SessionColumn::TokenHash | SessionColumn::RefreshTokenHash => "new.token".into(),
            SessionColumn::IpAddress if self.type_of(meaning) == "inet" => "login.ip".into(),
            SessionColumn::IpAddress => "host(login.ip)".into(),
            SessionColumn::UserAgent => self.user_agent(),
            SessionColumn::CreatedAt => "login.created_at".into(),
            SessionColumn::ExpiresAt => {
                "coalesce(login.not_after, login.created_at + interval '30 days')".into()
            }
            SessionColumn::LastActivity => "now()".into(),
            SessionColumn::Active => "true".into(),
        }
    }

    fn user_agent(&self) -> String {
        let column = self.sessions.columns.get(SessionColumn::UserAgent).unwrap_or_default();
        match self.facts.column(&self.sessions.table.value, column) {
            Some(facts) => super::mapping::cut(facts, "login.user_agent"),
            None => "login.user_agent".into(),
        }
    }
}

fn token_created(table: &Sessions<'_>) -> Function {
    use SessionColumn::*;
    let (name, key, id) = (&table.name, table.key(), table.as_key("login.id"));
    let newer = table.values(&[TokenHash, RefreshTokenHash, ExpiresAt, LastActivity]);
    let whole = table.values(&[
        Id,
        User,
        TokenHash,
        RefreshTokenHash,
        IpAddress,
        UserAgent,
        CreatedAt,
        ExpiresAt,
        LastActivity,
        Active,
    ]);
    let columns = list(whole.iter().map(|(column, _)| column.clone()));
    let values = list(whole.iter().map(|(_, value)| value.clone()));
    let update = match newer.is_empty() {
        true => format!("perform from {name} where {key} = {id};"),
        false => format!(
            "update {name}\n    set {}\n    where {key} = {id};",
            list(newer.iter().map(|(column, value)| format!("{column} = {value}")))
        ),
    };
    let body = format!(
        "\
declare
    login auth.sessions;
begin
    select *
    into login
    from auth.sessions
    where id = new.session_id;
    if not found then
        return null;
    end if;

    {update}
    if not found then
        insert into {name} (
        {columns}
        )
        values (
        {values}
        );
    end if;
    return null;
end"
    );
    Function::trigger("bind_refresh_token_created", body)
}

fn login_changed(table: &Sessions<'_>) -> Function {
    use SessionColumn::*;
    let (name, key, id) = (&table.name, table.key(), table.as_key("login.id"));
    let newer = table.values(&[IpAddress, UserAgent, ExpiresAt, LastActivity]);
    let update = match newer.is_empty() {
        true => String::new(),
        false => format!(
            "    update {name}\n    set {}\n    where {key} = {id};\n",
            list(newer.iter().map(|(column, value)| format!("{column} = {value}")))
        ),
    };
    let body = format!(
        "\
declare
    login auth.sessions := new;
begin
{update}    return null;
end"
    );
    Function::trigger("bind_session_changed", body)
}

fn login_deleted(table: &Sessions<'_>) -> Function {
    let (name, key, id) = (&table.name, table.key(), table.as_key("old.id"));
    let still_active = table
        .column(SessionColumn::Active)
        .map_or(String::new(), |active| format!("\n    and {active} is not false"));
    let body = format!(
        "\
begin
    delete from {name}
    where {key} = {id}{still_active};
    return null;
end"
    );
    Function::trigger("bind_session_deleted", body)
}

fn app_session_deleted(table: &Sessions<'_>) -> Function {
    let key = table.key();
    let body = format!(
        "\
begin
    delete from auth.sessions where id = old.{key}::uuid;
    return null;
end"
    );
    Function::trigger("bind_app_session_deleted", body)
}

fn app_session_changed(table: &Sessions<'_>, active: &str) -> Function {
    let key = table.key();
    let body = format!(
        "\
begin
    if new.{active} is false and old.{active} is not false then
        delete from auth.sessions where id = new.{key}::uuid;
    end if;
    return null;
end"
    );
    Function::trigger("bind_app_session_changed", body)
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n        ")
}

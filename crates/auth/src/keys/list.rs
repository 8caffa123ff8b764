use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Client;

use super::KeyStoreError;

const LIST: &str = "\
select jsonb_agg(jsonb_strip_nulls(to_jsonb(key)) order by key.kind, key.created_at, key.id)
from (
    select
        id,
        case algorithm when 'HS256' then 'shared_secret' else 'signing' end as kind,
        case
            when algorithm <> 'HS256' then status::text
            when status = 'revoked' then 'off'
            else 'on'
        end as status,
        null as name,
        null as prefix,
        created_at,
        null::timestamptz as last_used_at,
        null::timestamptz as expires_at,
        null as created_by
    from auth.signing_keys
    union all
    select
        id,
        kind,
        case
            when revoked_at is not null then 'revoked'
            when expires_at <= now() then 'expired'
            else 'in_use'
        end,
        name,
        prefix,
        created_at,
        last_used_at,
        expires_at,
        created_by
    from auth.api_keys
) as key";

/// A key as its operator sees it. Nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ListedKey {
    /// Its id; of a signing key also the `kid` of its tokens.
    pub id: String,
    /// `signing`, `shared_secret`, `publishable` or `secret`.
    pub kind: String,
    /// `standby`, `in_use`, `previously_used`, `revoked`, `expired`; of the shared secret `on` or `off`.
    pub status: String,
    /// What the operator calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The first characters of an opaque key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Which login made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

/// Every key of the application, revoked ones included.
///
/// # Errors
/// [`KeyStoreError::Database`].
pub async fn list(client: &Client) -> Result<Vec<ListedKey>, KeyStoreError> {
    let row = client.query_one(LIST, &[]).await?;
    let keys: Option<Value> = row.get(0);
    Ok(keys.and_then(|keys| serde_json::from_value(keys).ok()).unwrap_or_default())
}

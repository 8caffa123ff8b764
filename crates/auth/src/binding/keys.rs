//! Whose a key of a person is.

use tenantry_app::Identity;
use tenantry_postgres::quote_identifier;

use super::function::{Binding, Callable, Function};

/// The body without a binding, as the migration has it.
const OWN_TABLE: &str = "\
declare
    hash text := encode(sha256(convert_to(key, 'UTF8')), 'hex');
begin
    return query
    select held.id, held.user_id, held.scopes
    from auth.personal_keys as held
    where held.key_hash = hash
    and held.revoked_at is null
    and coalesce(held.expires_at > now(), true);

    update auth.personal_keys as held
    set last_used_at = now()
    where held.key_hash = hash
    and held.revoked_at is null
    and coalesce(held.last_used_at < now() - interval '1 minute', true);
end";

/// Adds the function that stands without a binding too.
pub(super) fn generate(identity: &Identity, binding: &mut Binding) {
    let body = identity.api_keys.as_ref().map_or(OWN_TABLE.into(), |keys| {
        let verify = &keys.verify.value;
        let (schema, name) = (quote_identifier(&verify.schema), quote_identifier(&verify.function));
        format!(
            "\
begin
    return query
    select held.id, held.user_id, held.scopes
    from {schema}.{name}(key) as held;
end"
        )
    });
    binding.functions.push(Function {
        name: "bind_verify_key",
        arguments: "key text",
        returns: "table (id uuid, user_id uuid, scopes text[])",
        volatility: "",
        callable: Callable::AsMigrated,
        body,
    });
}

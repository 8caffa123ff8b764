drop function auth.has_scope(text);
drop function auth.bind_verify_key(text);
drop table auth.personal_keys;
drop table auth.api_keys;
drop table auth.signing_keys;
drop function auth.announce_keys();
drop type auth.signing_key_status;

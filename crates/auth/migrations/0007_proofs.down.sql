drop function auth.try_code(text, auth.one_time_token_type[], double precision, text[]);
drop function auth.forget_pending(uuid);
drop function auth.give_up_unproven(uuid);
drop function auth.prove_address(uuid);
alter table auth.one_time_tokens drop column purpose;
drop table auth.proven_addresses;

drop function public.verify_api_key(text);
drop function public.create_api_key(text, text[], timestamptz);
drop table public.api_keys;
drop function public.keep_api_key_revoked();

drop function public.delete_tenant(uuid, text);
drop function public.create_tenant(text, text);

drop function public.hand_over_documents(uuid, uuid);

drop trigger pass_on_documents on public.users;
drop function public.pass_on_documents();

drop trigger keep_last_tenant_admin on public.users;
drop function public.keep_last_tenant_admin();

drop trigger enforce_document_status on public.documents;
drop function public.enforce_document_status();

drop policy messages_delete_own on public.messages;
drop policy messages_update_own on public.messages;
drop policy messages_insert_own on public.messages;
drop policy messages_select_own on public.messages;

drop policy sessions_delete_own on public.sessions;
drop policy sessions_update_own on public.sessions;
drop policy sessions_insert_own on public.sessions;
drop policy sessions_select_own on public.sessions;

drop policy social_links_delete_tenant_admin on public.social_links;
drop policy social_links_update_tenant_admin on public.social_links;
drop policy social_links_insert_tenant_admin on public.social_links;
drop policy social_links_select on public.social_links;

drop policy documents_delete_tenant_admin on public.documents;
drop policy documents_delete_own on public.documents;
drop policy documents_update_own on public.documents;
drop policy documents_insert_own on public.documents;
drop policy documents_select on public.documents;

drop policy users_update_tenant_admin on public.users;
drop policy users_update_own on public.users;
drop policy users_select_superadmins on public.users;
drop policy users_select_admin on public.users;
drop policy users_select_own on public.users;

drop policy tenants_update_superadmin on public.tenants;
drop policy tenants_update_tenant_admin on public.tenants;
drop policy tenants_insert_superadmin on public.tenants;
drop policy tenants_select on public.tenants;

revoke all
    on public.tenants, public.users, public.documents, public.social_links, public.sessions, public.messages
    from authenticated;

drop function public.caller_is_trusted();
drop function public.readable_tenant_ids();
drop function public.current_user_role();

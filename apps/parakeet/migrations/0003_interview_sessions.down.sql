drop table public.interview_messages;
drop table public.interview_sessions;
drop function public.complete_interview_message();

drop table auth.erasures;

drop table access_log;
drop table first_administrator_code;
drop table officer_pin;
drop table guess_limit;
drop table web_session;
drop table role_grant;
drop table app_user;

drop table callback;
drop table call;
drop domain e164;

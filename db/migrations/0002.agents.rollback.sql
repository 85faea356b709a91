drop table agent_session;
drop table agent;

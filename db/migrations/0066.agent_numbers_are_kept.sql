-- depends: 0061.trunk_refusals
-- An agent's number is one person's for ever: reviews, chat, drafts and who heard which citizen stand under it. What was given
-- on before stays as it is. Users are added active, so of two at once the index of those who are active refuses one.
create function refuse_agent_number_that_was_anothers() returns trigger language plpgsql as $$
begin
    if exists (select from app_user u where u.agent_id = new.agent_id and u.id <> new.id) then
        raise unique_violation using constraint = 'agent_number_was_anothers',
            message = 'this agent number was another person''s';
    end if;
    return new;
end $$;
create trigger agent_number_was_anothers before insert or update of agent_id on app_user
    for each row when (new.agent_id is not null) execute function refuse_agent_number_that_was_anothers();
create index app_user_by_agent_number on app_user (agent_id) where agent_id is not null;

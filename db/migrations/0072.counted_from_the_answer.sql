-- depends: 0061.trunk_refusals
-- In a call that we place the agent can be first (a click): the talk is with a citizen from their answer on, and is none where they
-- did not answer. Unless nobody noted the answer: our server was away, and the end says that an agent talked with them.
-- `took_at`: the row's own begin, which has the index; `began_at` is never before it, and not by more than a citizen is rung for.
create or replace view counted_talk as
select t.call_id, t.agent_id, coalesce(t.queue, '') as queue,
       case when c.direction = 'outbound' then greatest(t.began_at, c.answered_at) else t.began_at end as began_at,
       t.ended_at, t.handed_to, c.direction = 'outbound' as placed, t.began_at as took_at
from agent_talk t join call c on c.id = t.call_id
where case when c.direction = 'outbound'
           then (c.answered_at is not null or c.outcome = 'agent_answered') and (t.ended_at > c.answered_at) is not false
           else t.queue is not null end;

-- As in 0034, and of the citizen's answer, which may be on the day after the agent's.
create or replace function the_days_of_a_call_change(one uuid) returns void
language plpgsql as $$
begin
    perform report_changed(d.day, d.day) from (
        select indian_day(s.entered_at) as day from queue_stay s where s.call_id = one
        union
        select indian_day(t.began_at) from agent_talk t where t.call_id = one
        union
        select indian_day(c.answered_at) from call c
        where c.id = one and c.direction = 'outbound' and c.answered_at is not null
    ) d;
end $$;
create or replace function a_call_changes_its_days() returns trigger
language plpgsql as $$
begin
    if old.direction = 'outbound' and old.answered_at is not null then
        perform report_changed(indian_day(old.answered_at), indian_day(old.answered_at));
    end if;
    perform the_days_of_a_call_change(new.id);
    return null;
end $$;
drop trigger a_call_changes_its_days on call;
create trigger a_call_changes_its_days after update on call
    for each row when ((old.direction, old.outcome) is distinct from (new.direction, new.outcome)
                       or new.direction = 'outbound' and old.answered_at is distinct from new.answered_at)
    execute function a_call_changes_its_days();

update report_day set summed_at = null;

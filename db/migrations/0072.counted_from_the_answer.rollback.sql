drop trigger a_call_changes_its_days on call;
create or replace function a_call_changes_its_days() returns trigger
language plpgsql as $$
begin
    perform the_days_of_a_call_change(new.id);
    return null;
end $$;
create trigger a_call_changes_its_days after update on call
    for each row when ((old.direction, old.outcome) is distinct from (new.direction, new.outcome))
    execute function a_call_changes_its_days();
create or replace function the_days_of_a_call_change(one uuid) returns void
language plpgsql as $$
begin
    perform report_changed(d.day, d.day) from (
        select indian_day(s.entered_at) as day from queue_stay s where s.call_id = one
        union
        select indian_day(t.began_at) from agent_talk t where t.call_id = one
    ) d;
end $$;
-- A view loses no column by "or replace"; `wrap_ups` is bound to it by name only, when it runs.
drop view counted_talk;
create view counted_talk as
select t.call_id, t.agent_id, coalesce(t.queue, '') as queue, t.began_at, t.ended_at, t.handed_to, c.direction = 'outbound' as placed
from agent_talk t join call c on c.id = t.call_id
where c.direction = 'outbound' or t.queue is not null;
update report_day set summed_at = null;

-- depends: 0034.totals_of_stays
-- Everybody to whom a call is owed: whom we dial, whom people call, how it ended, and who did what about it.

-- The queue that they came for, as if it were a column of the call, whose `queue` is the one in which they waited last.
create function first_queue(call) returns text
language sql stable as $$
    select s.queue from queue_stay s where s.call_id = $1.id order by s.entered_at, s.left_at nulls last limit 1
$$;

-- Who hung up while waiting was promised nothing: they are listed.
alter table callback drop constraint callback_reason_check;
alter table callback add constraint callback_reason_check check (reason in (
    'no_agent', 'queue_full', 'queue_timeout', 'closed', 'callback_kept', 'queue_abandoned'));
-- Outside the hours nobody waits in a queue: the row says which they came for.
alter table callback drop constraint a_kept_place_is_complete;
alter table callback add constraint a_kept_place_is_complete check (
    num_nonnulls(entered_at, priority) = case reason when 'callback_kept' then 2 else 0 end
    and (reason <> 'callback_kept' or queue is not null));

-- How it ended. Of those of before it is told by what is on record.
alter table callback
    add column result text check (result in ('served', 'reached', 'unreached', 'handled', 'not_wanted', 'expired'));
update callback b set result = case
    when exists (select from call c where c.citizen_number = b.number and c.agent_answered_at > b.requested_at) then 'served'
    when exists (select from callback_attempt a join call c using (id)
                 where a.left_call = b.call_id and c.answered_at is not null) then 'reached'
    when b.attempts > 0 then 'unreached' else 'handled' end
where done_at is not null;
alter table callback add constraint what_is_done_has_a_result check ((done_at is null) = (result is null));
create index callback_open_by_number on callback (number) where done_at is null;
create index callback_by_done on callback (done_at) where done_at is not null;

-- Taken by an agent, for a while: then neither another nor the dialler calls.
alter table callback
    add column taken_by    text references agent,
    add column taken_until timestamptz,
    add constraint who_takes_one_has_a_time check ((taken_by is null) = (taken_until is null));

-- An agent's attempt is one like the dialler's: the same constraints hold. One click is one call.
alter table callback_attempt
    add column agent_id text references agent,
    add column key      uuid unique,
    add constraint an_agents_attempt_is_a_click check ((agent_id is null) = (key is null));
create index callback_attempt_by_number on callback_attempt (number, written_at);
create index callback_attempt_by_left_call on callback_attempt (left_call);

-- What people did about a number to which calls are owed.
create table callback_note (
    id        uuid primary key,
    left_call uuid not null references callback,
    at        timestamptz not null,
    actor     text not null check (actor <> ''),
    act       text not null check (act in ('taken', 'released', 'closed')),
    result    text check (result in ('handled', 'not_wanted')),
    why       text not null default '' check (length(why) <= 500),
    constraint who_closes_says_how_and_why check ((act = 'closed') = (result is not null) and (act <> 'closed' or why <> ''))
);
create index callback_note_by_left_call on callback_note (left_call, at);
create trigger callback_note_is_append_only before update or delete on callback_note
    for each row execute function refuse_change();

-- depends: 0017.quality
-- What supervisors do to agents, and alarms: raised, cleared, acknowledged, and told once.

-- What concerns a call (listen, whisper, barge) is in desk_action; here is what concerns agents and queues.
create table supervisor_action (
    id     uuid primary key,
    actor  text not null check (actor <> ''),        -- user:<id>, or supervisor:<name> of a laboratory's token
    action text not null check (action in ('force_pause', 'force_ready', 'force_sign_out', 'move', 'broadcast')),
    target text not null check (target <> ''),       -- agent:<id> or queue:<name>
    reason text not null check (reason <> ''),       -- of a broadcast: what was said
    queues text[] not null default '{}',             -- of a move: where to
    at     timestamptz not null
);
create index supervisor_action_by_time on supervisor_action (at desc);
create trigger what_supervisors_did_stays before update or delete on supervisor_action
    for each row execute function refuse_change();

create table alarm (
    id              uuid primary key,
    cell            text not null,
    kind            text not null check (kind in ('waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down',
                                                  'recordings_failing')),
    queue           text not null default '',        -- '' where it is the cell's
    threshold       double precision not null,
    value           double precision not null,       -- what it was when the alarm was raised
    raised_at       timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text check (acknowledged_by <> ''),
    cleared_at      timestamptz check (cleared_at >= raised_at),
    constraint whoever_acknowledges_is_named check ((acknowledged_at is null) = (acknowledged_by is null))
);
-- However many processes look: one alarm at a time about one thing.
create unique index an_alarm_is_raised_once on alarm (cell, kind, queue) where cleared_at is null;
create index alarm_by_time on alarm (raised_at desc);

-- A message is about one complaint, or about one alarm.
alter table notification
    alter column complaint_id drop not null,
    add column alarm_id uuid references alarm,
    add constraint a_message_is_about_one_thing check (num_nonnulls(complaint_id, alarm_id) = 1),
    drop constraint notification_kind_check,
    add constraint notification_kind_check check (kind ~ '^(citizen|officer)_[a-z_]+$' or kind in ('alarm_raised', 'alarm_cleared')),
    add constraint an_alarms_message_is_of_its_kind check ((alarm_id is null) = (kind not in ('alarm_raised', 'alarm_cleared')));
create unique index each_alarm_is_told_once on notification (alarm_id, kind) where alarm_id is not null;
insert into message_template (kind, channel, text, variables) values
    ('alarm_raised', 'webhook', 'चेतावनी ({cell}): {what}, कतार {queue}: {value}, सीमा {threshold}। {at}',
     '{cell,what,queue,value,threshold,at}'),
    ('alarm_cleared', 'webhook', 'चेतावनी समाप्त ({cell}): {what}, कतार {queue}: {value}, सीमा {threshold}। {at}',
     '{cell,what,queue,value,threshold,at}');

-- Calls as they are looked up. `confidential`: who called is told only to who may know.
create index call_by_start on call (started_at desc, id desc);
create view call_listed as
select c.id, c.started_at, c.direction, c.citizen_number, c.queue, c.queued_at, c.agent_id, c.agent_answered_at,
       c.answered_at, c.ended_at, c.outcome, c.cell,
       (select a.name from agent a where a.id = c.agent_id) as agent_name,
       (select count(*) from recording r where r.call_id = c.id and r.state = 'stored') as recordings,
       exists (select from complaint_call l join complaint o on o.id = l.complaint_id
               where l.call_id = c.id and o.confidential)
       or exists (select from attempt t join complaint o on o.id = t.complaint_id
                  where t.id = c.id and o.confidential)
       or exists (select from desk_call d join complaint o on o.id = d.complaint_id
                  where d.call_id = c.id and o.confidential) as confidential
from call c;

-- depends: 0021.officers_line
-- Calls within the scopes of who asks; figures by the database; several cells on one wallboard; limits of alarms.

-- What a call belongs to: by registration or feedback, by an attempt to ask, by an agent's own call.
create view call_complaint as
select call_id, complaint_id from complaint_call
union
select id, complaint_id from attempt
union
select call_id, complaint_id from desk_call;

-- Whether a complaint is within one of the scopes: a JSON array of {department, place, post, queue}; what is not named
-- does not narrow, {} is everything. A post has what is with it, and what it was handed with a bundle.
create function complaint_within(complaint_id uuid, call_queue text, scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from complaint c join category k on k.code = c.category,
             jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where c.id = complaint_id
          and (s.queue is null or s.queue = call_queue)
          and (s.department is null or s.department = coalesce(c.department, k.department))
          and (s.place is null or s.place in (
                  with recursive around as (
                      select p.code, p.parent from place p where p.code = c.place
                      union all
                      select p.code, p.parent from place p join around a on p.code = a.parent
                  ) select code from around))
          and (s.post is null or (s.post = c.post and c.state <> 'triage')
               or exists (select from bundle b where b.complaint_id = c.id and b.post = s.post)))
$$;

-- Whether a call is: by its queue, or by a complaint that it belongs to. Who has it only by a complaint does not have it
-- where one of its complaints is confidential: the voice in it is the same.
create function call_within(of_call uuid, call_queue text, confidential boolean, scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where s.department is null and s.place is null and s.post is null and (s.queue is null or s.queue = call_queue)
    ) or (not confidential and exists (
        select from call_complaint l where l.call_id = of_call and complaint_within(l.complaint_id, call_queue, scopes)))
$$;

-- A post's list of calls: what is or was with it at its end, and what it was handed.
create index complaint_of_post on complaint (post);
create index bundle_by_post on bundle (post);

-- Under which line of a report a call stands. Hours and days are India's.
create function report_key(by text, queue text, agent text, at timestamptz) returns text
language sql stable as $$
    select case by when 'queue' then queue when 'agent' then coalesce(agent, '')
                   when 'hour' then to_char(at at time zone 'Asia/Kolkata', 'YYYY-MM-DD HH24:00')
                   else to_char(at at time zone 'Asia/Kolkata', 'YYYY-MM-DD') end
$$;

-- Cells that have ever served on this database: one that says nothing is missed, not forgotten.
create table cell (
    name     text primary key check (name <> ''),
    url      text not null,                      -- of its pages: where its supervisors go
    first_at timestamptz not null
);

-- The board of each cell, by itself, every second. Unlogged: after a crash it is written anew within a second.
create unlogged table cell_board (
    cell  text primary key,
    word  bigint not null,                       -- counts up: a word that does not change is silence, whatever clocks say
    at    timestamptz not null,
    board jsonb not null
);

-- What a supervisor at one cell wants of an agent of another. Taken once; what is not taken in time is never done.
create unlogged table cell_command (
    id          uuid primary key,
    from_cell   text not null,
    to_cell     text not null,
    at          timestamptz not null,
    expires_at  timestamptz not null check (expires_at > at),
    who         jsonb not null,
    asked       jsonb not null,
    taken_at    timestamptz,
    answered_at timestamptz,
    answer      jsonb,
    constraint only_what_was_taken_is_answered check (answered_at is null or taken_at is not null),
    constraint an_answer_has_its_time check ((answer is null) = (answered_at is null))
);
create index cell_command_waiting on cell_command (to_cell, at) where taken_at is null;

-- How loud each side is over a recording: for the player's picture. Made at the first hearing, gone with the recording.
create table recording_peaks (
    recording_id uuid primary key references recording,
    seconds      double precision not null check (seconds >= 0),
    channels     smallint not null check (channels between 1 and 2),
    levels       bytea not null,                 -- a byte for each piece of each channel, one channel after the other
    made_at      timestamptz not null
);
create function forget_peaks() returns trigger language plpgsql as $$
begin
    delete from recording_peaks where recording_id = new.id;
    return null;
end $$;
create trigger peaks_go_with_the_recording after update of state on recording
    for each row when (new.state = 'erased') execute function forget_peaks();

-- Limits of alarms that supervisors set: the latest row of a kind and queue holds in all cells. Nothing is changed, so that
-- it can be told who wanted what. Without a threshold: the setting's again.
create table alarm_limit (
    id        uuid primary key,
    kind      text not null check (kind in ('waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing')),
    queue     text not null check (queue <> ''),     -- * is each queue, and what is a cell's own
    threshold double precision check (threshold >= 0 and threshold < 1000000),
    why       text not null check (why <> ''),
    set_by    text not null check (set_by <> ''),
    set_at    timestamptz not null,
    constraint a_share_is_at_most_one check (threshold <= 1 or kind not in ('service_level', 'trunk_full')),
    constraint what_is_a_cells_has_no_queue check (queue = '*' or kind in ('waiting', 'longest_wait', 'service_level'))
);
create index alarm_limit_latest on alarm_limit (kind, queue, set_at desc, id desc);
create trigger limits_that_were_set_stay before update or delete on alarm_limit
    for each row execute function refuse_change();

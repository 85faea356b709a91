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

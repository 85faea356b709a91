-- depends: 0021.officers_line
-- Calls within the scopes of who asks; ...

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

-- Registering: few trips, since a citizen waits on the line.

-- name: registration_begin(key, complaint_id, number, category, place)$
-- Whether the key is new; a second click waits for the first. Then, in this order for everyone: the number (two forms from
-- one number must not both find a new citizen, or room for one more this month), and the subject (two citizens' first
-- complaints about it must be linked).
with taken as (
    insert into registration_key (key, complaint_id) values (:key, :complaint_id) on conflict (key) do nothing returning key
)
select (select count(*) from taken) = 1, pg_advisory_xact_lock(hashtextextended(:number, 1076)),
       pg_advisory_xact_lock(hashtextextended(:category || ' ' || :place, 1077));

-- name: registration_facts(category, place, kind, number, citizen_id, name, call_id, calendar, month_began, today, messages, agent_id)^
-- All that a registration is decided by and worded with, read under its locks. `posts` and `templates` are rows without names,
-- in the order of `mapping.POST_COLUMNS` and of the fields of `messages.templates.Template`; the driver knows only plain types in
-- them, and lists of text. What the citizen has open is looked for among their own, since a subject may be half a town's; what
-- they have told us in confidence is named to an agent whom they have told it themselves (as in desk_hidden_numbers), or who has
-- their call now.
select k.code, k.name_hi, k.department, k.level_days, k.leaf, k.in_scope, k.advice_hi, k.advice_en, p.name_hi as place_name,
       :call_id::uuid is null or exists (select from call where id = :call_id) as call_known,
       w.id as citizen, coalesce(w.on_number, false) as on_number,
       d.numbers, d.registered_at, d.states, coalesce(d.in_confidence, false) as in_confidence,
       (select count(*) from complaint c
        where c.contact = :number and c.registered_at >= :month_began and not c.incident
          and (c.level is not null or c.kind = 'suggestion')) as this_month,
       (select c.matter from complaint c
        where c.category = :category and c.place = :place and c.ended_at is null
        order by c.registered_at limit 1) as matter,
       (select coalesce(array_agg(on_date), '{}') from holiday where calendar = :calendar) as holidays,
       array(select row(a.id, a.title, a.title_en, a.department, a.level, a.place, a.number::text, a.vacant_from, a.distance, a.breadth,
                        a.officer, a.name, a.officer_number::text, a.kind, a.from_on, a.until_on, a.leave_from, a.leave_until)
             from posts_above(k.department, k.code, :place, :today) a order by a.id, a.from_on, a.distance) as posts,
       array(select row(t.kind, t.channel, t.language, t.template_id, t.header, t.subject, t.text, t.variables)
             from message_template t
             where t.kind = any(:messages::text[]) and t.channel in ('sms', 'email') and t.language = 'hi') as templates,
       nextval('complaint_serial') as serial
from (select) as one
left join category k on k.code = :category
left join place p on p.code = :place
left join lateral (
    -- The citizen who was chosen; or the one of this name on this number: a name alone says nothing.
    select c.id, c.created_at, exists (select from citizen_number n where n.citizen_id = c.id and n.number = :number) as on_number
    from citizen c where c.id = :citizen_id::uuid
    union all
    select c.id, c.created_at, true from citizen_number n join citizen c on c.id = n.citizen_id
    where :citizen_id::uuid is null and n.number = :number and c.name is not distinct from :name::text
    order by created_at limit 1
) w on true
left join lateral (
    select array_agg(c.number order by c.registered_at) filter (where named) as numbers,
           array_agg(c.registered_at order by c.registered_at) filter (where named) as registered_at,
           array_agg(c.state order by c.registered_at) filter (where named) as states,
           bool_or(not named) as in_confidence
    from (select * from complaint where citizen_id = w.id and ended_at is null offset 0) c
    cross join lateral (
        select not c.confidential or :agent_id::text is null or has_spoken_with(:agent_id, c.contact)
               or exists (select from call k where k.id = :call_id and k.direction = 'inbound' and k.citizen_number = c.contact)
               as named
    ) n
    where c.category = :category and c.place = :place and (c.kind = 'information') = (:kind::text = 'information')
) d on true;

-- name: registration_add(id, number, kind, incident, confidential, source, confirmed_by, matter, category, place, citizen_id, new_citizen, new_number, name, language, contact, text_hi, call_id, state, level, post, due_at, due_since, due_days, due_policy, due_counting, due_left, remind_at, end_text, event, actor, reason, entry_level, entry_post, entry_due_at, basis, brought, previous, hash, event_id, event_key, event_kind, event_body, at)!
-- The citizen, the complaint, its call, its first history entry, and the evidence of an end at the desk.
with new_citizen as (
    insert into citizen (id, name, language, created_at)
    select :citizen_id, :name::text, :language, :at where :new_citizen::boolean
), new_number as (
    insert into citizen_number (citizen_id, number) select :citizen_id, :contact where :new_number::boolean
), new_call as (
    insert into complaint_call (complaint_id, call_id, role)
    select :id, :call_id::uuid, 'registration' where :call_id is not null
), new_end as (
    insert into complaint_end (complaint_id, entry, kind, actor, text, call_id, at)
    select :id, 1, :state, :actor, :end_text::text, :call_id, :at where :end_text is not null
), told_outside as (
    -- As in complaints_history_append.
    insert into notification (id, dedupe_key, complaint_id, kind, channel, recipient, body, created_at, next_attempt_at)
    select :event_id, :event_key, :id, :event_kind, 'webhook', a.name, :event_body, :at, :at
    from webhook_audience a
), first_entry as (
    insert into complaint_history (complaint_id, seq, at, event, level, actor, reason, call_id, post, due_at, basis,
                                   brought, previous, hash)
    values (:id, 1, :at, :event, :entry_level, :actor, :reason, :call_id, :entry_post, :entry_due_at, :basis, :brought,
            :previous, :hash)
)
insert into complaint (id, number, kind, incident, confidential, source, confirmed_by, matter, category, place, citizen_id,
                       contact, text_hi, state, level, post, due_at, due_since, due_days, due_policy, due_counting,
                       due_running_since, due_left_then, remind_at, end_entry, ended_at, registered_at, changed_at, entries, head)
values (:id, :number, :kind, :incident, :confidential, :source, :confirmed_by, :matter, :category, :place, :citizen_id,
        :contact, :text_hi, :state, :level, :post, :due_at, :due_since, :due_days, :due_policy, :due_counting,
        :due_since, :due_left, :remind_at, case when :end_text is not null then 1 end, case when :end_text is not null then :at end, :at, :at, 1,
        :hash);

-- name: registration_done(key)^
-- What the first form with this key came to, also when the complaint has moved on since.
select k.added, c.id, c.number, c.state, c.weight, h.event, h.level, h.due_at, p.id as post, p.title, p.title_en, e.text as end_text
from registration_key k
join complaint c on c.id = k.complaint_id
join complaint_history h on h.complaint_id = c.id and h.seq = 1
left join post p on p.id = h.post
left join complaint_end e on e.complaint_id = c.id and e.entry = 1
where k.key = :key;

-- name: registration_key_adds(key, complaint_id)!
update registration_key set complaint_id = :complaint_id, added = true where key = :key;

-- name: registration_link_number(citizen_id, number)!
insert into citizen_number (citizen_id, number) values (:citizen_id, :number) on conflict do nothing;

-- name: registration_make_confidential(id)!
-- The row is held by the caller. Nothing takes the mark off again.
update complaint set confidential = true where id = :id;

-- name: registration_make_incident(id)!
-- As above.
update complaint set incident = true where id = :id;

-- name: registration_add_weight(id, more)$
-- The row is held by the caller.
update complaint set weight = weight + :more where id = :id returning weight;

-- name: registration_files_of(id)
-- The file, and those that were merged into it, be it by way of others. The row is held by the caller, and nothing is merged into a
-- file that has an end: they stay the same.
with recursive file as (
    select :id::uuid as id
    union all
    select e.complaint_id from file f join complaint_end e on e.merged_into = f.id
)
select id from file;

-- name: registration_share_calls(younger, older)!
-- The younger file's calls, with their recordings, belong to the older one too: also those that asked its citizen and got no
-- answer, but not where nobody who took the call has said that they are the complainant.
insert into complaint_call (complaint_id, call_id, role)
select :older, v.call_id,
       case when k.role <> 'registration' then k.role else 'follow_up' end
from call_complaint v
left join complaint_call k on k.complaint_id = v.complaint_id and k.call_id = v.call_id
where v.complaint_id = :younger and (k.role is not null or not exists (select from attempt a where a.id = v.call_id))
on conflict (complaint_id, call_id) do nothing;

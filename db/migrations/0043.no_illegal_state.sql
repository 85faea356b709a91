-- depends: 0031.posts_in_english
-- States that no use case leads to, and that the schema took all the same: now it refuses them. And what a cut-off history shows
-- itself against: each complaint's row knows how long its history is, and its last hash.

-- How the asking about a disposal ended; `open`: it has not.
alter table feedback_due add column outcome text not null default 'open'
    check (outcome in ('open', 'answered', 'given_up', 'stopped'));
update feedback_due f
set outcome = case
    when exists (select from feedback b where b.complaint_id = f.complaint_id and b.disposal_no = f.disposal_no) then 'answered'
    when cardinality(f.tried) > 0
         or exists (select from complaint_history h where h.complaint_id = f.complaint_id and h.event = 'unverified') then 'given_up'
    else 'stopped' end
where f.done_at is not null;
update feedback_due set tried = '{attempts used up}' where outcome = 'given_up' and tried = '{}';  -- from before 0011
-- What is checked at the transaction's end would hold up the changes of these tables.
set constraints all immediate;

alter table complaint
    -- What the asking about the last disposal must have come to for this state.
    add column asking text generated always as (case state
        when 'awaiting_feedback' then 'open' when 'closed_satisfied' then 'answered' when 'unverified' then 'given_up'
        end) stored,
    add column entries integer not null default 0 check (entries >= 0),
    add column head text check (head ~ '^[0-9a-f]{64}$');
update complaint c set entries = h.seq, head = h.hash
from (select distinct on (complaint_id) complaint_id, seq, hash from complaint_history order by complaint_id, seq desc) h
where h.complaint_id = c.id and h.hash ~ '^[0-9a-f]{64}$';

-- Which histories grew since a day: entries lie in the order of their time, so that a page's bounds say it.
create index complaint_history_by_time on complaint_history using brin (at) with (autosummarize);

-- Rows that were wrong before are named, not guessed at.
do $$
declare wrong text;
begin
    select string_agg(number || ': ' || fault, '; ' order by number) into wrong from (
        select c.number, 'is at level ' || c.level || ' with a post of level ' || p.level as fault
        from complaint c join post p on p.id = c.post where p.level <> c.level
        union all
        select c.number, 'is ' || c.state || ', but nobody ' || case c.asking
            when 'open' then 'is asking about' when 'answered' then 'answered about' else 'gave up asking about' end
            || ' disposal ' || c.disposals
        from complaint c where c.asking is not null and not exists (
            select from feedback_due f where f.complaint_id = c.id and f.disposal_no = c.disposals and f.outcome = c.asking)
        union all
        select c.number, 'is closed by what was said about disposal ' || f.disposal_no || ' of ' || c.disposals
        from complaint c join feedback f on f.attempt_id = c.closing_attempt and f.complaint_id = c.id
        where f.disposal_no <> c.disposals
        limit 20
    ) one;
    if wrong is not null then
        raise exception 'to be mended before 0043: %', wrong;
    end if;
end $$;

alter table feedback_due
    add constraint what_is_done_has_an_outcome check ((done_at is null) = (outcome = 'open')),
    add constraint given_up_after_something_was_tried check (outcome <> 'given_up' or cardinality(tried) > 0),
    add constraint feedback_due_as_evidence unique (complaint_id, disposal_no, outcome);
-- Who has answered was asked, and the asking ended with that.
alter table feedback add column asking text generated always as ('answered') stored;
alter table feedback
    drop constraint feedback_as_evidence cascade,
    add constraint feedback_as_evidence unique (attempt_id, complaint_id, satisfied, disposal_no),
    add constraint an_answer_ends_the_asking foreign key (complaint_id, disposal_no, asking)
        references feedback_due (complaint_id, disposal_no, outcome) deferrable initially deferred;
-- One rule for three states: a citizen is waited for who is being asked; satisfied is who has answered; unverified is a complaint
-- about which nobody could be reached. All of the last disposal.
alter table complaint
    add constraint the_citizen_was_asked_about_this_disposal foreign key (id, disposals, asking)
        references feedback_due (complaint_id, disposal_no, outcome) deferrable initially deferred,
    add constraint closed_by_its_own_citizens_word foreign key (closing_attempt, id, closing_answer, disposals)
        references feedback (attempt_id, complaint_id, satisfied, disposal_no);

-- A complaint is at the level of the post that has it, as is whatever that post did. So a post keeps its level once it has had
-- one: whoever is promoted holds another post.
alter table post add constraint post_by_level unique (id, level);
alter table complaint
    drop constraint complaint_post_fkey,
    add constraint it_is_at_the_level_of_its_post foreign key (post, level) references post (id, level);
alter table disposal
    drop constraint disposal_post_fkey,
    add constraint reported_at_the_level_of_the_post foreign key (post, level) references post (id, level) not valid;
alter table complaint_end
    drop constraint complaint_end_post_fkey,
    add constraint ended_at_the_level_of_the_post foreign key (post, level) references post (id, level) not valid;

-- Who gets it answers for it. A complaint that is mapped anew where nobody is held stays with its post, so only a new post is
-- looked at, and a reform of the departments moves nothing by itself.
create function its_post_answers_for_it() returns trigger language plpgsql as $$
begin
    if not exists (select from post o, category k
                   where o.id = new.post and k.code = new.category and o.department = coalesce(new.department, k.department)) then
        raise exception 'post % does not answer for complaint %', new.post, new.number
            using errcode = 'check_violation', constraint = 'its_post_answers_for_it', table = 'complaint';
    end if;
    return null;
end $$;
create trigger its_first_post_answers_for_it after insert on complaint
    for each row when (new.post is not null) execute function its_post_answers_for_it();
create trigger its_next_post_answers_for_it after update of post on complaint
    for each row when (new.post is not null and new.post is distinct from old.post) execute function its_post_answers_for_it();

-- Into an older file of the same citizen, about the same, that goes on. Each is older than the one before: no ring.
create function merged_into_the_citizens_older_file() returns trigger language plpgsql as $$
begin
    if not exists (select from complaint y join complaint o on o.id = new.merged_into
                   where y.id = new.complaint_id and o.citizen_id = y.citizen_id and o.category = y.category
                     and (o.registered_at, o.number) < (y.registered_at, y.number) and o.ended_at is null) then
        raise exception 'complaint % is no older open file of the same citizen and matter', new.merged_into
            using errcode = 'check_violation', constraint = 'merged_into_the_citizens_older_file', table = 'complaint_end';
    end if;
    return null;
end $$;
create trigger merged_into_the_citizens_older_file after insert on complaint_end
    for each row when (new.kind = 'merged') execute function merged_into_the_citizens_older_file();
create trigger a_complaint_stays_whose_it_is before update of id, number, citizen_id, registered_at on complaint
    for each row execute function refuse_change();

-- What an agent was told was told in a call, and so was what was reported on the officers' line. Rows of before stay.
alter table disposal add constraint what_was_told_was_told_in_a_call check (via = 'portal' or call_id is not null) not valid;

-- A trigger for each row sees no TRUNCATE.
do $$
declare name regclass;
begin
    for name in select distinct tgrelid from pg_trigger where tgfoid = 'refuse_change'::regproc and tgtype & 8 <> 0 loop
        execute format('create trigger is_not_emptied before truncate on %s for each statement execute function refuse_change()',
                       name);
    end loop;
end $$;

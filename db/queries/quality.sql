-- name: quality_form(code, version)
-- The form in that version (null: the latest), a row a criterion.
select f.code as form, f.version, f.title_hi as form_hi, f.title_en as form_en, c.code, c.title_hi, c.title_en, c.most, c.fatal
from quality_form f join quality_criterion c on c.form = f.code and c.version = f.version
where f.code = :code and f.version = coalesce(:version::smallint, (select max(version) from quality_form where code = :code))
order by c.place;

-- name: quality_call(id)^
-- Whether it is over, and whether there is anything to listen to.
select ended_at is not null as ended,
       exists (select from recording where call_id = call.id and kind = 'call' and state = 'stored') as recorded
from call where id = :id;

-- name: quality_talks(call_id)
-- Whose work the call is: each agent who had the citizen, by their last talk, and the queues from which they had them.
select t.agent_id, coalesce(a.name, t.agent_id) as name, max(t.began_at) as began_at,
       array_remove(array_agg(distinct t.queue), null) as queues
from agent_talk t left join agent a on a.id = t.agent_id
where t.call_id = :call_id group by t.agent_id, a.name order by max(t.began_at), t.agent_id;

-- name: quality_standing(call_id, form, agent_id)^
-- The review that stands: the one that no other corrects.
select r.id, r.version from quality_review r
where r.call_id = :call_id and r.form = :form and r.agent_id = :agent_id
  and not exists (select from quality_review later where later.supersedes = r.id);

-- name: quality_agent_of(review, call_id)$
-- About whom a review of the call is.
select agent_id from quality_review where id = :review and call_id = :call_id;

-- name: quality_add(id, call_id, form, version, agent_id, reviewer, score, failed, comment, at, supersedes)!
insert into quality_review (id, call_id, form, version, agent_id, reviewer, score, failed, comment, at, supersedes)
values (:id, :call_id, :form, :version, :agent_id, :reviewer, :score, :failed, :comment, :at, :supersedes);

-- name: quality_add_marks(review, codes, points)!
insert into quality_mark (review, code, points)
select :review, r.code, r.points from unnest(:codes::text[], :points::smallint[]) as r (code, points);

-- name: quality_answer(review, agent_id, agrees, text, at)!
-- By the agent whose work it is, to the review that stands, once.
insert into quality_answer (review, agrees, text, at)
select r.id, :agrees, :text, :at from quality_review r
where r.id = :review and r.agent_id = :agent_id
  and not exists (select from quality_review later where later.supersedes = r.id)
on conflict (review) do nothing;

-- name: quality_sample(seed, since, until, queues, form, per_agent)
-- Recorded calls whose citizen an agent had, and for which nobody has judged this agent, at most so many of each agent, by
-- chance: the seed's, so that a second look gives the same ones. `queues`: from which they had them; null: any, or none.
-- The lot falls on talks alone, agent by agent; calls are looked at in its order until there are enough.
with recursive who as (
    (select agent_id from agent_talk order by agent_id limit 1)
    union all
    select (select t.agent_id from agent_talk t where t.agent_id > w.agent_id order by t.agent_id limit 1)
    from who w where w.agent_id is not null
)
select w.agent_id, drawn.id, drawn.started_at, drawn.seconds
from who w cross join lateral (
    select c.id, c.started_at, r.seconds
    from (select call_id, md5(call_id::text || :seed) as lot from agent_talk
          where agent_id = w.agent_id and began_at >= :since and began_at < :until
            and (:queues::text[] is null or queue = any(:queues))
          group by call_id order by lot) t
    join call c on c.id = t.call_id and c.ended_at is not null
    cross join lateral (select sum(seconds) as seconds from recording
                        where call_id = c.id and kind = 'call' and state = 'stored' having count(*) > 0) r
    where not exists (select from quality_review q where q.call_id = c.id and q.form = :form and q.agent_id = w.agent_id)
    order by t.lot limit :per_agent
) drawn
order by w.agent_id, drawn.started_at, drawn.id;

-- name: quality_listed(id)^
select id, started_at, outcome, agents, agent_names, queues, confidential from call_listed where id = :id;

-- name: quality_heard(calls, own, confidential)
-- Of these, those that somebody may judge: none that is confidential, unless they may hear such, and none in which they
-- had the citizen themselves.
select id from call_listed
where id = any(:calls::uuid[]) and (:confidential or not confidential) and (:own::text is null or :own <> all(agents));

-- name: quality_by_agent(since, until, form)
-- What stands, by agent.
select r.agent_id, count(*) as reviews, avg(r.score)::double precision as score, count(*) filter (where r.failed) as failed,
       count(a.review) as answered, count(*) filter (where not a.agrees) as disputed
from quality_review r left join quality_answer a on a.review = r.id
where r.at >= :since and r.at < :until and r.form = :form
  and not exists (select from quality_review later where later.supersedes = r.id)
group by r.agent_id order by avg(r.score) nulls last, r.agent_id;

-- name: quality_by_criterion(since, until, form)
-- Where points are lost: the share of the points that were given.
select m.code, sum(m.points)::double precision / sum(c.most) as share, count(*) as marks
from quality_review r
join quality_mark m on m.review = r.id and m.points is not null
join quality_criterion c on c.form = r.form and c.version = r.version and c.code = m.code
where r.at >= :since and r.at < :until and r.form = :form
  and not exists (select from quality_review later where later.supersedes = r.id)
group by m.code order by share, m.code;

-- name: quality_reviews_of_part(call_id, agent_id, form)
select r.id, r.call_id, r.form, r.version, r.agent_id, r.reviewer, coalesce(u.display_name, r.reviewer) as who,
       r.score::double precision as score, r.failed, r.comment, r.at,
       not exists (select from quality_review later where later.supersedes = r.id) as stands,
       a.agrees, a.text as answer, a.at as answered_at
from quality_review r left join quality_answer a on a.review = r.id
left join app_user u on r.reviewer = 'user:' || u.id
where r.call_id = :call_id and r.agent_id = :agent_id and r.form = :form order by r.at desc, r.id desc;

-- name: quality_reviews_of_agent(agent_id, at_most)
-- What stands, newest first: for the agent's own page.
select r.id, r.call_id, r.form, r.version, r.agent_id, r.reviewer, coalesce(u.display_name, r.reviewer) as who,
       r.score::double precision as score, r.failed, r.comment, r.at, true as stands,
       a.agrees, a.text as answer, a.at as answered_at
from quality_review r left join quality_answer a on a.review = r.id
left join app_user u on r.reviewer = 'user:' || u.id
where r.agent_id = :agent_id and not exists (select from quality_review later where later.supersedes = r.id)
order by r.at desc, r.id desc limit :at_most;

-- name: quality_marks(reviews)
select review, code, points from quality_mark where review = any(:reviews::uuid[]);

-- name: quality_versions(code)
-- All versions, the newest first, and how many reviews are by each.
select f.version, f.title_hi, f.title_en, coalesce(u.display_name, f.made_by) as made_by, f.made_at, f.why,
       (select count(*) from quality_review r where r.form = f.code and r.version = f.version)::int as reviews
from quality_form f left join app_user u on f.made_by = 'user:' || u.id
where f.code = :code order by f.version desc;

-- name: quality_criteria(code)
select version, code, title_hi, title_en, most, fatal from quality_criterion where form = :code order by version, place;

-- name: quality_put_version(code, version, title_hi, title_en, by, at, why)!
insert into quality_form (code, version, title_hi, title_en, made_by, made_at, why)
values (:code, :version, :title_hi, :title_en, :by, :at, :why);

-- name: quality_put_criteria(form, version, codes, titles_hi, titles_en, most, fatal)!
insert into quality_criterion (form, version, place, code, title_hi, title_en, most, fatal)
select :form, :version, c.place, c.code, c.title_hi, c.title_en, c.most, c.fatal
from unnest(:codes::text[], :titles_hi::text[], :titles_en::text[], :most::smallint[], :fatal::boolean[])
    with ordinality as c (code, title_hi, title_en, most, fatal, place);

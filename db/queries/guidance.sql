-- Scripts, schemes and fields of the desk's form: versions are added, never changed.

-- name: guidance_hold_import()$
-- One import at a time; false: another one is under way.
select pg_try_advisory_xact_lock(1079);

-- name: guidance_schemes()
select code, version, name_hi, name_en, keywords, department, category, who_hi, who_en, how_hi, how_en, documents_hi,
       documents_en, where_hi, where_en, from_on, until_on, sample
from scheme order by code;

-- name: guidance_scripts()
select code, version, queue, kind, category, greeting_hi, greeting_en, questions_hi, questions_en, closing_hi,
       closing_en, sample
from script order by code;

-- name: guidance_fields()
select code, version, category, position, name_hi, name_en, sensitive, pattern from form_field order by code;

-- name: guidance_put_schemes(rows, by, at)!
-- Each row becomes the next version of its code.
insert into scheme_version (code, version, name_hi, name_en, keywords, department, category, who_hi, who_en, how_hi, how_en,
                            documents_hi, documents_en, where_hi, where_en, from_on, until_on, sample, withdrawn,
                            made_by, made_at)
select r.code, 1 + coalesce((select max(version) from scheme_version v where v.code = r.code), 0), r.name_hi, r.name_en,
       r.keywords, r.department, r.category, r.who_hi, r.who_en, r.how_hi, r.how_en, r.documents_hi, r.documents_en,
       r.where_hi, r.where_en, r.from_on, r.until_on, r.sample, r.withdrawn, :by, :at
from jsonb_to_recordset(:rows::jsonb) as r (
    code text, name_hi text, name_en text, keywords text[], department text, category text, who_hi text, who_en text,
    how_hi text, how_en text, documents_hi text, documents_en text, where_hi text, where_en text, from_on date,
    until_on date, sample boolean, withdrawn boolean);

-- name: guidance_put_scripts(rows, by, at)!
insert into script_version (code, version, queue, kind, category, greeting_hi, greeting_en, questions_hi, questions_en,
                            closing_hi, closing_en, sample, withdrawn, made_by, made_at)
select r.code, 1 + coalesce((select max(version) from script_version v where v.code = r.code), 0), r.queue, r.kind,
       r.category, r.greeting_hi, r.greeting_en, r.questions_hi, r.questions_en, r.closing_hi, r.closing_en, r.sample,
       r.withdrawn, :by, :at
from jsonb_to_recordset(:rows::jsonb) as r (
    code text, queue text, kind text, category text, greeting_hi text, greeting_en text, questions_hi text[],
    questions_en text[], closing_hi text, closing_en text, sample boolean, withdrawn boolean);

-- name: guidance_put_fields(rows, by, at)!
insert into form_field_version (code, version, category, position, name_hi, name_en, sensitive, pattern, withdrawn, made_by,
                                made_at)
select r.code, 1 + coalesce((select max(version) from form_field_version v where v.code = r.code), 0), r.category,
       r.position, r.name_hi, r.name_en, r.sensitive, r.pattern, r.withdrawn, :by, :at
from jsonb_to_recordset(:rows::jsonb) as r (
    code text, category text, position smallint, name_hi text, name_en text, sensitive boolean, pattern text,
    withdrawn boolean);

-- name: guidance_known_codes()^
-- What the rows of an import may refer to.
select array(select code from department) as departments, array(select code from category) as categories,
       array(select code from category where leaf and in_scope) as answered;

-- name: guidance_around(category)
-- A category and those above it, the nearest first.
with recursive around as (
    select code, parent, 0 as distance from category where code = :category
    union all
    select c.code, c.parent, a.distance + 1 from category c join around a on c.code = a.parent where a.distance < 20
)
select code from around order by distance;

-- name: guidance_state()^
-- The state as a place, for what concerns no other; none where there are several.
select min(code) as code, min(name_hi) as hi, min(name_en) as en from place where kind = 'state' having count(*) = 1;

-- name: guidance_scheme_name(code, version)^
-- Of that version, which may be older than the one in force: the agent read it a moment ago.
select name_hi, name_en from scheme_version where code = :code and version = :version;

-- name: guidance_told(complaint_id, scheme, version)!
-- Which text the citizen was told.
insert into complaint_scheme (complaint_id, scheme, version) values (:complaint_id, :scheme, :version);

-- name: guidance_keep(rows, complaint_id, at)!
-- What the citizen answered; sealed what is sensitive.
insert into complaint_field (id, complaint_id, field, version, sensitive, value, sealed, master_id, wrapped_key, at)
select r.id, :complaint_id, r.field, r.version, r.sensitive, r.value, decode(r.sealed, 'hex'), r.master_id,
       decode(r.wrapped_key, 'hex'), :at
from jsonb_to_recordset(:rows::jsonb) as r (
    id uuid, field text, version integer, sensitive boolean, value text, sealed text, master_id text, wrapped_key text);

-- name: guidance_kept(number)
-- What was answered, newest last; with what a right to see it is asked about.
select f.id, f.field, v.name_hi, v.name_en, f.sensitive, f.value, f.sealed, f.master_id, f.wrapped_key, f.at
from complaint c join complaint_field f on f.complaint_id = c.id
join form_field_version v on v.code = f.field and v.version = f.version
where c.number = :number
order by f.at, v.position, f.id;

-- name: guidance_subject(number)^
-- Whose a complaint is now; in triage it is with no officer yet.
select c.id, c.confidential, c.category, coalesce(c.department, k.department) as department,
       o.id as post, o.level as post_level,
       array(with recursive around as (
                 select p.code, p.parent from place p where p.code = c.place
                 union all
                 select p.code, p.parent from place p join around a on p.code = a.parent
             ) select code from around) as places
from complaint c join category k on k.code = c.category
left join post o on o.id = c.post and c.state <> 'triage'
where c.number = :number;

-- name: guidance_seen(ids, fields, actor, reason, at)!
-- Written before anything is opened.
insert into complaint_field_seen (id, complaint_field, actor, reason, at)
select i.id, i.field, :actor, :reason, :at from unnest(:ids::uuid[], :fields::uuid[]) as i (id, field);

-- name: guidance_to_rewrap(master_id, after, at_most)
-- As recordings_to_rewrap.
with recursive masters as (
    select min(master_id) as master_id from complaint_field where master_id is not null
    union all
    select (select min(f.master_id) from complaint_field f where f.master_id > m.master_id)
    from masters m where m.master_id is not null
)
select f.id, f.master_id, f.wrapped_key
from masters m cross join lateral (
    select id, master_id, wrapped_key from complaint_field
    where master_id = m.master_id and id > :after order by id limit :at_most) f
where m.master_id <> :master_id
order by id limit :at_most;

-- name: guidance_rewrap(id, before, master_id, wrapped_key)!
-- Only what is as it was read.
update complaint_field set master_id = :master_id, wrapped_key = :wrapped_key where id = :id and wrapped_key = :before;

-- name: dialling_hold(endpoint)$
-- Two requests of one endpoint must not both be the last that is allowed.
select pg_advisory_xact_lock(hashtextextended(:endpoint, 10760014));

-- name: dialling_rules(endpoint)
select endpoint, prefix, per_hour from dial_rule where endpoint in (:endpoint, '*');

-- name: dialling_is_cut_off(endpoint)$
select exists (select from dial_cut_off where endpoint = :endpoint and lifted_at is null);

-- name: dialling_past(endpoint, since)
-- A refusal counts towards a cut-off from the last lift on, and not when the cut-off itself was why, or the number is listed.
select r.prefix, r.refused is not null and r.refused <> 'cut_off' and not r.listed and r.at > coalesce(
    (select max(c.lifted_at) from dial_cut_off c where c.endpoint = :endpoint), '-infinity') as refused
from dial_request r where r.endpoint = :endpoint and r.at > :since;

-- name: dialling_note(id, endpoint, number, prefix, refused, listed, at)!
insert into dial_request (id, endpoint, number, prefix, refused, listed, at)
values (:id, :endpoint, :number, :prefix, :refused, :listed, :at);

-- name: dialling_cut_off(id, endpoint, at, why)!
insert into dial_cut_off (id, endpoint, at, why) values (:id, :endpoint, :at, :why)
on conflict (endpoint) where lifted_at is null do nothing;

-- name: dialling_lift(endpoint, by, at)!
update dial_cut_off set lifted_at = :at, lifted_by = :by where endpoint = :endpoint and lifted_at is null;

-- name: dialling_allowed(endpoint, prefix)$
-- Held, where there is one, so that what was before is told rightly by each of two changes at once.
select per_hour from dial_rule where endpoint = :endpoint and prefix = :prefix for update;

-- name: dialling_allow(endpoint, prefix, per_hour)!
insert into dial_rule (endpoint, prefix, per_hour) values (:endpoint, :prefix, :per_hour)
on conflict (endpoint, prefix) do update set per_hour = excluded.per_hour;

-- name: dialling_every_rule()
-- Those of 0 too: each withholds from one what all others may.
select endpoint, prefix, per_hour from dial_rule order by endpoint <> '*', endpoint, prefix;

-- name: dialling_cut_offs()
select endpoint, at, why from dial_cut_off where lifted_at is null order by at;

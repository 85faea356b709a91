-- name: access_hold_administrators()!
-- Changes to who administers happen one after another: two could else remove each other, or both be the first.
select pg_advisory_xact_lock(10760013);

-- name: access_administrators(now)$
-- How many can administer the whole tenant right now.
select count(distinct u.id) from app_user u join role_grant g on g.user_id = u.id
where u.active and g.role = 'administrator' and g.revoked_at is null
  and g.department is null and g.place is null and g.post is null and g.queue is null
  and g.from_at <= :now and (g.until_at is null or g.until_at > :now);

-- name: access_add_user(id, sign_in_name, display_name, language, number, officer, agent_id, password_hash, must_change, now)!
insert into app_user (id, sign_in_name, display_name, language, number, officer, agent_id, password_hash, must_change, created_at)
values (:id, :sign_in_name, :display_name, :language, :number, :officer, :agent_id, :password_hash, :must_change, :now);

-- name: access_user_by_name(sign_in_name)^
select * from app_user where sign_in_name = :sign_in_name;

-- name: access_user(id)^
select * from app_user where id = :id;

-- name: access_hold_user(id)^
-- Their telephone, and the PIN that goes with it, change one after another.
select * from app_user where id = :id for no key update;

-- name: access_users(part, most)
-- For the administrators' list: those whose name holds a part, in the order of names.
select * from app_user
where sign_in_name ilike '%' || :part || '%' or display_name ilike '%' || :part || '%'
order by active desc, sign_in_name limit :most;

-- name: access_correct_user(id, display_name, number, officer)!
update app_user set display_name = :display_name, number = :number, officer = :officer where id = :id;

-- name: access_set_active(id, active)!
update app_user set active = :active where id = :id;

-- name: access_set_language(id, language)!
update app_user set language = :language where id = :id;

-- name: access_set_password(id, password_hash, must_change)!
update app_user set password_hash = :password_hash, must_change = :must_change where id = :id;

-- name: access_rehash(id, before, password_hash)!
-- The same password under new parameters; not when it was changed in between.
update app_user set password_hash = :password_hash where id = :id and password_hash = :before;

-- name: access_grants(user_ids, now, today)
-- What is granted now; and, for those who are officers, the posts that they hold or have in charge today. Who held a post before
-- the day from which it is marked vacant holds it no more, as `complaints.officers` has it.
select g.user_id, g.id, g.role, g.department, g.place, g.post, g.queue, g.from_at, g.until_at from role_grant g
where g.user_id = any(:user_ids::uuid[]) and g.revoked_at is null
  and g.from_at <= :now and (g.until_at is null or g.until_at > :now)
union all
select distinct on (u.id, t.post) u.id, null, 'officer', null, null, t.post, null, null::timestamptz, null::timestamptz
from app_user u join tenure t on t.officer = u.officer join post p on p.id = t.post
where u.id = any(:user_ids::uuid[]) and t.from_on <= :today::date and (t.until_on is null or t.until_on >= :today::date)
  and (t.kind = 'charge' or p.vacant_from is null or p.vacant_from > :today::date or t.from_on >= p.vacant_from);

-- name: access_numbers_of(roles, now)
-- Registered telephones of active people who hold one of these roles, wherever.
select distinct u.number from role_grant g join app_user u on u.id = g.user_id
where g.role = any(:roles::text[]) and g.revoked_at is null and g.from_at <= :now and (g.until_at is null or g.until_at > :now)
  and u.active and u.number is not null
order by u.number;

-- name: access_standing_grants(user_id)
-- All that was not revoked, also what begins later or is over: an administrator sees it.
select id, user_id, role, department, place, post, queue, from_at, until_at from role_grant
where user_id = :user_id and revoked_at is null order by from_at, id;

-- name: access_close_ended_grants(user_id, now)!
-- A grant that ran out makes room for the same one anew.
update role_grant set revoked_at = until_at where user_id = :user_id and revoked_at is null and until_at <= :now;

-- name: access_grant(id, user_id, role, department, place, post, queue, from_at, until_at)!
insert into role_grant (id, user_id, role, department, place, post, queue, from_at, until_at)
values (:id, :user_id, :role, :department, :place, :post, :queue, :from_at, :until_at);

-- name: access_revoke(id, user_id, now)^
update role_grant set revoked_at = :now where id = :id and user_id = :user_id and revoked_at is null
returning role, department, place, post, queue;

-- name: access_open_session(id, token_hash, user_id, language, remote, browser, now, expires_at)!
insert into web_session (id, token_hash, user_id, language, remote, browser, created_at, last_seen_at, expires_at)
values (:id, :token_hash, :user_id, :language, :remote, :browser, :now, :now, :expires_at);

-- name: access_sessions_standing(token_hashes, now, seen_after)
-- Whose browsers these are, of those whose session stands: not ended, not past its end, not idle too long, its user still active.
select s.token_hash, s.id as session_id, s.language as session_language, s.last_seen_at, u.*
from web_session s join app_user u on u.id = s.user_id
where s.token_hash = any(:token_hashes::bytea[]) and s.ended_at is null and s.expires_at > :now and s.last_seen_at > :seen_after and u.active;

-- name: access_touch_sessions(ids, now)!
-- One that somebody else holds is being ended, or touched, just now: who waited for it could wait for each other.
update web_session set last_seen_at = :now where id in (
  select id from web_session where id = any(:ids::uuid[]) and last_seen_at < :now and ended_at is null
  for no key update skip locked);

-- name: access_session_language(id, language)!
update web_session set language = :language where id = :id;

-- name: access_sessions(user_id, now, seen_after)
select id, remote, browser, created_at, last_seen_at, expires_at from web_session
where user_id = :user_id and ended_at is null and expires_at > :now and last_seen_at > :seen_after
order by last_seen_at desc limit 100;

-- name: access_end_session(id, user_id, now, why)$
update web_session set ended_at = :now, ended_why = :why
where id = :id and user_id = :user_id and ended_at is null returning id;

-- name: access_end_sessions(user_id, but, now, why)
-- All of one person, but the one named, where one is.
update web_session set ended_at = :now, ended_why = :why
where user_id = :user_id and ended_at is null and id is distinct from :but::uuid returning id;

-- name: access_end_expired(now, seen_after)
update web_session set ended_at = :now, ended_why = 'expired'
where ended_at is null and (expires_at <= :now or last_seen_at <= :seen_after) returning id;

-- name: access_hold_limits(keys, now)
-- The rows of these keys, made if needed and held, in one order: two that guess at once count one after the other.
insert into guess_limit (key, failures, last_at)
select key, 0, :now from unnest(:keys::text[]) as given (key) order by key
on conflict (key) do update set key = excluded.key
returning key, failures, last_at, blocked_until;

-- name: access_set_limit(key, failures, as_of, blocked_until)!
-- `last_at` is as of when so many count: earlier than the guess where one is forgotten each such time.
update guess_limit set failures = :failures, last_at = :as_of, blocked_until = :blocked_until where key = :key;

-- name: access_forget_limit(key)!
delete from guess_limit where key = :key;

-- name: access_forgive_limit(key)!
-- A guess that was right does not count against the address or telephone it came from.
update guess_limit set failures = greatest(failures - 1, 0), blocked_until = null where key = :key;

-- name: access_forget_old_limits(before)!
delete from guess_limit where last_at < :before;

-- name: access_resting_lines(since, until)$
-- Telephones (and all together) that had to wait after wrong PINs since then. No pause lasts beyond `until`, whatever a clock wrote.
select count(*) from guess_limit where key like 'pin-line:%' and blocked_until > :since and blocked_until <= :until;

-- name: access_put_pin(user_id, pin_hash, now, set_by)!
insert into officer_pin (user_id, pin_hash, set_at, set_by) values (:user_id, :pin_hash, :now, :set_by)
on conflict (user_id) do update set pin_hash = excluded.pin_hash, set_at = excluded.set_at, set_by = excluded.set_by;

-- name: access_remove_pin(user_id)$
-- Null: there was none.
delete from officer_pin where user_id = :user_id returning user_id;

-- name: access_pin_of(number)^
select u.id, u.display_name, u.language, p.pin_hash from app_user u join officer_pin p on p.user_id = u.id
where u.number = :number and u.active;

-- name: access_put_code(code_hash, expires_at)!
-- A newer code ends the one before.
insert into first_administrator_code (code_hash, expires_at) values (:code_hash, :expires_at)
on conflict (only_one) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at;

-- name: access_take_code(code_hash, now)$
-- Once: the row is gone with it.
delete from first_administrator_code where code_hash = :code_hash and expires_at > :now returning true;

-- name: access_code_stands(code_hash, now)$
select exists (select from first_administrator_code where code_hash = :code_hash and expires_at > :now);

-- name: access_log_add(id, now, event, actor, subject, remote, details)!
insert into access_log (id, at, event, actor, subject, remote, details)
values (:id, :now, :event, :actor, :subject, :remote, :details::jsonb);

-- name: access_log_of(subject, most)
select l.at, l.event, coalesce(u.sign_in_name, l.actor) as actor, l.remote, l.details
from access_log l left join app_user u on l.actor = 'user:' || u.id
where l.subject = :subject order by l.id desc limit :most;

-- name: access_log_dialling(most)
-- An index has only these.
select at, event, actor, remote, details from access_log
where event in ('dialling_allowed', 'dialling_lifted') order by id desc limit :most;

-- Files of a disposal: their rows, who opened them, and their erasure.

-- name: attachments_add(complaint_id, disposal_no, entry, at, ids, names, media_types, sha256, bytes)!
-- In the order in which they were given.
insert into attachment (id, complaint_id, disposal_no, attachment_no, entry, name, media_type, sha256, bytes, at)
select r.id, :complaint_id, :disposal_no, r.attachment_no, :entry, r.name, r.media_type, r.sha256, r.bytes, :at
from unnest(:ids::uuid[], :names::text[], :media_types::text[], :sha256::text[], :bytes::bigint[])
     with ordinality as r (id, name, media_type, sha256, bytes, attachment_no);

-- name: attachments_of(complaint_ids)
select a.id, a.complaint_id, a.disposal_no, a.attachment_no, a.entry, a.name, a.media_type, a.bytes, a.sha256, a.at,
       d.level, d.via, e.erased_at, (select count(*) from attachment_access o where o.attachment_id = a.id) as opened
from attachment a join disposal d using (complaint_id, disposal_no)
left join attachment_erasure e on e.attachment_id = a.id
where a.complaint_id = any(:complaint_ids::uuid[])
order by a.complaint_id, a.disposal_no, a.attachment_no;

-- name: attachments_one(id)^
select a.id, a.complaint_id, a.disposal_no, a.attachment_no, a.entry, a.name, a.media_type, a.bytes, a.sha256, a.at,
       d.level, d.via, e.erased_at, (select count(*) from attachment_access o where o.attachment_id = a.id) as opened
from attachment a join disposal d using (complaint_id, disposal_no)
left join attachment_erasure e on e.attachment_id = a.id
where a.id = :id;

-- name: attachments_opened(id, attachment_id, at, audience, reason, remote)!
insert into attachment_access (id, attachment_id, at, audience, reason, remote)
values (:id, :attachment_id, :at, :audience, :reason, :remote);

-- name: attachments_reader(id, post)^
-- What decides whether a post may see it. No row: no such attachment, or no such post.
select o.level as reader, d.level as author, d.via, c.confidential, c.category
from attachment a join disposal d using (complaint_id, disposal_no) join complaint c on c.id = a.complaint_id
join post o on o.id = :post
where a.id = :id;

-- name: attachments_ended_at(complaint_id)$
-- The complaint's row is held by the caller.
select ended_at from complaint where id = :complaint_id;

-- name: attachments_bury(attachment_id, complaint_id, entry, at, by, why)!
-- The tombstone.
insert into attachment_erasure (attachment_id, complaint_id, entry, erased_at, erased_by, why)
values (:attachment_id, :complaint_id, :entry, :at, :by, :why);

-- name: attachments_tombstones(complaint_ids)
-- For a check against the history.
select e.complaint_id, e.attachment_id, e.entry, f.removed_at is not null as removed
from attachment_erasure e join sealed_file f on f.id = e.attachment_id
where e.complaint_id = any(:complaint_ids::uuid[]);

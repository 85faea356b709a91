-- depends: 0009.evidence
-- What measuring at a million complaints has shown to be missing (docs/BENCHMARKS.md).

-- An officer's list, and how many wait with a post: without it, every page reads all complaints.
create index complaint_at_post on complaint (post, (coalesce(due_at, 'infinity')), number)
    where state in ('with_officer', 'proposed', 'paused');

-- A complaint's entries in the register, for its story and its bundles: without it, each reads the whole register.
create index register_by_complaint on dissatisfaction_register (complaint_id);

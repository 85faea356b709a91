-- depends: 0058.told_waits
-- Whether a post reported or ended any complaint, and so keeps its level (0043): an import that changes a level asks, and so does
-- each of the two foreign keys. Without an index all disposals and all ends are read.
create index disposal_of_post on disposal (post);
create index complaint_end_of_post on complaint_end (post) where post is not null;

-- depends: 0070.told_to_citizens
-- Whether a post proposed anything, and so keeps its level: asked by an import that changes one, as in 0059.
create index proposal_of_post on proposal (post);

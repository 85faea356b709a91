drop index proposal_of_post;

drop index complaint_at_post;

drop index complaint_end_of_post;
drop index disposal_of_post;

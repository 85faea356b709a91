drop index register_by_complaint;
drop index complaint_at_post;

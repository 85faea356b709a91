drop index complaint_end_by_merger;

alter table dial_request drop column listed;

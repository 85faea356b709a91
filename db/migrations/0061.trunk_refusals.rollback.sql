drop table trunk_refusal;

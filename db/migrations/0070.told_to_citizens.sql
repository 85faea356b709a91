-- depends: 0061.trunk_refusals
-- What the officer reported reaches the citizen, before they are asked about it (R15). Rows of `message_template` only: no large
-- table is read or locked.
insert into message_template (kind, channel, text, variables) values
    ('citizen_disposed', 'sms',
     'शिकायत {number} पर अधिकारी की आख्या: {report}। {matter} आपसे इस पर फ़ोन से पूछा जाएगा। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,report,matter}');

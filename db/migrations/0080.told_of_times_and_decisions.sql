-- depends: 0079.entered_by_an_operator
-- The citizen is told of the new due time when the officer's time goes on, and who proposed something that it is approved.
-- Rows of `message_template` only: no large table is read or locked.
insert into message_template (kind, channel, subject, text, variables) values
    ('citizen_resumed', 'sms', '',
     'शिकायत {number} पर कार्यवाही पुनः प्रारंभ हुई है, नई समय सीमा {due}। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,due}'),
    ('officer_approved', 'sms', '',
     'शिकायत {number}: {proposal} का आपका प्रस्ताव स्वीकृत हुआ। {matter}',
     '{number,proposal,matter}'),
    ('officer_approved', 'email', 'प्रस्ताव स्वीकृत: शिकायत {number}',
     E'शिकायत {number} पर {proposal} का आपका प्रस्ताव स्वीकृत हुआ।\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,proposal,matter}');

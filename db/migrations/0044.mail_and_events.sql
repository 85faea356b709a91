-- depends: 0043.no_illegal_state
-- Officers are told by e-mail too, where they have an address; another system is told what happens to complaints.

alter table officer add column email text
    check (email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$' and length(email) <= 254);
-- Asked in a function, that messages are written by a statement which is planned once.
create function email_of(officer_code text) returns text language plpgsql stable cost 1 as
$$ begin return (select email from officer where code = officer_code); end $$;
alter table notification add constraint an_email_goes_to_an_address check (channel <> 'email' or recipient ~ '^[^@[:space:]]+@[^@[:space:]]+$');

-- Who beyond people is told by webhook what happens to complaints: written from the settings when the helpline starts.
create table webhook_audience (
    name  text primary key check (name = 'complaints'),
    since timestamptz not null
);
alter table notification
    drop constraint notification_kind_check,
    add constraint notification_kind_check check (
        kind ~ '^(citizen|officer|team)_[a-z_]+$' or kind in ('alarm_raised', 'alarm_cleared')
        or kind ~ '^complaint_[a-z_]+$' and channel = 'webhook');

insert into message_template (kind, channel, subject, text, variables) values
    ('officer_assigned', 'email', 'नई शिकायत {number}: {category}, {place}',
     E'नई शिकायत आपको निस्तारण हेतु भेजी गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nसमय सीमा: {due}\nनागरिक का नंबर: {contact}\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,due,contact,matter}'),
    ('officer_review', 'email', 'पुनः परीक्षण: शिकायत {number}',
     E'नागरिक निस्तारण से असंतुष्ट हैं, शिकायत पुनः परीक्षण हेतु वापस की गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nकारण: {reason}\nसमय सीमा: {due}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,reason,due}'),
    ('officer_forwarded', 'email', 'अग्रसारित शिकायत {number}: {category}, {place}',
     E'शिकायत आपके स्तर पर अग्रसारित की गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nकारण: {reason}\nसमय सीमा: {due}\n\nरिकॉर्डिंग, कारण व इतिहास: {link}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,reason,due,link}'),
    ('officer_reminder', 'email', 'स्मरण: शिकायत {number}, समय सीमा {due}',
     E'इस शिकायत की समय सीमा निकट है। कृपया समय से निस्तारण करें।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nसमय सीमा: {due}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,due}'),
    ('officer_ended', 'email', 'शिकायत {number} वापस ली गई',
     E'शिकायत {number} नागरिक ने वापस ले ली है। कार्यवाही अपेक्षित नहीं।\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number}'),
    ('officer_proposal', 'email', 'निर्णय हेतु प्रस्ताव: शिकायत {number}',
     E'शिकायत {number} पर {proposal} का प्रस्ताव आपके निर्णय हेतु है।\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,proposal,matter}'),
    ('officer_refused', 'email', 'प्रस्ताव अस्वीकृत: शिकायत {number}',
     E'शिकायत {number} पर आपका प्रस्ताव अस्वीकृत हुआ।\n\n{matter}\n\nसमय सीमा: {due}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,matter,due}'),
    ('officer_resumed', 'email', 'समय सीमा पुनः प्रारंभ: शिकायत {number}',
     E'समय सीमा का स्थगन समाप्त हुआ। कृपया निस्तारण करें।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nनई समय सीमा: {due}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,due}'),
    ('officer_link', 'email', 'नया लिंक: शिकायत {number}',
     E'शिकायत {number} ({category}, {place}) की रिकॉर्डिंग, कारण व इतिहास का नया लिंक: {link}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,link}'),
    ('officer_information', 'email', 'सूचना का अनुरोध {number}: {category}, {place}',
     E'सूचना का अनुरोध आपको उत्तर हेतु भेजा गया है।\n\nसंख्या: {number}\nविषय: {category}\nस्थान: {place}\nउत्तर की समय सीमा: {due}\nनागरिक का नंबर: {contact}\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,due,contact,matter}'),
    ('officer_suggestion', 'email', 'सुझाव {number}: {category}, {place}',
     E'यह सुझाव आपकी जानकारी हेतु है।\n\nसंख्या: {number}\nविषय: {category}\nस्थान: {place}\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,matter}'),
    ('officer_vacancy', 'email', 'पद रिक्त: {post} ({place})',
     E'यह पद रिक्त है: {post} ({place}).\n\nलंबित शिकायतें: {complaints}, पहली: {number}\nप्रभारी न होने पर {moves} ये आपको मिलेंगी।',
     '{number,post,place,complaints,moves}'),
    ('officer_added', 'email', 'शिकायत {number}: नागरिक ने पुनः बताया',
     E'शिकायत {number}: नागरिक ने इस विषय को {weight} बार बताया है।\n\n{matter}\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,weight,matter}'),
    ('officer_merged', 'email', 'शिकायत {number} जोड़ी गई',
     E'शिकायत {number} उसी नागरिक की शिकायत {older} में जोड़ दी गई है। {number} पर कार्यवाही अपेक्षित नहीं।\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,older}'),
    ('officer_reported', 'email', 'दूरभाष पर बताया गया निस्तारण: शिकायत {number}',
     E'शिकायत {number} ({category}, {place}): आपके द्वारा दूरभाष पर बताया गया निस्तारण {at} पर दर्ज हुआ। यदि यह आपने नहीं बताया, तो तुरंत सूचित करें।\n\nमुख्यमंत्री हेल्पलाइन 1076\n',
     '{number,category,place,at}');

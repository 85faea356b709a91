-- depends: 0080.told_of_times_and_decisions
-- The officers of the next levels learn how to reach the citizen, as those of the first do (R10). A text that is registered with
-- the operator, or was changed, stays as it is and can use `{contact}` from now on; the others say it.
update message_template set variables = variables || '{contact}' where kind = 'officer_forwarded';
update message_template
set text = 'शिकायत {number} ({category}, {place}) आपको अग्रसारित: {reason}। समय सीमा {due}। नागरिक का नंबर {contact}। रिकॉर्डिंग, कारण व इतिहास: {link}'
where kind = 'officer_forwarded' and channel = 'sms' and template_id = ''
  and text = 'शिकायत {number} ({category}, {place}) आपको अग्रसारित: {reason}। समय सीमा {due}। रिकॉर्डिंग, कारण व इतिहास: {link}';
update message_template
set text = E'शिकायत आपके स्तर पर अग्रसारित की गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nकारण: {reason}\nसमय सीमा: {due}\nनागरिक का नंबर: {contact}\n\nरिकॉर्डिंग, कारण व इतिहास: {link}\n\nमुख्यमंत्री हेल्पलाइन 1076\n'
where kind = 'officer_forwarded' and channel = 'email'
  and text = E'शिकायत आपके स्तर पर अग्रसारित की गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nकारण: {reason}\nसमय सीमा: {due}\n\nरिकॉर्डिंग, कारण व इतिहास: {link}\n\nमुख्यमंत्री हेल्पलाइन 1076\n';

-- What is held because its text was missing or wrong is worded when it is let go, with what its text has by then.
update notification n
set variables = n.variables || jsonb_build_object('contact', case when c.confidential then 'गोपनीय' else c.contact end)
from complaint c
where n.held_at is not null and n.body = '' and n.kind = 'officer_forwarded' and c.id = n.complaint_id;

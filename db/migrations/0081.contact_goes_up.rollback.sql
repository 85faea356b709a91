update message_template
set variables = array_remove(variables, 'contact'),
    text = case
        when text not like '%{contact}%' then text
        when channel = 'email' then E'शिकायत आपके स्तर पर अग्रसारित की गई है।\n\nशिकायत संख्या: {number}\nविषय: {category}\nस्थान: {place}\nकारण: {reason}\nसमय सीमा: {due}\n\nरिकॉर्डिंग, कारण व इतिहास: {link}\n\nमुख्यमंत्री हेल्पलाइन 1076\n'
        else 'शिकायत {number} ({category}, {place}) आपको अग्रसारित: {reason}। समय सीमा {due}। रिकॉर्डिंग, कारण व इतिहास: {link}' end
where kind = 'officer_forwarded';
update notification set variables = variables - 'contact'
where held_at is not null and body = '' and kind = 'officer_forwarded';

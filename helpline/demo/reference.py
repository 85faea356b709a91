"""Who is who in the demo's state: one department, one district, its officers L1 to L4.

Names of places are real, posts and numbers are made up (the numbers are not in use).
"""

from complaints.reference import Category, Department, Place, PostRow, ReferenceData

DEPARTMENT, CATEGORY, PLACE = "rural-water", "handpump", "lalitpur-mehroni"

REFERENCE = ReferenceData(
    departments=(
        Department(DEPARTMENT, "नमामि गंगे तथा ग्रामीण जलापूर्ति विभाग", "Rural Water Supply"),
    ),
    places=(
        Place("up", "state", "उत्तर प्रदेश", "Uttar Pradesh", None),
        Place("lalitpur", "district", "ललितपुर", "Lalitpur", "up"),
        Place(PLACE, "block", "महरौनी", "Mehroni", "lalitpur"),
    ),
    categories=(
        Category(CATEGORY, "हैंडपंप खराब है", "Hand pump out of order", DEPARTMENT, (7, 7, 10, 15)),
    ),
    posts=tuple(
        PostRow(code, title, DEPARTMENT, place, level, f"+91555010000{level}", title_en=title_en)
        for level, code, place, title, title_en in (
            (1, "bdo-mehroni", PLACE, "खंड विकास अधिकारी, महरौनी", "BDO, Mehroni"),
            (2, "ee-lalitpur", "lalitpur", "अधिशासी अभियंता, ललितपुर", "EE, Lalitpur"),
            (3, "dm-lalitpur", "lalitpur", "जिलाधिकारी, ललितपुर", "District Magistrate, Lalitpur"),
            (4, "ps-water", "up", "प्रमुख सचिव, ग्रामीण जलापूर्ति", "Principal Secretary, Water Supply"),
        )
    ),
)

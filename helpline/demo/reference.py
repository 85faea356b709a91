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
    posts=(
        PostRow("bdo-mehroni", "खंड विकास अधिकारी, महरौनी", DEPARTMENT, PLACE, 1, "+915550100001"),
        PostRow(
            "ee-lalitpur", "अधिशासी अभियंता, ललितपुर", DEPARTMENT, "lalitpur", 2, "+915550100002"
        ),
        PostRow("dm-lalitpur", "जिलाधिकारी, ललितपुर", DEPARTMENT, "lalitpur", 3, "+915550100003"),
        PostRow("ps-water", "प्रमुख सचिव, ग्रामीण जलापूर्ति", DEPARTMENT, "up", 4, "+915550100004"),
    ),
)

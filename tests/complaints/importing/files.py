"""A whole small state as files, and what reads them."""

from complaints.importing.importer import Tables, read_files
from complaints.importing.layouts import Kind

STATE = {
    Kind.DEPARTMENTS: "code,name_hi,name_en\nwater,जल निगम,Jal Nigam\n",
    Kind.PLACES: (
        "code,kind,name_hi,name_en,parent\n"
        "b1,block,महरौनी,Mahroni,d1\n"  # before its parent
        "d1,district,ललितपुर,Lalitpur,up\n"
        "up,state,उत्तर प्रदेश,Uttar Pradesh,\n"
    ),
    Kind.CATEGORIES: (
        "code,name_hi,name_en,department,days_1,days_2,days_3,days_4\n"
        "handpump,हैंडपंप,Hand pump,water,7,7,10,१५\n"
    ),
    Kind.POSTS: (
        "code,title,department,place,level,number,vacant_from\n"
        "L1,अवर अभियंता,water,b1,1,9415000001,\n"
        "L2,अधिशासी अभियंता,water,d1,2,09415000002,01-11-2025\n"
    ),
    Kind.OFFICERS: "code,name,number\nE1,अनीता,+91 94151 00001\nE2,बाबू,\n",
    Kind.TENURES: "post,officer,kind,from,until\nL1,E1,,2024-01-01,\nL1,E2,charge,17/11/2025,\n",
    Kind.LEAVES: "officer,from,until\nE1,2025-11-17,2025-11-23\n",
    Kind.HOLIDAYS: "date,name_hi\n2026-01-26,गणतंत्र दिवस\n",
}


def tables(**contents: str) -> Tables:
    """The files given, each named after its kind."""
    return read_files(
        (Kind(kind), f"{kind}.csv", content.encode()) for kind, content in contents.items()
    )


def state(**changes: str) -> Tables:
    """The whole state, with some of its files replaced."""
    return tables(**{str(kind): text for kind, text in STATE.items()} | changes)

"""Invented given names, family names, streets and towns, enough that few simulated people share them by chance."""

# No two sound alike, so that nobody takes one of a family for another by a slip of the pen.
GIVEN = (
    *(
        "Ada",
        "Amir",
        "Anton",
        "Beatrix",
        "Ben",
        "Carla",
        "Dorothea",
        "Edmund",
        "Elif",
        "Esra",
        "Femi",
        "Fiona",
    ),
    *(
        "Gabor",
        "Grace",
        "Gwendolyn",
        "Helmut",
        "Hugo",
        "Ingrid",
        "Ines",
        "Josephine",
        "Karim",
        "Keiko",
        "Liam",
    ),
    *(
        "Lucia",
        "Matthias",
        "Noor",
        "Oscar",
        "Octavia",
        "Priya",
        "Quentin",
        "Rudolf",
        "Uma",
        "Ulrich",
        "Victor",
    ),
    *("Wanda", "Yusuf", "Yvonne", "Zoltan"),
)
FAMILY = (
    *("Ash", "Beck", "Berg", "Black", "Bran", "Clay", "Cross", "Dal", "Eber", "Fair", "Falk", "Gran", "Hal"),
    *(
        "Hart",
        "Holm",
        "Kel",
        "Lang",
        "Lin",
        "Mar",
        "Nor",
        "Oak",
        "Pem",
        "Quen",
        "Ros",
        "Sand",
        "Stan",
        "Thorn",
    ),
    *("Vander", "Wald", "Whit", "Win", "York"),
)
ENDINGS = (
    *("bury", "dale", "feld", "ford", "gate", "ham", "hurst", "ley", "mann", "mont", "ridge", "sen", "stead"),
    *("stein", "ton", "vale", "well", "wick", "wood", "worth"),
)
STREETS = (
    "Beacon",
    "Chestnut",
    "Harbor",
    "Juniper",
    "Linden",
    "Orchard",
    "Prospect",
    "Quarry",
    "Summit",
    "Willow",
)
TOWNS = ("Ashland", "Clayton", "Dover", "Fairview", "Milton", "Salem")

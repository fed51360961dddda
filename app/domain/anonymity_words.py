"""
Words by which the anonymity check tells people and places from what everybody may be called.

Written without their endings where Finnish changes them: "Kittil" stands for Kittilä, Kittilässä and Kittilän.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: municipalities of mainland Finland and Åland under 10,000 inhabitants (Statistics Finland, end of 2024), as stems
SMALL_MUNICIPALITIES = _words(
    """
    Alajärv Alavies Askol Asikkal Aura Brändö Eckerö Enonkosk Enonteki Eura Eurajo Evijärv Finström Föglö Geta
    Haapajärv Haapaves Hailuo Halsua Hammarland Hankasal Hartola Hausjärv Hattul Heinäv Hirvensalm Humppil Hyrynsalm
    Iitti Iiti Ikaali Ilomants Inari Inkoo Ingå Isojo Isoky Joroi Joutsa Juankosk Juuka Juuan Juupajo Juva Jokioi
    Jomala Kaavi Kaavis Kannonkosk Kannus Karijo Karkkila Karstul Karvia Kaskinen Kaskis Kaustinen Kaustis Keitele
    Kemijärv Kemiönsaar Keminmaa Kerimä Keuruu Kihniö Kinnula Kitee Kittil Kiuruves Kivijärv Kolari Konneves Korsnäs
    Koski Kristiinankaup Kristinestad Kruunupy Kronoby Kuhmo Kuhmoi Kumlinge Kuortane Kustavi Kyyjärv Kärkölä Kärsämä
    Kökar Lapinjärv Lappträsk Lapinlah Lemi Lemland Lemu Leppäv Lestijärv Liminka Liperi Loima Loppi Lumijo Lumparland
    Luhanka Luumä Luoto Larsmo Maalah Malax Marttila Masku Merijärv Merikarvia Mieheikkäl Miehikkäl Multia Muonio
    Muuram Mynämä Myrskyl Mörskom Mäntyharju Mäntsäl Nivala Nousiai Närpiö Närpes Oripää Outokum Padasjo Paimio
    Paltamo Parikkal Parkano Pelkosennie Pello Perho Pertunmaa Petäjäves Pieksä Pielaves Pihtiput Pirkkalanky Polvijärv
    Pomarku Pornai Posio Pudasjärv Pukkila Puolanga Punkalai Puumal Pyhtä Pyhäjo Pyhäjärv Pyhännä Pyhäntä Pyhäranna
    Pyhäranta Pälkäne Pöytyä Rantasalm Ranua Rautalam Rautavaar Rautjärv Reisjärv Ristijärv Ruokolah Ruoves
    Rusko Rääkkylä Saarijärv Salla Saltvik Sauvo Savitaipal Savukosk Sievi Siika Siikai Siikajo Siikalat Simo Sipoonky
    Siuntio Sjundeå Sodankylä Soini Somero Sonkajärv Sotkamo Sottunga Sulkava Sund Suomussalm Suonenjo Sysmä Säkylä
    Taipalsaar Taivalkosk Taivassalo Tammela Tervo Tervola Teuva Tohmajärv Toholam Toivak Tornionj Tuusniem Tyrnävä
    Ulvilank Urjala Utajärv Utsjo Uurai Uusikaarlep Nykarleby Vaala Valtimo Vehma Vesanno Vesilah Veteli Vieremä
    Viitasaar Vimpeli Virolah Virrat Virroilla Virtain Vårdö Vöyri Vörå Ylitorni Ylivies Ypäjä Ähtäri Äkäslompol
    """
)

#: larger municipalities and regions: a place alone says little there
LARGE_PLACES = _words(
    """
    Helsin Helsingfors Espoo Esbo Tampere Tammerfors Vantaa Vanda Oulu Uleåborg Turku Turu Åbo Jyväsky Kuopio Lahti
    Lahde Lahtis Pori Björneborg Kouvola Joensuu Lappeenran Villmanstrand Vaasa Vasa Hämeenlin Tavastehus Seinäjo
    Rovaniem Mikkeli Kotka Salo Porvoo Borgå Kokkola Karleby Hyvinkää Lohja Lojo Järvenpää Rauma Kajaani Kerava Savonlin
    Nokia Kaarina Ylöjärv Kangasal Riihimä Raasepori Raseborg Imatra Raahe Sastamal Raisio Hollola Torni Iisalm Kempele
    Valkeakosk Varkau Kurikka Hamina Jämsä Pietarsaar Jakobstad Heinola Äänekosk Naantali Lieto Siilinjärv Laukaa
    Kirkkonum Kyrkslätt Tuusula Nurmijärv Sipoo Sibbo Vihti Mustasaar Korsholm Lempääl Pirkkala Kontiolah Ulvila Forssa
    Loviisa Lovisa Laitila Uusikaupun Nystad Parainen Pargas Maarianham Mariehamn Kauhava Lapua Ilmajo Alavu Kauhajo
    Orivede Mänttä Akaa Hämeenky Janakkal Haukipuda Kuusamo Kemi Nurmes Lieksa Suomi Suome Lap Pohjanmaa
    Keski-Suom Etelä-Pohjanmaa Pirkanmaa Uusimaa Uudellamaa Varsinais-Suom Satakun Savo Karjala Kainuu Häme Ahvenanmaa
    Österbotten Nyland Lappland Åland Finland Eurooppa Europa EU
    """
)

#: words with a capital letter that name offices, services, tools and tests, as stems; none of them names a person
KNOWN_NAMES = _words(
    """
    Kela FPA TE TE-toimist TYP TYM Ohjaamo Navigator Kaiku Eskoo Kykyviisar Kanta OmaKanta Omaolo Rikosseuraamus Rise
    THL TTL Työterveyslai Sote Kunta Pakaste Valtti Verve Validia Duuri Työmarkkinator Jobbmarknad Keva Ilmarinen Varma
    Elo Veritas Toimintakykykoost IPS ICF WHODAS WHO ICD DSM PHQ GAD BDI AUDIT EK KKI Teams Zoom Excel
    Word Osku Otso Pasila Finland Suomi Suome Sverige Svensk Finsk English Finnish Swedish Englan Ruotsi Ruotsa Ruotsin
    Viro Veno Venäjä Ukrain Somali Iraki Syyria Afganist Arabia Kurdi Thai Vietnam Ranska Saksa Espanja
    """
)

#: given names that are common in Finland (Digital and Population Data Services Agency), without the last vowel where
#: it changes
GIVEN_NAMES = _words(
    """
    Aada Aaro Aarne Abdi Ahmed Aila Aili Aino Airi Aki Aku Aleksi Aleksand Ali Amin Anders Anita Anja Anna Anne Annel
    Anni Anniina Annik Ann-Marie Antero Anton Antt Anu Ari Arja Arto Arttu Asko Axel Bengt Birgit Björn Carl Christer
    Eemel Eerik Eero Eetu Eeva Eija Eila Eino Elias Elin Elina Elisa Elisabet Ella Ellen Elli Emil Emilia Emma Erik
    Erika Erja Erkki Erkin Esa Essi Eva Eveliina Fatima Gunilla Göran Hanna Hannele Hannu Hans Harri Hassan Heid Heikki
    Heikin Heimo Heli Helena Helen Helmi Henna Henri Henrik Hilkka Hill Iida Iiro Iiris Ilkka Ilkan Ilmar Ilona Inga
    Inger Inka Inker Irene Irina Irja Irma Isto Ismo Jaakko Jaakon Jaana Jan Jani Janina Janne Jari Jarkko Jarmo Jarno
    Jasmin Jenna Jenni Jere Jesse Jimi Joakim Joel Johan Johanna Jonas Joona Joonas Jorma Jouko Jouni Juha Juhan Juhani
    Juho Jukka Jukan Julia Juska Juss Jussi Jyrki Kaarina Kaija Kaisa Kalervo Kalev Kalle Karin Karl Kari Karoliina
    Katariina Kati Katja Katri Kauko Keijo Kerttu Kim Kimmo Kirs Kirsi Kirsti Kirill Konsta Kristian Kristiina Kristina
    Kyllikki Kyösti Lari Lars Lasse Laura Lauri Leena Leevi Lenni Leo Liisa Liina Lilja Linda Linnea Lotta Lucas Maarit
    Maija Maiju Maj Marco Mari Maria Marianne Marita Maritta Marjatta Marja Marjo Marjut Marko Markku Markun Markus
    Martin Martta Martti Marti Matias Matilda Matti Mati Mauno Mauri Merja Mervi Mia Mika Mikael Mikko Mikon Milla Milja
    Minna Mira Mirja Mirjam Miro Mohamed Mohammed Monica Nadia Natalia Nea Niina Niilo Niklas Niko Nina Noora Olav Olavi
    Oliver Olli Oll Onni Oskar Osmo Otto Outi Paavo Paavi Paula Pauli Pauliina Pekka Pekan Pentti Pent Per Petra Petri
    Petter Pia Piia Pirjo Pirkko Pirkon Päivi Pär Raija Raili Raimo Ralf Rami Rasmus Rauha Rauno Reijo Riikka Riikan
    Riina Risto Ritva Roni Roope Saara Saija Sakari Salla Sami Samu Samuel Samuli Sanna Sanni Santeri Sara Sari Satu
    Senja Senni Seppo Sepon Siiri Silja Simo Sini Sinikka Sirkka Sirpa Sofia Soila Solveig Stefan Sten Sulo Susanna Suvi
    Sven Taina Taisto Taneli Tanja Tapani Tapio Tarja Taru Tatjana Tea Teemu Teija Tero Terttu Tiia Tiina Timo Tiina
    Toivo Tomi Tommi Toni Topi Touko Tuija Tuomas Tuomo Tuula Tuulia Tytti Ulf Ulla Urho Urpo Valtter Veera Veijo Veikko
    Veikon Vesa Viivi Viktor Ville Vilho Vilja Vilma Väinö
    """
)

#: diseases so rare that a place beside them says who it is; stems in Finnish, Swedish and English
RARE_DIAGNOSES = _words(
    """
    huntington als-taut amyotrof porfyri porfyria marfan ehlers-danlos kystinen-fibroos cystisk-fibros cystic-fibros
    wilsonin-taut fabryn gaucher hemofili haemophil syringomyel narkolepsi narcolep akromegal acromegal cushing
    addison skleroderm scleroderm myastenia myasthen duchenne becker sarkoidoos sarcoid turnerin klinefelter
    prader-willi angelman rettin usherin retinitis salla-taut aspartyyliglukosaminur agu-taut incl-taut cadasil
    tuberoosiskleroos neurofibromatoos williamsin-oireyht cri-du-chat fenyyliketonur
    """
)

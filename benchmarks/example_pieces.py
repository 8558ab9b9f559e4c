"""The pieces that example_files.py puts together, written by hand."""

from typing import Any

TICKETS: Any = {
    "things": {
        "garment": ["hat", "coat", "scarf", "shirt", "glove", "sock", "dress"],
        "instrument": ["harp", "guitar", "drum", "trumpet", "flute", "violin"],
        "tool": ["hammer", "drill", "ladder", "spade", "brush", "rope"],
        "toy": ["ball", "kite", "balloon", "robot", "doll", "puzzle"],
        "vehicle": ["car", "boat", "truck", "tractor", "sled", "bus"],
    },
    "messages": [
        ("Broken on arrival", "The {thing} that I bought last week arrived broken in two."),
        ("Wrong item", "I asked for a {thing} and was sent something else."),
        ("Where is my order?", "My {thing} was due on Sunday, and it is not here."),
        ("Return", "I would like to send the {thing} back. It is not what I saw in the shop."),
        ("Refund for a {thing}", "You took the money for the {thing} twice."),
        ("A question before I buy", "Does the {thing} in your window come in other colours?"),
        ("Spare part", "A small part of my {thing} is lost. Do you sell it on its own?"),
        ("Too small", "The {thing} is a good deal smaller than the picture made me think."),
        ("Gift", "My friend has the same {thing} already. Could we change it for another one?"),
        ("Thank you", "The {thing} works very well, and I wanted to say so."),
        ("Colour", "The {thing} was red in the picture, and it is brown."),
        ("Manual", "There was no paper in the box that says how the {thing} is used."),
        ("Second {thing}", "I am happy with the {thing}. Is there a lower price if I take a second one?"),
        ("Smell", "The {thing} smells of smoke, even after a week outside."),
        ("Repair", "After a month the {thing} has a crack. Who repairs it?"),
        ("Change of address", "Please send the {thing} to my mother's house and not to mine."),
    ],
    "unnamed": {
        "garment": [
            ("Size", "The sleeves are too long, and I would need it one size down."),
            ("Washing", "I washed it once at thirty degrees, and now it fits my daughter."),
            ("Buttons", "Two buttons came off on the first day that I wore it."),
        ],
        "instrument": [
            ("Out of tune", "However often I tune the strings, the sound is wrong again by the evening."),
            ("Lessons", "Is there a teacher whom you would name for someone who has never read music?"),
            ("Noise", "The low notes buzz, as if something inside had come loose."),
        ],
        "tool": [
            ("Handle", "The handle came off while I was working on the roof."),
            ("Battery", "It stops after two holes in the wall, with the battery full."),
            ("Rust", "It hung in a dry shed for one winter and is full of rust."),
        ],
        "toy": [
            ("Safe for a baby?", "My son is one year old. Are the small parts safe for him?"),
            ("Does not fly", "We tried it on the beach in a good wind, and it will not fly."),
            ("Missing piece", "The children put it all together, and the last piece is not there."),
        ],
        "vehicle": [
            ("Brakes", "The brakes are loud, and it takes long to stop on a wet road."),
            ("Leak", "After an hour on the lake my feet were wet."),
            ("Engine", "In the cold the engine does not start before the third try."),
        ],
    },
    "ends": [
        "",
        "",
        "Please write back soon.",
        "I can send a picture.",
        "I have the bill here.",
        "You can phone me after noon.",
        "Best wishes, a customer of many years",
        "Thanks for your help!",
    ],
}

FEELINGS: Any = {
    "openings": ["The {what}:", "About the {what}.", "We tried the {what}.", "Last week the {what}:", "On the {what}:"],
    "things": {
        "film": {
            "positive": ["I laughed and cried within ten minutes.", "The last scene alone is worth the ticket."],
            "negative": ["I looked at my watch after ten minutes.", "The story stops where it should begin."],
        },
        "book": {
            "positive": ["I read it in one night.", "Every page has a line that I want to keep."],
            "negative": ["I put it down three times and gave up.", "Nobody in it talks like a living person."],
        },
        "concert": {
            "positive": ["They played as if it were the last time.", "Even the back row was dancing."],
            "negative": ["The singer forgot half of the words.", "From our seats we heard the bar and little else."],
        },
        "meal": {
            "positive": ["The bread was warm and the fish was fresh.", "I would drive an hour for that soup."],
            "negative": ["The soup was cold and so was the waiter.", "We waited an hour for a dry piece of meat."],
        },
        "trip": {
            "positive": ["We saw whales on the very first day.", "Our guide knew every bird and every joke."],
            "negative": ["It rained in the bus, and that is no joke.", "Two of the three castles were closed."],
        },
        "game": {
            "positive": ["The children asked for it again at once.", "The rules take a minute and last for years."],
            "negative": ["The first round took two hours, the second never came.", "Half of the cards make no sense."],
        },
    },
    "positive": [
        "A joy.",
        "Not one dull moment.",
        "I would do it again tomorrow.",
        "It is better than its price.",
        "I did not expect to like it, and I loved it.",
        "We went home happy.",
        "It could not have been better.",
        "Warm, clever and never too long.",
        "My father, who likes nothing, smiled.",
        "The best that I have seen this year.",
        "Go before everybody knows of it.",
        "It has small faults, and I forgive all of them.",
        "Worth every penny.",
        "I told all my friends.",
    ],
    "negative": [
        "A waste of an evening.",
        "I would not do it again for money.",
        "It is not worth half of its price.",
        "I wanted to like it, and could not.",
        "We went home early.",
        "It could not have been worse.",
        "Loud, empty and far too long.",
        "Even my mother, who likes everything, left.",
        "The worst that I have seen this year.",
        "It has its moments, and they are few.",
        "Stay at home.",
        "The idea is good and nothing else is.",
        "I want my money back.",
        "I warned all my friends.",
    ],
}

EVENTS: Any = [
    {
        "headline": "{one} lost the {thing} at the {where}",
        "words": {"thing": ["key", "purse", "umbrella", "phone"], "where": ["station", "market", "beach", "library"]},
        "story": [
            ["{one} had a long day at the {where}.", "In the morning {one} went to the {where} with {other}."],
            ["When it was time to go home, the {thing} was gone.", "There, somewhere, the {thing} was lost."],
            ["{other} searched under every bench.", "{other} asked everyone, and nobody had seen it."],
            ["They are still looking.", "A small prize waits for whoever finds it."],
        ],
    },
    {
        "headline": "{one} found the {thing} of {other} in the {where}",
        "words": {"thing": ["ring", "watch", "letter", "hat"], "where": ["garden", "forest", "kitchen", "park"]},
        "story": [
            ["For a week {other} had missed a {thing}.", "{other} had given up hope of ever seeing the {thing} again."],
            ["Then {one} walked through the {where} and saw something shine.", "{one} found it in the {where}."],
            ["It lay under the leaves, a little wet.", "A bird may have carried it there."],
            ["{other} was so glad that there was cake for all.", "“I thought that it was gone,” {other} said."],
        ],
    },
    {
        "headline": "{one} won a {prize} at the {where}",
        "words": {"prize": ["book", "puppy", "cup", "kite"], "where": ["school", "theatre", "market", "lake"]},
        "story": [
            ["There was a game at the {where} on Sunday.", "Half the street came to the {where} for the summer game."],
            ["{other} was fast, but {one} was faster.", "Until the last round {other} was ahead."],
            ["The prize, a {prize}, went to {one}.", "In the end {one} held the {prize} high."],
            ["“Next year it is mine,” {other} said.", "The party went on until night."],
        ],
    },
    {
        "headline": "{one} gave {other} a {colour} {thing}",
        "words": {"colour": ["red", "green", "blue", "silver"], "thing": ["scarf", "kite", "guitar", "lamp"]},
        "story": [
            ["It was {other}'s birthday, and it rained.", "{other} turned ten on Sunday."],
            ["{one} came late, with a bag under one arm.", "{one} had saved money for months."],
            ["In it was a {thing}, {colour} as in the window of the shop.", "The gift was a {thing}, a {colour} one."],
            ["{other} has not put it down since.", "“Just what I wanted,” said {other}."],
        ],
    },
    {
        "headline": "a fire burned the {where} and {one} called for help",
        "words": {"where": ["shop", "school", "theatre", "library"]},
        "story": [
            ["At night smoke came out of the {where}.", "The {where} stood in flames when {one} passed by."],
            ["{one} phoned and shouted until doors opened.", "{one} called for help at once."],
            ["{other} carried water from the river.", "With {other} and others {one} made a line of hands."],
            ["Nobody was hurt, but the roof is gone.", "By noon the fire was out, and little was left."],
        ],
    },
    {
        "headline": "{one} missed the {ride} and walked to the {where}",
        "words": {"ride": ["train", "bus", "boat"], "where": ["hospital", "sea", "school"]},
        "story": [
            ["{one} wanted to meet {other} at the {where}.", "{other} waited for {one} at the {where} from noon on."],
            ["But the clock in the kitchen had stopped.", "A lost sock had cost ten minutes."],
            ["The {ride} left without {one}, who went on foot.", "So the {ride} was gone, and {one} walked."],
            ["It took two hours.", "“The way was the best part of the day,” said {one} later."],
        ],
    },
    {
        "headline": "{one} planted {flower} in the {where}",
        "words": {
            "flower": ["tulip seeds", "a lily", "a rose", "an apple tree"],
            "where": ["garden", "park", "street"],
        },
        "story": [
            ["The {where} had been grey for years.", "Nobody liked the {where}, least of all {one}."],
            ["In spring {one} brought a spade and {flower}.", "So {one} bought {flower}, and went to work."],
            ["{other} held the hose and made jokes.", "{other} said that nothing would grow."],
            ["Now bees come from far away.", "In summer the birds came, and then the people."],
        ],
    },
]

GERMAN: Any = {
    "nouns": {
        "dog": {"The": "Der", "thing": "Hund", "a_thing": "einen Hund"},
        "cat": {"The": "Die", "thing": "Katze", "a_thing": "eine Katze"},
        "hat": {"The": "Der", "thing": "Hut", "a_thing": "einen Hut"},
        "umbrella": {"The": "Der", "thing": "Regenschirm", "a_thing": "einen Regenschirm"},
        "lamp": {"The": "Die", "thing": "Lampe", "a_thing": "eine Lampe"},
        "book": {"The": "Das", "thing": "Buch", "a_thing": "ein Buch"},
        "guitar": {"The": "Die", "thing": "Gitarre", "a_thing": "eine Gitarre"},
        "boat": {"The": "Das", "thing": "Boot", "a_thing": "ein Boot"},
        "key": {"The": "Der", "thing": "Schlüssel", "a_thing": "einen Schlüssel"},
        "apple": {"The": "Der", "thing": "Apfel", "a_thing": "einen Apfel"},
        "letter": {"The": "Der", "thing": "Brief", "a_thing": "einen Brief"},
        "coat": {"The": "Der", "thing": "Mantel", "a_thing": "einen Mantel"},
    },
    "words": {
        "adj": [("red", "rote"), ("old", "alte"), ("new", "neue"), ("small", "kleine"), ("beautiful", "schöne")],
        "done": [
            ("saw", "gesehen"),
            ("bought", "gekauft"),
            ("found", "gefunden"),
            ("lost", "verloren"),
            ("drew", "gezeichnet"),
        ],
        "where": [
            ("at the station", "am Bahnhof"),
            ("in the garden", "im Garten"),
            ("on the beach", "am Strand"),
            ("in the kitchen", "in der Küche"),
            ("in the library", "in der Bibliothek"),
            ("at the market", "auf dem Markt"),
        ],
        "to": [
            ("to the station", "zum Bahnhof"),
            ("to the beach", "zum Strand"),
            ("to school", "zur Schule"),
            ("to the market", "auf den Markt"),
            ("home", "nach Hause"),
        ],
        "when": [
            ("yesterday", "gestern"),
            ("on Sunday", "am Sonntag"),
            ("this morning", "heute Morgen"),
            ("last night", "gestern Abend"),
        ],
        "soon": [("tomorrow", "morgen"), ("on Monday", "am Montag"), ("today", "heute"), ("at noon", "mittags")],
    },
    "sentences": [
        ("{name} {done} {a_noun} {where} {when}.", "{name} hat {when} {where} {a_thing} {done}."),
        ("The {adj} {noun} is {where}.", "{The} {adj} {thing} ist {where}."),
        ("Does {name} have {a_noun}?", "Hat {name} {a_thing}?"),
        ("I would like {a_noun}, please.", "Ich möchte bitte {a_thing}."),
        ("We are going {to} {soon}.", "Wir gehen {soon} {to}."),
        ("{name} is waiting for {name_2} {where}.", "{name} wartet {where} auf {name_2}."),
        ("Why did {name} not come {to} {when}?", "Warum ist {name} {when} nicht {to} gekommen?"),
        ("{name_2} {done} nothing {where}.", "{name_2} hat {where} nichts {done}."),
    ],
}

NOTES: Any = {
    "words": {
        "person": [
            "Anna Berger",
            "Ben Okafor",
            "Clara Lind",
            "David Sato",
            "Emma Rossi",
            "Hugo Meyer",
            "Ida",
            "Leo Park",
        ],
        "place": ["Rome", "Oslo", "Bonn", "Lima", "Kyoto", "the Black Forest", "Lake Como", "Cork"],
        "organisation": [
            "Lindenbank",
            "North Rail",
            "Blue Kite Studio",
            "Harbour Press",
            "the Red Cross",
            "Okta Foods",
        ],
        "date": ["4 May", "Monday", "12 June 2024", "25 November", "the first of March", "Friday"],
    },
    "notes": [
        "{person} flies to {place} on {date} for {organisation}.",
        "On {date} {organisation} opens a house in {place}.",
        "Please call {person} back before {date}.",
        "{organisation} wrote that {person} no longer works there.",
        "{person} met {person} in {place}.",
        "The train from {place} to {place} was late again.",
        "Nothing new today, and the coffee machine is still broken.",
        "The contract with {organisation} ends on {date}, says {person}.",
        "{person} likes {place} best when it rains.",
        "Send the bill to {organisation}, {place}.",
        "From {date} on {person} leads the office in {place}.",
        "We need more paper, two lamps and a quiet room.",
        "Please close the windows when you go home.",
        "The answer is yes, but not this year.",
        "Has anybody seen the keys of the small car?",
        "Lunch is soup again.",
        "{person}, {person} and {person} share the car to {place}.",
        "Who paid for the dinner with {organisation} on {date}?",
        "In {place} {organisation} has a new director, {person}.",
    ],
}

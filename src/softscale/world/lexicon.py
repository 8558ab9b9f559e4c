"""The words of the miniature world and the facts a language model can know about them.

Everything that is *knowledge* rather than *reading* is here: which thing is of which category, who is a she and who is
a he, which sense of a word goes with which context, which cause has which effect.
"""

PEOPLE = {
    "Anna": "she", "Clara": "she", "Emma": "she", "Greta": "she", "Ida": "she", "Kate": "she", "Lucy": "she",
    "Ben": "he", "David": "he", "Frank": "he", "Hugo": "he", "Jack": "he", "Leo": "he", "Paul": "he",
}  # fmt: skip

PLACES = ["kitchen", "garden", "beach", "school", "market", "station", "library", "forest"]

CATEGORIES = {
    "fruit": ["apple", "pear", "plum", "lemon", "cherry", "peach"],
    "toy": ["kite", "ball", "doll", "puzzle", "robot", "balloon"],
    "tool": ["hammer", "saw", "drill", "spade", "brush", "ladder"],
    "animal": ["dog", "cat", "horse", "rabbit", "duck", "goat"],
    "garment": ["hat", "coat", "scarf", "glove", "shirt", "sock"],
    "vehicle": ["car", "boat", "train", "truck", "sled", "tractor"],
    "flower": ["rose", "tulip", "lily", "daisy", "violet", "poppy"],
    "instrument": ["drum", "flute", "violin", "trumpet", "harp", "guitar"],
}
CATEGORY_OF = {thing: category for category, things in CATEGORIES.items() for thing in things}
THINGS = list(CATEGORY_OF)

# Each word has two senses; a sense is what the word is about, and the contexts in which it has it.
SENSES = {
    "bank": (("money", ["put money in the bank", "works at the bank", "took money from the bank"]),
             ("river", ["sat on the bank of the river", "swam to the bank", "saw flowers on the bank"])),
    "bat": (("animal", ["saw a bat in the cave", "heard a bat at night", "drew a bat with wings"]),
            ("game", ["hit the ball with a bat", "bought a bat for the game", "swung the bat"])),
    "ring": (("gold", ["wears a gold ring", "lost a ring with a stone", "bought a silver ring"]),
             ("sound", ["heard the phone ring", "made the bell ring", "let it ring twice"])),
    "bark": (("dog", ["heard the dog bark", "made the puppy bark", "likes a loud bark"]),
             ("tree", ["cut the bark of the tree", "touched the rough bark", "drew on bark and leaves"])),
    "spring": (("time", ["planted seeds in spring", "likes the flowers of spring", "was born in spring"]),
               ("water", ["drank from the spring", "found a spring in the rock", "washed in a cold spring"])),
    "watch": (("clock", ["wears a watch", "looked at a watch for the time", "set the watch to noon"]),
              ("seeing", ["stayed to watch the game", "went to watch a film", "likes to watch birds"])),
    "light": (("lamp", ["turned on the light", "saw a light in the window", "needs more light to read"]),
              ("weight", ["carried a light bag", "ate a light meal", "wore a light summer dress"])),
    "match": (("fire", ["lit the fire with a match", "struck a match", "burned the paper with a match"]),
              ("sport", ["won the match", "lost the match by one point", "played a match on Sunday"])),
    "letter": (("post", ["wrote a letter to a friend", "sent a letter by post", "read a letter from home"]),
               ("alphabet",
               ["learned the first letter of the name", "wrote the letter B", "knows every letter of the alphabet"])),
    "wave": (("sea", ["was hit by a wave of the sea", "jumped over a wave", "heard a wave on the shore"]),
             ("hand", ["gave a wave with the hand", "said hello with a wave", "saw a friend wave"])),
    "park": (("grass", ["ran in the park", "fed birds in the park", "sat on a bench in the park"]),
             ("street", ["had to park the bus", "could not park near the shop", "tried to park in the street"])),
    "play": (("theatre", ["saw a play at the theatre", "wrote a play in three acts", "learned the words of a play"]),
             ("fun", ["went out to play", "likes to play with sand", "stopped to play in the snow"])),
}  # fmt: skip

# (what somebody was or did, what somebody therefore did)
CAUSES = [
    ("was hungry", "ate the bread"),
    ("was thirsty", "drank the water"),
    ("was cold", "closed the window"),
    ("was tired", "went to bed"),
    ("was dirty", "took a bath"),
    ("was sick", "called the doctor"),
    ("was bored", "read a book"),
    ("was sad", "cried"),
    ("was late", "ran fast"),
    ("was afraid", "hid in the house"),
    ("was angry", "shouted"),
    ("was lost", "asked for the way"),
    ("was hot", "swam in the lake"),
    ("was rich", "bought a house"),
    ("was sorry", "wrote a card"),
    ("was lonely", "phoned a friend"),
    ("felt the rain", "opened the umbrella"),
    ("felt the wind", "held on to the rope"),
    ("heard a joke", "laughed"),
    ("heard music", "danced"),
    ("heard a noise", "looked outside"),
    ("lost the key", "waited at the door"),
    ("lost the purse", "searched the room"),
    ("missed the bus", "walked home"),
    ("won the game", "cheered"),
    ("won the prize", "gave a party"),
    ("saw a snake", "jumped back"),
    ("saw smoke", "called for help"),
    ("saw a star", "made a wish"),
    ("broke the cup", "cleaned the floor"),
    ("broke a leg", "stayed in hospital"),
    ("burned the cake", "baked again"),
]

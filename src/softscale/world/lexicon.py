"""The words of the miniature world and the facts a language model can know about them.

Everything that is *knowledge* rather than *reading* is here: which thing is of which category, who is a she and who is
a he, which sense of a word goes with which context, which cause has which effect.
"""

PEOPLE = {
    "Anna": "she", "Clara": "she", "Emma": "she", "Greta": "she", "Ida": "she", "Kate": "she",
    "Ben": "he", "David": "he", "Frank": "he", "Hugo": "he", "Jack": "he", "Leo": "he",
}  # fmt: skip

PLACES = ["kitchen", "garden", "park", "school", "market", "station", "library", "beach"]

COLOURS = ["red", "blue", "green", "yellow", "black", "white"]

CATEGORIES = {
    "fruit": ["apple", "pear", "plum", "lemon", "cherry"],
    "toy": ["kite", "ball", "doll", "puzzle", "robot"],
    "tool": ["hammer", "saw", "drill", "spade", "brush"],
    "animal": ["dog", "cat", "horse", "rabbit", "duck"],
    "garment": ["hat", "coat", "scarf", "glove", "shirt"],
}
CATEGORY_OF = {thing: category for category, things in CATEGORIES.items() for thing in things}
THINGS = list(CATEGORY_OF)

# Each word has two senses; a sense is the set of contexts in which the word has it.
SENSES = {
    "bank": (["put money in the bank", "works at the bank", "took money from the bank"],
             ["sat on the bank of the river", "swam to the bank", "saw flowers on the bank"]),
    "bat": (["saw a bat in the cave", "heard a bat at night", "drew a bat with wings"],
            ["hit the ball with a bat", "bought a bat for the game", "swung the bat"]),
    "ring": (["wears a gold ring", "lost a ring with a stone", "bought a silver ring"],
             ["heard the phone ring", "made the bell ring", "let it ring twice"]),
    "bark": (["heard the dog bark", "made the puppy bark", "likes a loud bark"],
             ["cut the bark of the tree", "touched the rough bark", "drew on bark and leaves"]),
    "spring": (["planted seeds in spring", "likes the flowers of spring", "was born in spring"],
               ["drank from the spring", "found a spring in the rock", "washed in a cold spring"]),
    "watch": (["wears a watch", "looked at a watch for the time", "set the watch to noon"],
              ["stayed to watch the game", "went to watch a film", "likes to watch birds"]),
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
    ("felt the rain", "opened the umbrella"),
    ("heard a joke", "laughed"),
    ("lost the key", "waited at the door"),
    ("missed the bus", "walked home"),
    ("won the game", "cheered"),
    ("saw a snake", "jumped back"),
    ("broke the cup", "cleaned the floor"),
]

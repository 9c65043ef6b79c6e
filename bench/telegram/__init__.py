"""The kill test on Telegram: updates come twice, connections break, the house is killed; nothing comes of it.

    house     the program that is killed: a real house, over the real library, on the rehearsed Bot API
    crowd     what people write and press meanwhile
    campaign  the kills, the repeats and the broken connections
    verdict   what rows and phones say once it is over

``python -m bench.telegram`` runs 500 updates with ten kills and ten broken connections.
"""

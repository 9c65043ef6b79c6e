"""Where the house sends what it did, when it is told to: the rooms know only their meter."""

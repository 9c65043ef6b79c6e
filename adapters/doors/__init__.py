"""Ways into the house beside its chats: each is handed what it needs, and knows no room."""

"""The process that holds the connections of all who watch rooms, so that none holds a page worker (docs/adr/0056)."""

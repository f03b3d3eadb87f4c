"""The schema's history. Plain SQL on purpose: triggers, privileges and checks are the point of it."""

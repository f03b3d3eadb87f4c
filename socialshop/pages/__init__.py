"""Pages for people: a phone for members, a desk for leaders and admins. docs/pages.md tells how one is made."""

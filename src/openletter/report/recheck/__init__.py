"""A finding asked again, at the wish of whoever has its link: whether it may be, what was seen, what that means."""

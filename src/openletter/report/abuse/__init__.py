"""What belongs to no subscriber: whom a network names for abuse, and drafts of mails for a person. Nothing here sends."""

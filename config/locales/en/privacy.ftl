# /privacy: what is kept about people, and their rights.

cmd-privacy =
    .description = Your data: what is kept, and your rights

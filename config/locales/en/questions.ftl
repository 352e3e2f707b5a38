# /questions: the bank, a server's own questions, and days of practice.

cmd-questions =
    .description = Questions to practise with
cmd-questions-list =
    .description = Look through the questions
    .param-search = Words of the question, or a technology
    .param-type = What kind of interview
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system-design
    .choice-type-case = case
    .param-level = For how much experience
    .choice-level-junior = junior
    .choice-level-middle = middle
    .choice-level-senior = senior
    .param-page = Which page
cmd-questions-random =
    .description = A question to practise with, by chance
    .param-type = What kind of interview
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system-design
    .choice-type-case = case
    .param-level = For how much experience
    .choice-level-junior = junior
    .choice-level-middle = middle
    .choice-level-senior = senior
cmd-questions-add =
    .description = Add a question of this server; for who manages it
    .param-type = What kind of interview
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system-design
    .choice-type-case = case
    .param-level = For how much experience
    .choice-level-junior = junior
    .choice-level-middle = middle
    .choice-level-senior = senior
    .param-minutes = How long an answer may take
    .param-language = In which language it is written
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-questions-remove =
    .description = Take out a question of this server; for who manages it
    .param-question = Which one
cmd-questions-import =
    .description = Add many questions from a file; for who manages this server
    .param-file = YAML, JSON or CSV, at most 256 KiB and 200 questions; all are added or none
cmd-questions-practice-streak =
    .description = Count the days you practise; only you see it
    .param-counting = On or off; off forgets what was counted
    .choice-counting-on = on
    .choice-counting-off = off

questions-type-behavioural = behavioural
questions-type-technical = technical
questions-type-system-design = system design
questions-type-case = case
questions-level-junior = junior
questions-level-middle = middle
questions-level-senior = senior

questions-form-title = A question of this server
questions-form-text = The question
questions-form-covers = What a strong answer covers
    .hint = One point in each line, one to eight of them
questions-form-follow-ups = What may be asked next, one in each line

questions-none = No question fits: leave something out, or search for other words.
questions-found = { $count ->
        [one] **One question fits**
       *[other] **{ $count } questions fit**
    }
questions-page = -# Page { $page } of { $pages }
questions-own = of this server
questions-card-kind = { $type } · { $level } · { $minutes ->
        [one] about a minute
       *[other] about { $minutes } minutes
    }
questions-card-covers = **What a strong answer covers** (press a line to read it)
questions-card-follow-ups = **What may be asked next**

questions-not-allowed = Only those who manage this server can do that: ask one of them. Nothing was changed.
questions-no-such = There is no such question of this server: choose one of those that are offered.
questions-removed = Taken out: it is asked no more.
questions-added = { $count ->
        [one] Added: one question. It is sealed under your key, and goes with your account.
       *[other] Added: { $count } questions. They are sealed under your key, and go with your account.
    }
questions-too-many = A server has at most { $count } questions of its own: take some out first. Nothing was added.
questions-file-kind = The file must be named .yaml, .json or .csv. Nothing was added.

# Nothing is added when one of these is said. $field is the name of a field in the file.
questions-fault-entry = Question { $entry } of the file:
questions-fault-too-large = The file has more than { $limit } KiB: make it smaller. Nothing was added.
questions-fault-not-readable = The file cannot be read: it must be UTF-8, and the format that its name says. Nothing was added.
questions-fault-no-entries = The file must hold a list of questions. Nothing was added.
questions-fault-too-many = The file has more than { $limit } questions: split it. Nothing was added.
questions-fault-not-an-entry = This must be a question with its fields. Nothing was added.
questions-fault-unknown-field = There is no field “{ $field }”: take it out, or correct its name. Nothing was added.
questions-fault-missing = “{ $field }” is missing: add it. Nothing was added.
questions-fault-not-text = “{ $field }” must be text. Nothing was added.
questions-fault-not-a-list = “{ $field }” must be a list. Nothing was added.
questions-fault-too-long = “{ $field }” has more than { $limit } characters: shorten it. Nothing was added.
questions-fault-too-few-or-many = “{ $field }” must have { $limit } lines. Nothing was added.
questions-fault-not-one-of = “{ $field }” must be one of: { $limit }. Nothing was added.
questions-fault-not-a-number = “{ $field }” must be a number in { $limit }. Nothing was added.
questions-fault-twice = This question is there already: take it out. Nothing was added.

questions-streak-off = Not counted any more; what was counted is forgotten.
questions-streak-not-counted = Your days of practice are not counted. Switch it on with /questions practice-streak counting: on. Only you see it.
questions-streak-empty = Counted from now on: each day with an interview that you take part in or save. Only you see it.
questions-streak-running = { $days ->
        [one] **One day** of practice so far: come back tomorrow.
       *[other] **{ $days } days** of practice in a row
    }
questions-streak-over = No row of days is running: the next interview begins one.
questions-streak-longest = { $days ->
        [one] Longest row: one day
       *[other] Longest row: { $days } days
    }
questions-streak-total = { $days ->
        [one] In all: one day
       *[other] In all: { $days } days
    }
questions-streak-note = -# In your time zone, see /settings. Only these numbers and the last day are kept.

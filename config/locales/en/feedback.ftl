# /feedback: what is told about answers, who is asked for it, and what other people noted.

cmd-feedback =
    .description = Feedback on what you answered in an interview
cmd-feedback-request =
    .description = Ask for feedback on a transcript that you saved
    .param-transcript = Which one
    .param-rubric = What kind of interview it was, for questions of your own
    .choice-rubric-behavioural = behavioural
    .choice-rubric-technical = technical
    .choice-rubric-system-design = system design
    .choice-rubric-case = case
cmd-feedback-view =
    .description = Read your feedback
    .param-feedback = Which one; the newest, unless you say
    .param-answer = One answer in detail, by its number
cmd-feedback-rubric =
    .description = By what answers are judged, from 1 to 5
    .param-type = For which kind of interview; that of your newest feedback, unless you say
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system design
    .choice-type-case = case
cmd-feedback-peer =
    .description = Note something for somebody whose interview you were in
    .param-person = Whom it is for
    .param-transcript = Of which interview; otherwise the last one that they saved with you in it
cmd-feedback-compare =
    .description = Two interviews side by side
    .param-first = One of them
    .param-second = The other one
cmd-feedback-progress =
    .description = How your interviews went over time
    .param-period = How far back; everything, unless you say
    .choice-period-30 = the last 30 days
    .choice-period-90 = the last 90 days
    .choice-period-365 = the last year
    .choice-period-0 = everything
cmd-feedback-dispute =
    .description = Say that you disagree with a score
    .param-feedback = In which feedback
    .param-criterion = Which score
    .choice-criterion-relevance = relevance
    .choice-criterion-context = context
    .choice-criterion-action = own part
    .choice-criterion-result = result
    .choice-criterion-depth = depth
    .choice-criterion-structure = structure
cmd-feedback-delete =
    .description = Delete feedback of yours
    .param-feedback = Which one
cmd-feedback-delete-note =
    .description = Delete what you noted, or what somebody noted for you
    .param-note = Which one

## Criteria

feedback-criterion-relevance = Relevance
    .hint = whether it answers what was asked
feedback-criterion-context = Context
    .hint = whether one can follow the situation
feedback-criterion-action = Own part
    .hint = what you did, or how you reasoned
feedback-criterion-result = Result
    .hint = what came of it, and how it was checked
feedback-criterion-depth = Depth
    .hint = how far below the surface it goes
feedback-criterion-structure = Structure
    .hint = whether one can follow the answer

## Numbers

feedback-number = { NUMBER($value, maximumFractionDigits: 1) }
feedback-range = { NUMBER($low, maximumFractionDigits: 1) }–{ NUMBER($high, maximumFractionDigits: 1) }
feedback-nothing = not enough evidence
feedback-answers = { $count ->
        [one] { $count } answer
       *[other] { $count } answers
    }
feedback-questions = { $count ->
        [one] { $count } question
       *[other] { $count } questions
    }
feedback-interviews = { $count ->
        [one] { $count } interview
       *[other] { $count } interviews
    }
feedback-answers-of = { $scored } of { $total ->
        [one] { $total } answer
       *[other] { $total } answers
    }

## What answers are judged by

feedback-rubric-head = **By what answers are judged · { $kind }**
    Each answer by six criteria, all of the same weight, from 1 to 5. 2 and 4 lie between their neighbours.
feedback-rubric-foot = -# “{ feedback-nothing }”: nothing that you said in that answer could be quoted for the criterion. It is never a low score, and counts neither for you nor against you.
    -# A model is told these sentences in English, and every score that it gives needs a quote of yours.
    -# Scores are for practice only. They may be wrong, say nothing about you as a person, and decide nothing.

## What somebody notes, about themselves or about somebody else

feedback-self-title = First: how did it go?
feedback-self-intro = What you note here is for you alone, and you see it beside the feedback. Nothing is sent anywhere by this form.
feedback-peer-title = For your partner
feedback-peer-intro = The person whom it is for reads this with your name, before any other feedback. Say what would help you.
feedback-overall = Altogether
    .hint = 1: the listener was lost. 3: the main part was there. 5: nothing was missing.
feedback-strong = What was strong?
    .hint = As many as you like, or none.
feedback-weak = What to work on?
    .hint = As many as you like, or none.
feedback-sentence = In a sentence: what worked, or what to try
feedback-noted = Noted. { $person } reads it beside their feedback, with your name.
feedback-note-withdraw = Take it back
feedback-noted-head = **What people noted**
feedback-noted-own = **You**: { $overall } of 5
feedback-noted-by = **{ $person }**: { $overall } of 5
feedback-noted-unreadable = One note cannot be opened any more.
feedback-noted-strong = strong: { $criteria }
feedback-noted-weak = to work on: { $criteria }
feedback-not-for-yourself = For yourself there is a form of its own: it comes first when you use /feedback request.
feedback-not-for-bots = Bots take part in no interviews, so there is nobody to note it for.
feedback-not-together = There is no saved interview of that person in which your words were saved as well, and none that they share with you. Ask them to save it, or to share it with /transcript share.

## Asking

feedback-ask-head = **Feedback on “{ $title }”**
feedback-ask-where = What you said is sent to **{ $host }** ({ $region }), to the model { $model }. It goes out once you press Send, and not before.
feedback-ask-here = The model { $model } on this bot's own machine reads what you said. Nothing leaves that machine.
feedback-ask-size = At most { $tokens ->
        [one] { $tokens } token
       *[other] { $tokens } tokens
    } are used, { $passes ->
        [one] in one pass
       *[other] in { $passes } passes
    }.
feedback-ask-price = That costs whoever runs the bot { $price } { $currency } at most; you pay nothing.
feedback-ask-withheld = { $count ->
        [one] One line of somebody else stays here: only your own words are sent.
       *[other] { $count } lines of others stay here: only your own words are sent.
    }
feedback-ask-peers = -# Nobody else has noted anything yet. To hear from people first, ask whoever was there to use /feedback peer; this can wait.
feedback-ask-redacted = Taken out before: { $kinds }.
feedback-ask-redacted-none = Nothing in it looked like a name, an address or a number that says who somebody is.
feedback-ask-check = What stands for a name is found by rules, and rules miss some. Read the transcript before you send it: /transcript view, and /transcript redact for what should not go.
feedback-ask-flagged = { $count ->
        [one] One line reads like an instruction to the model. It stays here: { $lines }.
       *[other] { $count } lines read like instructions to the model. They stay here: { $lines }.
    }
feedback-ask-left = Left for you today: { $tokens ->
        [one] { $tokens } token
       *[other] { $tokens } tokens
    }.
feedback-ask-left-server = Left for this server this month: { $tokens ->
        [one] { $tokens } token
       *[other] { $tokens } tokens
    }.
feedback-ask-consent = -# By pressing Send you are asked for your consent first, once. You can take it back at any time with /consent withdraw.
feedback-send = Send
feedback-cancel = Cancel
feedback-cancelled = Not sent. Nothing left this bot.
feedback-sent = Sent off. It takes a minute or two; then it waits in /feedback view, and is yours alone.
feedback-under-way = That is under way already. Look into /feedback view in a minute or two.
feedback-not-yours = That is somebody else's.
feedback-consent-title = Feedback by a model
feedback-consent-intro = To write feedback, your saved words from this interview and the questions that they answer are sent to **{ $host }** ({ $region }), to the model { $model }, without the names that were found in them; a provider that asks for it also gets a number that stands for you. You are asked each time before something is sent, and can take this back with /consent withdraw. Privacy policy: <{ $policy }>
feedback-consent-needed = Without that box nothing is sent. Your transcript and what you noted are still there.
feedback-kind-name = { $count ->
        [one] { $count } name
       *[other] { $count } names
    }
feedback-kind-email = { $count ->
        [one] { $count } e-mail address
       *[other] { $count } e-mail addresses
    }
feedback-kind-phone = { $count ->
        [one] { $count } phone number
       *[other] { $count } phone numbers
    }
feedback-kind-link = { $count ->
        [one] { $count } link
       *[other] { $count } links
    }
feedback-kind-handle = { $count ->
        [one] { $count } user name
       *[other] { $count } user names
    }
feedback-kind-discord = { $count ->
        [one] { $count } Discord id
       *[other] { $count } Discord ids
    }
feedback-kind-account = { $count ->
        [one] { $count } bank account
       *[other] { $count } bank accounts
    }
feedback-kind-card = { $count ->
        [one] { $count } card number
       *[other] { $count } card numbers
    }
feedback-kind-machine = { $count ->
        [one] { $count } network address
       *[other] { $count } network addresses
    }
feedback-kind-number = { $count ->
        [one] { $count } long number
       *[other] { $count } long numbers
    }

## Without a model, and what can go wrong

feedback-no-model = No model is set up here, so nobody judges the answers: what was counted, and what you and others noted, is all there is. It waits in /feedback view.
feedback-nothing-to-judge = Nothing that you answered can be scored: it takes { $words ->
        [one] { $words } word
       *[other] { $words } words
    } that were recognised surely enough. So nothing is sent; what was counted is here, and in /feedback view.
feedback-no-answers = There is nothing in that transcript that you answered, so there is nothing to say about it.
feedback-no-such = There is no such feedback of yours. /feedback view offers what there is while you type.
feedback-none = There is no feedback yet. Save an interview with /transcript save, then use /feedback request.
feedback-too-many = As many are under way as can be at once. Wait for one, or cancel one in /feedback view, then ask again.
feedback-state-waiting = **“{ $title }”** waits for its turn.
feedback-state-again = **“{ $title }”** is tried again { $when }: { $reason }
feedback-state-sending = **“{ $title }”** is being written.
feedback-state-failed = **“{ $title }”** has no feedback: { $reason } What you noted is still there; ask again with /feedback request.
feedback-reason-consent = Your consent was taken back, or the policy has changed. Nothing was sent.
feedback-reason-person-budget = What is left of what you may use in a day is not enough. Nothing was sent. It starts anew at midnight UTC.
feedback-reason-server-budget = What is left of what this server may use in a month is not enough. Nothing was sent. It starts anew on the first, UTC.
feedback-reason-busy = The model had too much to do. Nothing was used.
feedback-reason-unavailable = The model did not answer in time. Some of your day's tokens may count as used.
feedback-reason-unfit = What the model wrote could not be used, so none of it is shown. The tokens that it used are counted.
feedback-reason-refused = The model would not write about this. The tokens that it used are counted.
feedback-reason-misconfigured = The model cannot be reached the way it is set up; whoever runs the bot has to look. Nothing was used.
feedback-reason-interrupted = The bot was stopped in the middle of it, twice. Those tries are counted in full.
feedback-reason-unreadable = The transcript could not be opened, or nothing in it can be scored. Nothing was sent.
feedback-over = Your feedback is there: /feedback view.
feedback-over-failed = There is no feedback this time; /feedback view says why.
feedback-cancel-job = Do not send it
feedback-job-cancelled = Cancelled. Nothing more is sent.
feedback-job-too-late = That is over already. Look into /feedback view.
feedback-failed = That did not work, and it is our fault: please try again in a moment. Nothing is sent twice.

## The card

feedback-head = **Feedback on “{ $title }”**
    { $day } · { $answers } · { $model }
feedback-by-nobody = without a model
feedback-by = by { $model }
feedback-strength = **A strength**
    { $text }
feedback-strength-none = **A strength**
    None that could be shown with your own words.
feedback-next = **Next step · { $criterion }, answer { $answer }**
    { $text }
feedback-next-none = **Next step**
    None that could be shown with your own words.
feedback-opening = You could begin so, with nothing but what you said:
feedback-opening-without = -# An opening was written too. It is not shown: { $why }.
feedback-why-invented = it brought in something that you did not say
feedback-why-other = it did not hold up to what you said
feedback-scores = **Scores, 1 to 5** · { $total }
feedback-scores-none = **Scores**
    Not enough evidence for any.
feedback-score = **{ $criterion }** { $score }
feedback-total = altogether { $score }, from { $answers }
feedback-quote = “{ $quote }” (line { $line })
feedback-range-why = -# Two numbers: two passes did not agree.
feedback-lines = -# Lines: /transcript view, “{ $title }”.
feedback-disputed = ✗ you disagree
feedback-measures = **Counted, not scored**
feedback-measure-length = { $words ->
        [one] { $words } word
       *[other] { $words } words
    } in { $time }
feedback-measure-typed = { $words ->
        [one] { $words } word
       *[other] { $words } words
    }, typed
feedback-measure-pace = { NUMBER($value, maximumFractionDigits: 0) } words a minute
feedback-measure-share = { NUMBER($value, maximumFractionDigits: 0) } % of the talking
feedback-measure-thinking = { NUMBER($value, maximumFractionDigits: 0) } s before you began
feedback-measure-pause = longest pause { $time }
feedback-measure-interruptions = interruptions: { $own } by you, { $others } by others
feedback-measure-fillers = fillers in 100 words: { NUMBER($value, maximumFractionDigits: 1) } or more
feedback-measure-hedges = hedges in 100 words: { NUMBER($value, maximumFractionDigits: 1) }
feedback-fillers-note = -# Recognition leaves most fillers out, so that number is too low.
feedback-past = { $median }, { $low }–{ $high }
feedback-past-share = { NUMBER($value, maximumFractionDigits: 0) } %
feedback-past-foot = { $count ->
        [one] -# In brackets: your one interview before this.
       *[other] -# In brackets: the middle and the range of your last { $count } interviews before this one.
    }
feedback-past-foot-answers = { $count ->
        [one] -# In brackets: your one answer of this kind in the interviews before.
       *[other] -# In brackets: the middle and the range of your last { $count } answers of this kind, in the interviews before.
    }
feedback-dropped = -# Left out because our checks did not let it through: { $count ->
        [one] { $count } thing
       *[other] { $count } things
    } that the model wrote.
feedback-flagged = -# Not sent, because it reads like an instruction to a model: { $lines }.
feedback-foot = -# For practice only. It may be wrong. It says nothing about you as a person, and decides nothing.
feedback-foot-ai = -# Written by a model. Our rules check that every quote is yours, word for word. Whether it deserves its score, no rule can check: read the quotes. It may be wrong. For practice only. It says nothing about you as a person, and decides nothing.
feedback-unreadable = This feedback was changed or damaged, and cannot be opened. You can delete it with /feedback delete.
feedback-dispute-button = I disagree
feedback-delete-button = Delete
feedback-answer-menu = One answer in detail
feedback-answer-option = { $number }. { $question }
feedback-answer-unasked = Everything you said
feedback-answer-head = **Answer { $number }** · { $score }
feedback-status-unanswered = not answered
feedback-status-short = fewer than { $words } words, so not scored
feedback-status-unsure = recognised too unsurely, so not scored
feedback-status-left-out = not sent: the interview is too long for one request
feedback-status-unjudged = not judged
feedback-lines-button = Read these lines
feedback-back = The whole interview
feedback-no-answer = There is no answer with that number. { $count ->
        [one] There is one.
       *[other] There are { $count }.
    }

## Pictures

feedback-timeline-title = Who spoke when
feedback-timeline-subtitle = { $day } · { $time } · { $questions }
feedback-timeline-pauses = Pauses from { NUMBER($seconds, maximumFractionDigits: 0) } s
feedback-role-candidate = candidate
feedback-role-interviewer = interviewer
feedback-role-observer = observer
feedback-you = You
feedback-others = Others
feedback-somebody = Person { $number }
feedback-lane-note = { $role } · { NUMBER($share, maximumFractionDigits: 0) } %
feedback-timeline-alt = Who spoke when, in { $time }. { $people }. { $questions }. Pauses of 3 seconds or more: { $pauses }.
feedback-timeline-alt-person = { $name } ({ $role }): { NUMBER($share, maximumFractionDigits: 0) } % of the talking
feedback-pauses-none = none
feedback-pauses = { $count }, the longest { $time }
feedback-scores-title = Scores
feedback-scores-subtitle = 1 to 5 · { $answers } · striped: two passes did not agree
feedback-scores-subtitle-sure = 1 to 5 · { $answers }
feedback-scores-alt = Scores from 1 to 5. { $items }.
feedback-scores-alt-item = { $criterion }: { $score }
feedback-progress-title = Progress
feedback-progress-subtitle = { $interviews } · for practice, each against your own past
feedback-progress-range = dot: mean of the answers; bar: where two passes did not agree
feedback-progress-break = rubric, instructions or model changed: not comparable across the line
feedback-progress-missing = not enough evidence
feedback-progress-alt = Scores over { $interviews }, from 1 to 5; “?” is not enough evidence. { $items }.
feedback-progress-alt-item = { $criterion }: { $scores }
feedback-progress-alt-break = (changed)
feedback-altogether = Altogether

## Comparing

feedback-compare-head = **Side by side**
    { $before } → { $after }
feedback-compare-line = - **{ $criterion }** { $before } → { $after }
feedback-compare-higher = - **{ $criterion }** { $before } → { $after } (higher)
feedback-compare-lower = - **{ $criterion }** { $before } → { $after } (lower)
feedback-compare-foot = -# Higher or lower is said only where the difference is larger than what two passes leave open. Two interviews say little.
feedback-compare-same = Choose two different ones.
feedback-compare-apart = These two were judged by different rubrics, instructions or models, so their scores say nothing about each other. What was counted can be compared:
feedback-compare-unscored = At least one of them has no scores. What was counted can be compared:
feedback-progress-head = **Progress** · { $interviews }
feedback-progress-line = - **{ $criterion }** { $median } ({ $range }, { $interviews })
feedback-progress-none = There is nothing scored in that time. What was counted stands with each interview in /feedback view.
feedback-progress-unscored = -# Without scores, and not in the picture: { $interviews }.
feedback-progress-breaks = -# Rubric, instructions or model changed { $count ->
        [one] once
       *[other] { $count } times
    } in that time; only what came after the last change is summed up.
feedback-progress-foot = -# The middle and the range of the last { $most } at most. For practice only.

## Disagreeing, deleting

feedback-dispute-title = I disagree
feedback-dispute-which = With which score?
feedback-dispute-why = Why?
    .hint = For you, and for whom you ask to look. The score stays, with your objection beside it.
feedback-dispute-kept = Kept: you disagree about { $criterion }. It stands beside the score from now on. To have a person look at it: /privacy request.
feedback-dispute-no-score = There is no score to disagree with.
feedback-sure = Delete the feedback on **“{ $title }”** for good? The transcript stays, and so does what you and others noted: /feedback delete-note.
feedback-delete = Delete for good
feedback-keep = Keep it
feedback-kept = Kept.
feedback-deleted = Deleted.
feedback-note-own = for yourself
feedback-note-given = for { $person }
feedback-note-got = by { $person }
feedback-note-unknown = somebody else
feedback-note-none = There is no such note by you or for you. /feedback delete-note offers what there is while you type.
feedback-note-sure-own = Delete what you noted about yourself on **“{ $title }”** for good?
feedback-note-sure-given = Delete what you noted for { $person } on { $day } for good? They may have read it before; after that nobody can.
feedback-note-sure-got = Delete what { $person } noted for you on **“{ $title }”** for good?
feedback-choice = { $day } · { $title }
feedback-untitled = (no title)

# /privacy: what is kept about people, and their rights.

cmd-privacy =
    .description = Your data: what is kept, and your rights
cmd-privacy-notice =
    .description = The privacy policy of this bot
cmd-privacy-processors =
    .description = Who else gets to see something of your data, and where
cmd-privacy-contact =
    .description = Who answers for your data here
cmd-privacy-data =
    .description = How much is kept about you, and for how long
cmd-privacy-export =
    .description = Everything that is kept about you, as files
cmd-privacy-delete-transcripts =
    .description = Delete every transcript that you saved
cmd-privacy-delete-account =
    .description = Delete everything that is kept about you
cmd-privacy-request =
    .description = Ask whoever runs the bot for something about your data
    .param-kind = What you ask for
    .param-text = In your own words
    .choice-kind-access = access: a copy of my data
    .choice-kind-portability = portability: my data, to take elsewhere
    .choice-kind-erasure = erasure: delete my data
    .choice-kind-rectification = rectification: put something right
    .choice-kind-restriction = restriction: keep it and do nothing with it
    .choice-kind-objection = objection to what is done with my data
    .choice-kind-complaint = complaint
    .choice-kind-withdraw = withdrawal of consent
cmd-privacy-analytics =
    .description = Whether it is counted what you use; off until you switch it on
    .param-switch = On: a form asks for your yes. Off: at once
    .choice-switch-on = on
    .choice-switch-off = off
cmd-privacy-opt-out =
    .description = Never be heard by this bot, in any server
    .param-switch = On: nobody can have you heard. Off: you may be asked again
    .choice-switch-on = on
    .choice-switch-off = off
cmd-privacy-correct =
    .description = Put something right that is kept about you
    .param-text = What is wrong, and how it is right; empty: what you can put right yourself
cmd-privacy-object =
    .description = Object to something that is done with your data
    .param-text = What you object to, and why it weighs more for you
cmd-privacy-requests =
    .description = Your requests, and by when they are answered
cmd-privacy-confirm =
    .description = Confirm a request that you made by e-mail
    .param-code = The code from the answer that you got
cmd-privacy-receipt =
    .description = Check a receipt of a deletion
    .param-file = The JSON file that came with it

privacy-failed = That did not work, and it is our fault: please try again in a moment.
privacy-and-more = -# And { $count } more

## What people are told

# Shown above the policy in languages that it is not written in.
privacy-policy-language = The privacy policy is written in English.
privacy-policy-foot =
    -# Version { $version } · SHA-256 of the file: `{ $hash }`
    -# The whole policy is attached.
privacy-processors-head = **Who else gets to see something of your data**
# Shown where the reader's language is not English.
privacy-processors-language = -# What is said of each is as whoever runs the bot wrote it.
privacy-processor-on =
    - 🟢 **{ $name }** is on. { $purpose }
    { "  " }Gets: { $data }. Where: { $region }, { $transfer }. Kept: { $retention }{ $evidence }
privacy-processor-off = - ⚪ **{ $name }** is off and gets nothing. { $purpose }
privacy-transfer-eea = stays in the European Economic Area
privacy-transfer-scc = standard contractual clauses
privacy-transfer-dpf = EU-U.S. Data Privacy Framework
privacy-transfer-local = on this installation's own machines
privacy-contact =
    {""}**{ $name }**, in { $region }, answers for your data here. E-mail: `{ $email }`
    Or use /privacy request: it is answered within { $days ->
        [one] one day
       *[other] { $days } days
    }. You can also complain to the data protection authority of where you live or work.
    -# The bot is for people of at least { $age } years.

## What is kept

privacy-nothing-kept = Nothing is kept about you here. What is said in a running interview by those who joined is in memory only, and gone 30 minutes after it.
privacy-data-head = **What is kept about you**
privacy-data-line = - { $rows } · { $what } · { $kept }
privacy-data-foot = -# What was said and not saved is in memory only, and gone 30 minutes after the interview. All of it as files: /privacy export. Delete it: /privacy delete-account.
privacy-table-subject = who you are: your Discord id, sealed
privacy-table-consent-event = what you agreed to or took back
privacy-table-opt-out = that you are never to be heard
privacy-table-transcript = transcripts that you saved
privacy-table-turn = lines that you said, in your transcripts and in those of others
privacy-table-share = transcripts shared by you or with you
privacy-table-feedback = comments on your transcripts
privacy-table-ai-job = comments that are being made
privacy-table-request = requests about your data
privacy-table-audit = security events
privacy-table-analytics-event = counted events of use
privacy-table-budget = what comments have used
privacy-table-rating = notes about you and by you
privacy-table-reservation = what comments that are being made may use
privacy-table-preference = your settings
privacy-table-queue-entry = your place in the queue for interviews
privacy-table-usage = how long you practised in a server on which day
privacy-table-block = servers that keep you from starting and joining interviews
privacy-table-guild-question = questions that you added to a server
privacy-table-offer = offers and invitations to practise together
privacy-period-account = until you delete your account
privacy-period-saved = until its owner deletes it, or you your account
privacy-period-interview = until the interview is over
privacy-period-job = until it is done, at most a day
privacy-period-server = until who manages the server deletes it, or the bot leaves
privacy-period-block = until it is lifted or ends, at most a year, also if you delete your account
privacy-period-30-days = 30 days
privacy-period-90-days = 90 days
privacy-period-a-year = until a year after they were answered, or you delete your account
privacy-period-backups = as long as a backup could bring back what was erased, without naming anybody
privacy-period-installation = as long as the bot is run; it is about nobody
privacy-exported = { $parts ->
    [one] Everything that is kept about you
   *[other] Part { $number } of { $parts } of what is kept about you
}. Your own words are in it, those of others are not. It lies on Discord's servers while this message does: download it, then dismiss or delete the message.
privacy-export-too-large = { $count ->
    [one] Part { $numbers } of { $parts } is
   *[other] Parts { $numbers } of { $parts } are
} larger than Discord takes: write to the address of /privacy contact, and you get the rest another way.
privacy-export-damaged = { $count ->
    [one] One thing that is kept about you could not be opened: it was
   *[other] { $count } things that are kept about you could not be opened: they were
} changed or damaged in the place where the bot keeps its data. Everything else is in the package, and its README.txt says what is missing. Write to the address of /privacy contact to have it put right or deleted.

## Being heard

privacy-opted-out = You are heard nowhere any more, in any server, whatever you agreed to or agree to later; lines that nobody saved are gone. What was saved stays: /privacy data shows it. /privacy opt-out off lets you be asked again.
privacy-opted-in = You may be asked again. You have agreed to nothing by this: you are heard only where you join and say yes.
privacy-not-opted-out = You had not opted out. You are heard only where you join and say yes.
privacy-analytics-title = Counting what I use
privacy-analytics-intro = **What is counted.** Which commands you use and how long interviews were, in steps, with the day, under a pseudonym that is another one in each quarter. None of your words, no names. Gone after 90 days. Nothing depends on it.
privacy-analytics-none = This bot counts nothing, so there is nothing to switch on.
privacy-analytics-on = It is counted from now on what you use, under a pseudonym. /privacy analytics off ends it at once.

## Deleting

# What must be typed: two words, so that one is not typed for the other. In lower case.
privacy-delete-transcripts-word = transcripts
privacy-delete-account-word = account
privacy-delete-transcripts-title = Delete all my transcripts
privacy-delete-account-title = Delete everything about me
privacy-delete-transcripts-intro =
    This deletes **every transcript that you saved**, for everybody they are shared with, with all comments on them. It cannot be undone.

    What stays: your words in transcripts that other people saved. You can take them out one by one with /transcript redact, or all at once with /privacy delete-account.
privacy-delete-account-intro =
    This deletes **everything that is kept about you**: your transcripts, your words in those of others, what you agreed to, your requests. You are heard nowhere any more, at once. It cannot be undone, and you may begin anew at any time.

    You get a signed receipt. If moderators of a server blocked you there, that stays until it ends. What others copied, and what Discord keeps, is out of reach.
privacy-word-label = To go on, type “{ $word }”
privacy-wrong-word = Nothing was deleted, since that was not the word: use the command again and type “{ $word }”.
privacy-no-transcripts = You have no transcripts of your own, so nothing was deleted.
privacy-transcripts-gone = Deleted for good, for everybody: { $count ->
    [one] one transcript
   *[other] { $count } transcripts
} of yours.
privacy-transcripts-unfinished = That could not be finished, and it is our fault: use the command again; what was begun is finished at the bot's next start at the latest.
privacy-transcripts-stay = Your words in transcripts of other people stay, until you redact them or delete your account.
privacy-not-rewritten = The files could not be rewritten yet, because somebody was reading them: until the bot starts the next time, they still hold what was deleted, encrypted.
privacy-nothing-opens = Nothing opens it any more.
privacy-account-failed = That could not be finished, and it is our fault: please use /privacy delete-account again in a moment. You are heard nowhere any more.
privacy-account-nothing = Nothing was kept about you here, so nothing had to be deleted. You are heard nowhere. The attached receipt says so.
privacy-account-gone = **Deleted.** You are heard nowhere any more, and this is gone, together with the keys that opened it:
privacy-account-line = - { $rows } · { $what }
privacy-account-running = What a running interview still holds of you goes when it ends.
privacy-account-receipt = Keep the attached receipt, which does not name you: the bot keeps no copy. /privacy receipt checks it.

## Asking

privacy-requested = Put down: { $kind }. It is answered by { $due }; see /privacy requests.
# What does it without anybody having to answer. Complaint and the others have a hint, or none.
privacy-hint-access = /privacy export gives it at once.
privacy-hint-portability = /privacy export gives it at once.
privacy-hint-erasure = /privacy delete-account does it at once.
privacy-hint-rectification = /transcript correct does it at once for words.
privacy-hint-complaint = You can also go to a data protection authority.
privacy-hint-withdraw = /consent withdraw does it at once.
privacy-correct-yourself = Words that were written down wrongly: /transcript correct. What you agreed to: /consent. Your name is as Discord had it when it was saved. For anything else, say here what is wrong and how it is right; it is answered within { $days ->
    [one] one day
   *[other] { $days } days
}.
privacy-no-requests = You have made no requests. /privacy request makes one.
privacy-too-many-requests = You have { $most ->
    [one] one open request
   *[other] { $most } open requests
} already: each is answered in time, so please wait for these first.
privacy-requests-head = **Your requests**
privacy-request-open = - **{ $kind }** · made on { $made } · answered by { $due }
privacy-request-closed = - **{ $kind }** · made on { $made } · { $outcome } on { $closed }
privacy-outcome-done = done
privacy-outcome-partly = done in part
privacy-outcome-refused = refused
privacy-outcome-taken-back = taken back
privacy-outcome-unconfirmed = never confirmed
privacy-outcome-none = closed
privacy-confirmed = This request is yours now.
privacy-code-refused = This code is not good, or not any more: it works once, for { $hours ->
    [one] one hour
   *[other] { $hours } hours
} and a few tries. Ask by e-mail for another.

## Receipts

privacy-not-a-receipt = That file is no receipt: attach the JSON file that came with a deletion.
privacy-receipt-holds = ✅ This receipt holds: this installation signed it for a deletion at { $at }, and { $keys ->
    [0] it names no keys
    [one] the key that it names is not there any more
   *[other] none of the { $keys } keys that it names is there any more
}.
privacy-receipt-refused = ❌ This receipt does not hold:
privacy-fault-installation = another installation made this receipt
privacy-fault-signature = the signature does not hold
privacy-fault-keys = { $count ->
    [one] one of the destroyed keys is
   *[other] { $count } of the destroyed keys are
} in the keyring of this bot
privacy-fault-files = the files were not rewritten yet: they still hold what was deleted, which nothing opens

# /consent, and the form that asks.

cmd-consent =
    .description = What you agree to, and taking it back
cmd-consent-give =
    .description = Choose what you agree to; nothing is ticked for you
cmd-consent-withdraw =
    .description = Take back what you agreed to, at once
    .param-scope = What to take back; everything, unless you say
    .choice-scope-all = everything
    .choice-scope-transcribe = { consent-purpose-transcribe.name }
    .choice-scope-captions = { consent-purpose-captions.name }
    .choice-scope-save = { consent-purpose-save.name }
    .choice-scope-ai-feedback = { consent-purpose-ai-feedback.name }
    .choice-scope-analytics = { consent-purpose-analytics.name }
cmd-consent-status =
    .description = What you agree to now
cmd-consent-history =
    .description = Everything you ever agreed to or took back, as a file that can be checked
    .param-format = JSON can be checked offline; CSV is for reading

## The form

consent-title = What I agree to
consent-title-join = Join the interview
# What somebody reads before the first box can be ticked. $speech is one of the two after it.
consent-intro = **What happens with your voice.** The bot decrypts it only after you tick the first box, { $speech }; sound is never stored. Text that nobody saves is gone 30 minutes after the interview. You can leave at any time with one press. Privacy policy: <{ $policy }>
consent-speech-here = turns it into text in memory and overwrites the sound at once
consent-speech-elsewhere = **sends it, with the question that is being asked, to { $host }, which turns it into text**, and overwrites the sound at once
consent-purposes = I agree to
    .hint = Each box is separate; nothing is ticked for you.
# .name is what it is called in a list; the message itself is the box in the form.
consent-purpose-transcribe = Turn my speech into text
    .hint = Needed to take part. Only in interviews that I join.
    .name = speech to text
consent-purpose-captions = Show my words as captions
    .hint = Everybody in the interview's channel can read them until it ends.
    .name = captions
consent-purpose-save = Keep my words when somebody saves the transcript
    .hint = Sealed under a key of my own; I can take them out again, and whoever saves it can read them.
    .name = saving
consent-purpose-ai-feedback = Send my saved words to a language model for feedback
    .hint = Only when I ask for feedback, and only to the one that is named then.
    .name = AI feedback
consent-purpose-analytics = Count what I use
    .hint = Under a pseudonym that changes, without any of my words.
    .name = counting of use
consent-age = My age
    .hint = { $age }, or what the law where you live asks for, whichever is more.
    .option = I am old enough to agree to this myself
consent-too-young = You can take part only if you are old enough to agree to this yourself. Nothing was kept.
consent-opted-out = You chose never to be heard by this bot, so nothing was agreed to: /privacy opt-out off lets you be asked again.
consent-nothing-ticked = Nothing was ticked, so nothing changed. What you agree to now: /consent status.

## What somebody agrees to

consent-standing-head = **What you agree to**
consent-standing-line = { $standing ->
    [yes] ☑ yes
    [stale] ☐ asked again (the policy has changed)
   *[no] ☐ no
}: { $purpose }
consent-standing-foot = -# Change it with /consent give, take it back with /consent withdraw. All you decided: /consent history.
consent-nothing-to-take-back = You had not agreed to that, so there was nothing to take back. Nothing of it happens.
consent-taken-back = Taken back: { $purposes }. It has stopped already.
consent-heard-nowhere = You are heard nowhere any more, and what you said that nobody saved is gone.
consent-no-decisions = You never agreed to anything here, so there is nothing to show.
consent-history = { $count ->
    [one] Your decision.
   *[other] Your { $count } decisions.
} The JSON is signed and chained: whoever has it can check it without this bot. It lies on Discord's servers while this message does.
consent-history-damaged = { $count ->
    [one] When and how one of them was made could not be opened any more: it was
   *[other] When and how { $count } of them were made could not be opened any more: they were
} changed or damaged in the place where the bot keeps its data, and cannot be checked. Write to the address of /privacy contact.
consent-failed = That could not be written down, and it is our fault. Nothing is done that you did not agree to; what you took back stays off while the bot runs. Please try again in a moment.

# /transcript: saving, reading, sharing and deleting what was said.

cmd-transcript =
    .description = Transcripts that you saved
cmd-transcript-save =
    .description = Keep what was said in your last interview; otherwise it is forgotten
    .param-title = What to call it; by default the day
cmd-transcript-list =
    .description = Your transcripts, and those shared with you
    .param-page = Which page of them
cmd-transcript-view =
    .description = Read a transcript
    .param-transcript = Which one
    .param-page = Which page of it
cmd-transcript-search =
    .description = Look for words in everything you may read
    .param-text = Words in any order; a "phrase" in quotes
cmd-transcript-export =
    .description = Take a transcript along as a file
    .param-transcript = Which one
    .param-format = Text, Markdown, JSON, a table, or subtitles
cmd-transcript-correct =
    .description = Put right what was heard wrongly of your own words
    .param-transcript = Which one
    .param-line = Its number, as /transcript view shows it
    .param-text = What you said
cmd-transcript-redact =
    .description = Take words out for good: your own anywhere, any in your transcripts
    .param-transcript = Which one
    .param-line = Its number, as /transcript view shows it
cmd-transcript-share =
    .description = Let somebody read a transcript of yours for a while
    .param-transcript = Which one
    .param-person = Who may read it
    .param-hours = For how long; 24 unless you say
cmd-transcript-unshare =
    .description = Let somebody read it no longer
    .param-transcript = Which one
    .param-person = Who may no longer read it
cmd-transcript-delete =
    .description = Delete a transcript of yours, for everybody
    .param-transcript = Which one

transcript-failed = That did not work, and it is our fault. Nothing was lost; please try again.
transcript-no-such = There is no such transcript, or it is not for you: choose one of those that are offered.
transcript-not-possible = That is not possible: look at what you typed, and try again.
transcript-page = -# Page { $page } of { $pages }
transcript-and-more = -# And { $count } more

## Saving

transcript-save-title = Save the transcript
transcript-save-afterwards = The interview still runs: save it when it is over, within half an hour.
transcript-no-draft = There is nothing of that interview for you to read: its half hour is over, nothing was said by those who joined, or you were not one of them.
transcript-not-ticked = Nothing was saved, since saving was not ticked.
transcript-nothing-to-save = There is nothing to save: nobody who spoke agrees to have their words kept.
transcript-title = Interview of { $day }, { $time } UTC
transcript-saved = Saved, { $lines ->
    [one] one line
   *[other] { $lines } lines
}. Read it with /transcript view, share it with /transcript share.
transcript-left-out = The words of { $people ->
    [one] one person
   *[other] { $people } people
} are left out and shown as \[not saved\]: they did not agree to be kept.

## Reading

transcript-none = You have no transcripts. After an interview, /transcript save keeps what was said.
transcript-list-head = **Your transcripts**
transcript-unopened = cannot be opened
transcript-entry = - **{ $title }** · { $day } · { $lines ->
    [one] one line
   *[other] { $lines } lines
}
transcript-entry-shared-with-you = shared with you
transcript-entry-shared-until = shared with you until { $until }
transcript-entry-readers = shared with { $people ->
    [one] one person
   *[other] { $people } people
}
transcript-empty = Nothing is in it.
transcript-question = Question
transcript-note = Your note
transcript-not-saved = [not saved]
transcript-redacted = [redacted]
transcript-erased = [erased]
transcript-withheld = [withheld]
transcript-damaged = [damaged]
transcript-gap = [{ $seconds } s not transcribed]
transcript-nothing-found = Nothing fits. Words may stand in any order; put a phrase in quotes.
transcript-hit = - **{ $title }** · { $day }
transcript-hit-line = line { $line }
transcript-exported = Your file. It lies on Discord's servers while this message does.

## Changing

transcript-line-corrected = Corrected: everybody who may read this transcript sees what you said.
transcript-line-redacted = Taken out for good. A mark stands in its place.
transcript-not-with-bots = A transcript can be shared with people only.
transcript-not-with-yourself = It is yours already: choose somebody else.
transcript-shared = { $person } may read it until { $until }. They are not told: send them a word.
transcript-unshared = They cannot read it any more.
transcript-was-not-shared = They could not read it anyway.
transcript-sure = Delete **{ $title }** for everybody, with its { $lines ->
    [one] one line
   *[other] { $lines } lines
} and all feedback on it? It cannot be brought back.
transcript-delete-for-good = Delete it for good
transcript-keep-it = Keep it
transcript-kept = Nothing was deleted.
transcript-deleted = Deleted for good, with { $lines ->
    [one] one line
   *[other] { $lines } lines
} and { $comments ->
    [one] one comment
   *[other] { $comments } comments
}. { $readers ->
    [0] Nobody else
    [one] One other person
   *[other] { $readers } other people
} could read it. A restored backup does not bring it back.

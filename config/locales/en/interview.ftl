# /interview: what everybody in the channel sees, and what is answered to one person.

cmd-interview =
    .description = Practise a job interview by voice
cmd-interview-start =
    .description = Start an interview in the voice channel you are in
    .param-type = Which questions are asked; any, unless you say
    .param-role = What you are in it; the candidate, unless you say
    .param-level = For how much experience; any, unless you say
    .param-questions = How many questions; 0 if you bring your own, 5 unless you say
    .param-minutes = How long it should take; 0 for no limit, 45 unless you say. A reminder, no end
    .param-language = Of notice and questions, and the one that is spoken
    .param-captions = Where the words appear while people speak
    .param-silence = Practising alone: the next question comes after so many seconds of silence
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system design
    .choice-type-case = case
    .choice-type-open = any kind
    .choice-role-candidate = candidate
    .choice-role-interviewer = interviewer
    .choice-role-observer = observer
    .choice-level-junior = junior
    .choice-level-middle = middle
    .choice-level-senior = senior
    .choice-captions-voice-chat = in the voice channel's chat
    .choice-captions-thread = in a thread here
    .choice-captions-off = nowhere
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-interview-join =
    .description = Take part: be heard in the running interview
    .param-as = What you are in it; what is missing, unless you say
    .choice-as-candidate = candidate
    .choice-as-interviewer = interviewer
    .choice-as-observer = observer
cmd-interview-question =
    .description = Ask a question: the next, another, the same again, or one of your choice
    .param-action = What to do; the next question, unless you say
    .param-item = A question from the list, or your own words
    .choice-action-next = next
    .choice-action-skip = skip this one
    .choice-action-repeat = repeat
    .choice-action-follow-up = ask a follow-up
cmd-interview-swap =
    .description = Candidate and interviewer change places
cmd-interview-timer =
    .description = Set the reminder for this question
    .param-minutes = From now on; 0 for no reminder
cmd-interview-note =
    .description = Write something down for yourself; only you ever see it
    .param-text = What to remember
cmd-interview-answer =
    .description = Type an answer instead of speaking
cmd-interview-leave =
    .description = Stop being heard, at once
cmd-interview-pause =
    .description = Hear nobody for a while
cmd-interview-resume =
    .description = Go on after a pause
cmd-interview-stop =
    .description = End the interview; what nobody saves is forgotten
cmd-interview-status =
    .description = Who takes part, and whose packets were decrypted
cmd-interview-draft =
    .description = Read your last interview once more; it is kept for half an hour
cmd-interview-forget =
    .description = Remove all your lines from captions and draft
cmd-remove-my-line =
    .name = Remove my line

## Buttons

interview-button-join = Join
interview-button-leave = Leave
interview-button-pause = Pause
interview-button-resume = Resume
interview-button-stop = End
interview-button-status = Status
interview-button-privacy = Privacy
interview-button-forget = Remove my lines
interview-button-draft = Read it once more
interview-button-withdraw = Take back my yes
interview-button-save = Save it
interview-button-next = Next
interview-button-skip = Skip
interview-button-repeat = Repeat
interview-button-followup = Follow-up
interview-button-answer = Type an answer

## The notice

interview-heard = ## 🔴 Interview: those who joined are heard
# $why: one or several of the reasons below.
interview-not-heard = ## ⏸ Interview: nobody is heard
    {""}{ $why }
interview-pause-notice = This notice is being put up.
interview-pause-mark = The sign that shows the interview in the member list is gone and is being put up again.
interview-pause-moved = The bot was moved to this channel.
interview-pause-plain = The call is no longer end-to-end encrypted.
interview-pause-asked = Somebody paused it.
interview-notice = **Nobody is heard without a yes.** Press **Join** to take part; the voice of everybody else stays encrypted and is dropped unread. { $speech }, the sound is overwritten at once and never stored. { $captions } Text that nobody saves is gone { $kept } after the end.
interview-kept = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
interview-speech-here = Speech becomes text in memory
interview-speech-elsewhere = **Speech is sent, encrypted, with the question that is being asked, to { $host }, which turns it into text**; what happens there is up to those who run it. Here
interview-captions-voice-chat = Captions appear in this channel, where everybody in it can read them, and are deleted at the end.
interview-captions-thread = Captions appear in a thread of a text channel, where everybody who sees it can read them, and are deleted at the end.
interview-captions-off = No captions are shown.
interview-roster = **Taking part:** { $who }
interview-roster-person = { $name } ({ $role })
interview-roster-nobody = nobody yet
interview-roster-more = { $who } and { $count } more
interview-role-candidate = candidate
interview-role-interviewer = interviewer
interview-role-observer = observer
interview-somebody = Somebody
interview-locked = 🔒 end-to-end encrypted
interview-unlocked = 🔓 not end-to-end encrypted
interview-host = host { $host }
interview-planned = planned until { $time }
interview-soon = five minutes are left; nothing ends by itself
interview-overtime = the planned time is over; nothing ends by itself
interview-captions-header = -# Live captions · may be wrong · deleted when the interview ends
interview-captions-header-late = -# Live captions · running late, more is being said than this bot can keep up with · may be wrong
interview-thread = Interview captions
interview-mark-status = 🔴 Interview: those who joined are heard
interview-gap = [{ $seconds } s not transcribed]
interview-seconds = { $count } s
interview-minutes = { $count } min
interview-greeting = { $who }: an interview is running in this channel. You are not heard. Press **Join** if you want to take part; otherwise you need not do anything.

## The question's card

interview-card-none = ### No question yet
interview-card-number = ### Question { $number }
interview-card-of = ### Question { $number } of { $of }
interview-card-follow-up = **And:** { $text }
interview-card-due = -# ⏱ Meant to take until about { $time }. This is a reminder; nothing ends.
interview-card-overdue = -# ⏱ The time meant for this question is over. Take the time you need: nothing ends by itself.
interview-card-silence = { $seconds ->
    [one] -# You practise alone: after a longer answer and { $seconds } second of silence the next question comes. You can also press Next.
   *[other] -# You practise alone: after a longer answer and { $seconds } seconds of silence the next question comes. You can also press Next.
}
interview-card-solo = -# You practise alone: press Next when you have answered.
interview-card-finished = **That was the last question.** Go on talking, or end the interview.

## The end

interview-over-head = ## ⏹ The interview is over
interview-over-text = { $why } It ran for { $length }. The sound is gone, the captions are deleted, and the text is forgotten in { $kept } unless it is saved.
# The bot was shut down: nobody can save any more.
interview-over-shutdown = { $why } It ran for { $length }. The sound is gone, the captions are deleted, and the text is forgotten.
interview-over-restart = The bot is being restarted, so the interview ends here. It ran for { $length }. The sound is gone, and the captions are deleted. The text can be saved now; it is forgotten { $time }.
interview-stopped-asked = The host ended it.
interview-stopped-host-left = The host had left.
interview-stopped-moderator = A moderator ended it.
interview-stopped-empty = Everybody had left.
interview-stopped-kicked = The bot was taken out of the channel.
interview-stopped-moved = The bot was moved to a channel where interviews are not allowed.
interview-stopped-limit = The time that this server allows for today is used up.
interview-stopped-shutdown = The bot was shut down by its operator.
interview-stopped-failed = Something went wrong.
interview-restarting = The bot is being restarted. Start the interview in a few minutes.

## Answers

interview-started = The interview runs in { $channel }. Nobody is heard yet, you neither: press Join if you take part.
interview-started-unmarked = The bot may change neither its nickname nor the channel's status here, so the notice is the only sign that an interview runs.
interview-lacks = The bot lacks { $permissions } in the voice channel. Somebody who manages the server can grant it: Edit Channel > Permissions > the bot's role.
interview-lacks-thread = The bot lacks { $permissions } in this channel. Somebody who manages the server can grant it: Edit Channel > Permissions > the bot's role.
# As Discord calls them in this language.
interview-permission-view-channel = View Channel
interview-permission-connect = Connect
interview-permission-send-messages = Send Messages
interview-permission-read-message-history = Read Message History
interview-permission-create-public-threads = Create Public Threads
interview-permission-send-messages-in-threads = Send Messages in Threads
interview-guild-only = Interviews take place in a server's voice channel: use this command there.
interview-not-in-voice = Join a voice channel first, one that the bot can see, then start the interview from there.
interview-running-already = An interview is running in this server already: join it, or end it with /interview stop.
interview-none-running = No interview is running in this server: start one with /interview start in a voice channel.
interview-over = That interview is over.
interview-not-here = Join the interview's voice channel first; then you can take part.
interview-cannot-join = The voice channel did not let the bot in: it may be full, or hidden from the bot.
interview-busy = Discord did not answer in time: please try again in a moment.
interview-channel-gone = That channel is no longer there: start the interview in another one.
interview-only-host = Only the host or a moderator can do that. To stop being heard yourself, press Leave.
interview-only-asking = Only the host or an interviewer decides about questions, or the candidate who practises alone.
interview-only-taking-part = Only those who take part, the host or a moderator can end a pause.
interview-join-first = Only those who take part can do that: press Join first.
interview-not-taking-part = You are not taking part in this interview, so nothing of you is heard.
interview-left = You are not heard any more. What you said and was not yet written down is overwritten. Your lines so far stay until the interview ends, unless you remove them. Your yes stands for the next time, unless you take it back.
interview-forgotten = Your lines are gone from the captions and from the draft.
interview-nothing-agreed = Nothing of you is heard, since transcribing was not ticked. Press Join again if you change your mind.
interview-paused = Paused: nobody is heard until somebody presses Resume.
interview-resumed = Resumed: those who joined are heard again.
interview-stopping = The interview is over. The bot leaves, and everything that nobody saves is forgotten.
interview-no-draft = There is nothing of that interview for you to read: its half hour is over, nothing was said by those who joined, or you were not one of them.
interview-failed = That did not work, and it is our fault. Nothing was lost; please try again.
interview-joined = You take part now as { $role }: your voice is heard in this interview. { $captions ->
    [yes] Your words are shown as captions.
   *[no] Your words are not shown as captions.
} Leave at any time with one press.
interview-asked = The question is asked.
interview-no-more = There is no further question of that kind. Ask your own with /interview question item.
interview-last = That was the last of the planned questions. Ask more with /interview question item, or end the interview.
interview-no-follow-up = There is no further follow-up to this question.
interview-no-question = No question was asked yet: press Next, or use /interview question.
interview-timer-set = { $minutes ->
    [one] You are reminded in { $minutes } minute. Nothing ends by itself.
   *[other] You are reminded in { $minutes } minutes. Nothing ends by itself.
}
interview-timer-off = There is no reminder for this question any more.
interview-swapped = Changed places: candidates ask now, interviewers answer.
interview-nobody-to-swap = There is nobody to change places with: it takes a candidate and an interviewer who both joined.
interview-noted = Noted for you alone. It is kept with the draft, and in your transcript if you save it; nobody else sees it.
interview-notes-full = There is no room for more notes in this interview: { $most } are kept.
interview-answer-title = Type an answer
interview-answer-label = Your answer
    .hint = It stands in the transcript like what you say, marked as typed.
interview-answered = Your answer stands in the transcript, marked as typed.
interview-form-over = This form lay open for too long, or the bot was started again, so nothing was kept. Open it once more. What you typed:
interview-lines-none = You have no line here that could be removed.
interview-lines-not-captions = This works on the live captions of the running interview.
interview-lines-choose = Which of your lines should go, from the captions and from the draft?
interview-lines-placeholder = Your newest lines
interview-line-removed = The line is gone from the captions and from the draft.
interview-line-gone = That line is gone already.
interview-privacy = **What happens with voices here.** { $notice }
    {""}
    You can leave at any time, remove what you said, and take back your yes. Who answers for this bot, and all your rights: /privacy notice.

## What was said

interview-draft-question = **Question**
interview-draft-note = **Your note**
interview-draft-speaker = **{ $name }** ({ $how })
interview-draft-typed = typed

## Status

interview-status-running = Running for { $length }.
interview-status-code = 🔒 Voice privacy code: `{ $code }` (compare it with the one that your Discord shows)
interview-status-plain = 🔓 The call is not end-to-end encrypted.
interview-status-takes-part = { $opened ->
    [one] **{ $name }** takes part: { $opened } packet decrypted, { $sealed } not.
   *[other] **{ $name }** takes part: { $opened } packets decrypted, { $sealed } not.
}
interview-status-does-not = { $packets ->
    [one] **{ $name }** does not: { $packets } packet, { $opened } decrypted.
   *[other] **{ $name }** does not: { $packets } packets, { $opened } decrypted.
}
interview-status-more = { $packets ->
    [one] { $count } more: { $packets } packet, { $opened } decrypted.
   *[other] { $count } more: { $packets } packets, { $opened } decrypted.
}
interview-status-nobody = Nobody has spoken yet.
interview-status-missing = { $gap } in all.
interview-status-foot = -# Counted by this bot itself; its source is open.

# /mod: what moderators do; and what a server does not allow.

cmd-mod =
    .description = For moderators: who practises here, and who may not
cmd-mod-stop =
    .description = End the running interview; everything that nobody saved is destroyed
cmd-mod-sessions =
    .description = What runs here now, and how much was practised today
cmd-mod-roster =
    .description = Who is heard in the running interview, and since when they agreed; never a word
cmd-mod-block =
    .description = Keep somebody from starting and joining interviews here
    .param-member = Who
    .param-reason = Why; they are told
    .param-days = For how many days; 30 unless you say
    .choice-reason-conduct = how they treat others
    .choice-reason-consent = disregards what others agreed to
    .choice-reason-age = younger than they said
    .choice-reason-spam = spam
    .choice-reason-other = something else
cmd-mod-unblock =
    .description = Let somebody practise here again, or see who is blocked
    .param-member = Who; empty shows who is blocked
cmd-mod-cooldown =
    .description = How long a voice channel rests after an interview
    .param-channel = Which voice channel
    .param-minutes = Minutes until the next one may begin; 0 for none
cmd-mod-audit =
    .description = What moderators did here
    .param-days = How many days back; 30 unless you say
    .param-format = As a message, or as a file
    .choice-format-list = here
    .choice-format-csv = CSV file

mod-only = Only members with the permission Moderate Members, or with this server's moderator role, can do that.
mod-failed = That did not work, and it is our fault. Nothing was changed; please try again in a moment.

## What a server does not allow

mod-refused-blocked = Moderators of this server keep you from starting and joining interviews here until { $until }; their reason: { $reason }. Your data and your rights are not touched: /privacy, /consent and /transcript work as before.
mod-refused-channel = This server does not hold interviews in that voice channel: try another one.
mod-refused-role = In this server, interviews are started by members with a certain role: ask somebody who has it.
mod-refused-cooldown = This channel rests between interviews: try again at { $until }, or in another channel.
mod-refused-person-minutes = You have used up the { $count ->
    [one] one minute
   *[other] { $count } minutes
} that this server allows you for a day: go on after { $until }.
mod-refused-server-minutes = This server has used up its { $count ->
    [one] one minute
   *[other] { $count } minutes
} of interviews for today: go on after { $until }.
mod-refused-interviews = You have started { $count ->
    [one] one interview
   *[other] { $count } interviews
} here today, and this server allows no more: go on after { $until }, or join one.
mod-refused-ai = This server does not allow feedback by a language model. What is counted and what people note works, and elsewhere you may ask for it: the transcript is yours.
mod-reason-conduct = how you treat others
mod-reason-consent = disregarding what others agreed to
mod-reason-age = being younger than you said
mod-reason-spam = spam
mod-reason-other = not one of the usual ones

## What was done

mod-stopped = The interview is over, and what nobody saved is destroyed. What people saved before is theirs, and stays.
mod-none-running = No interview is running in this server.
mod-session = An interview runs in { $channel } for { $length }. { $people ->
    [0] Nobody takes part yet.
    [one] One person takes part.
   *[other] { $people } people take part.
}
mod-session-usage = Today, in UTC: { $count ->
    [0] no interview has ended yet.
    [one] one interview, { $minutes } min.
   *[other] { $count } interviews, { $minutes } min.
}
mod-roster-head = **Who is heard in { $channel }**
mod-roster-line = - **{ $name }**: agreed to be transcribed on { $since }; captions: { $captions ->
    [yes] yes
   *[no] no
}
mod-roster-nobody = Nobody takes part, so nobody is heard.
mod-roster-foot = -# What is said, and what people save, is not shown to moderators.
mod-blocked = { $member } can neither start nor join interviews here until { $until }. They are told when they try, with the reason. It ends by itself, or with /mod unblock.
mod-blocked-out = { $member } was taking part, and is not heard any more.
mod-block-not-them = Choose another member: neither yourself, a bot, nor somebody who manages this server.
mod-too-many-blocks = There are { $count } blocks in this server already: lift some with /mod unblock first.
mod-unblocked = { $member } may start and join interviews here again.
mod-not-blocked = { $member } is not blocked here.
mod-blocks-none = Nobody is blocked here.
mod-blocks-head = **Who is blocked here**
mod-blocks-line = - { $member } until { $until }: { $reason }
mod-blocks-more = -# And { $count } more
mod-cooldown-set = { $channel } rests for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
} after each interview.
mod-cooldown-off = In { $channel }, interviews may follow each other at once.
mod-too-many-channels = At most { $count } channels can be named: take one out first.
mod-audit-none = Nothing was done in that time.
mod-audit-head = **What was done here, the newest first**
mod-audit-line = - { $at } · { $what }{ $mine ->
    [yes] , by you
   *[no] {""}
}
mod-audit-more = -# And { $count } more: choose the CSV file.
mod-audit-file = Everything that was done here in that time, as a file. Other people's names are not kept.

## For the log channel

mod-log = { $who } · { $what }
mod-event-stop = running interview ended, unsaved words destroyed
mod-event-block = a member blocked
mod-event-unblock = a block lifted
mod-event-cooldown = rest between interviews changed
mod-event-setup = set up
mod-event-channel = channels for interviews changed
mod-event-role = roles changed
mod-event-retention = how long things are kept changed
mod-event-limits = limits changed
mod-event-provider = feedback by a language model switched
mod-event-language = public language changed
mod-event-minimum-age = minimum age changed
mod-event-notice = line in the notice changed
mod-event-log-channel = log channel changed
mod-event-purge = everything kept of this server deleted
mod-event-report = a problem reported to the moderators

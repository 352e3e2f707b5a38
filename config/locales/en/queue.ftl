# /queue and the invitation: how two members find each other.

cmd-queue =
    .description = Find somebody to practise with
cmd-queue-join =
    .description = Wait for somebody who wants to practise the same
    .param-type = What kind of interview
    .choice-type-behavioural = behavioural
    .choice-type-technical = technical
    .choice-type-system-design = system-design
    .choice-type-case = case
    .param-level = For how much experience
    .choice-level-junior = junior
    .choice-level-middle = middle
    .choice-level-senior = senior
cmd-queue-leave =
    .description = Wait no longer
cmd-queue-status =
    .description = Whether you wait, and for what
cmd-invite-to-a-mock-interview =
    .name = Invite to a mock interview

queue-button-yes = Yes, let us practise
queue-button-no = No, not now
queue-button-accept = Accept
queue-button-decline = Decline

queue-not-here = That works in a channel of a server: use it there.
queue-joined = You wait for somebody to practise with: { $type }, { $level }. When there is one, a message in a channel that you both see asks both of you by name. You wait for at most two hours; /queue leave ends it.
queue-found = There is somebody: { $type }, { $level }. A message in the channel asks you both.
queue-in-already = You are in this server's queue already: see /queue status, or leave it with /queue leave.
queue-no-channel = Somebody waits, but there is no channel that you both see and that the bot may write to: try /queue join in another channel.
queue-left = You do not wait any more.
queue-not-in = You are not in this server's queue: /queue join puts you in.
queue-standing = You wait: { $type }, { $level }. It ends { $until }.
queue-waiting = { $count ->
        [one] Only you wait for this.
       *[other] { $count } people wait for this.
    }
queue-asked = You are being asked: press Yes or No below the message with your name.
queue-said-yes = You said yes. As soon as the other one does, the message says so; you can still leave with /queue leave.

# For everybody in the channel.
queue-offer = { $one } and { $other }, you both want to practise: **{ $type }, { $level }**. Do you want to do it together? Both must say yes; the offer ends { $until }.
queue-matched = Both said yes. Meet in a voice channel; one of you uses /interview start there.
queue-declined = Nothing came of it. Whoever still waits keeps their place.
queue-over = This offer is over. /queue join looks for another one.
queue-not-yours = Somebody else is asked here: only those who are named can answer.
queue-invitation = { $member }, { $inviter } invites you to a mock interview. Only you can answer; the invitation ends { $until }.
queue-accepted = { $inviter }, your invitation was accepted: meet in a voice channel, and use /interview start there.

queue-invite-other = You can invite other people only, neither yourself nor a bot.
queue-invite-unseen = This member does not see this channel: invite them in one that you both see.
queue-invite-not-wanted = This member takes no invitations.
queue-invite-open = An invitation between you is open already, or you have { $count } open ones: wait for an answer first.

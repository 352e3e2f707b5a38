# /admin: what who manages a server decides for it.

cmd-admin =
    .description = For who manages this server: its own rules
cmd-admin-setup =
    .description = Set the bot up in this server, step by step, and try it out
cmd-admin-view =
    .description = Everything that was decided for this server
cmd-admin-channel =
    .description = In which voice channels interviews may be held
    .param-channel = Which voice channel
    .param-action = What to do with it
    .choice-action-allow = allow (and no others but those allowed)
    .choice-action-refuse = refuse
    .choice-action-clear = neither
cmd-admin-role =
    .description = Who may start interviews, and who may use /mod
    .param-kind = For what
    .param-role = Which role; empty for none
    .choice-kind-host = starts interviews
    .choice-kind-moderator = uses /mod
cmd-admin-retention =
    .description = Keep things shorter here than elsewhere
    .param-draft-minutes = How long people can still save what was said, after an interview; at most 30 minutes
    .param-audit-days = How long it is kept what moderators did; at most 90 days
cmd-admin-limits =
    .description = How much may be practised here; what you leave out stays as it is
    .param-person-minutes = Minutes for each person in a day; 0 for no limit
    .param-server-minutes = Minutes of interviews in a day, all together; 0 for no limit
    .param-interviews = Interviews that each person may start in a day; 0 for no limit
    .param-month-tokens = What feedback may use in a month, in tokens; 0 for no limit of this server's
    .param-month-cost = The same as money, in the currency of whoever runs the bot
cmd-admin-provider =
    .description = Whether feedback by a language model may be asked for here
    .param-feedback = On or off; measures and notes of people work in any case
    .choice-feedback-on = on
    .choice-feedback-off = off
cmd-admin-language =
    .description = The language of what everybody here sees
    .param-language = Which one
    .choice-language-discord = as this server's Discord
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-admin-minimum-age =
    .description = How old who takes part here must at least be
    .param-years = Only higher than the bot's own; 16 is the bot's own
cmd-admin-notice =
    .description = A line of your own in the notice of every interview
    .param-text = What it says; empty for none
cmd-admin-log-channel =
    .description = Where it is said what moderators did
    .param-channel = A text channel that only moderators see; empty for none
cmd-admin-purge =
    .description = Delete everything that is kept of this server; people's own things stay theirs

admin-only = Only members with the permission Manage Server can do that.
admin-changed = Changed.
admin-nothing-named = Nothing was changed: name at least one of the values.
admin-no-price = Whoever runs the bot has set no price for feedback: set month-tokens instead.

## The wizard

admin-setup-intro =
    {""}**Set up practice interviews.** Choose what you want to be different; only the voice channel is needed. Then press the button: it checks what the bot may do, posts a test message in that channel and deletes it again.
admin-setup-channel = Voice channel for interviews
admin-setup-role = Role that may start interviews; none: everybody
admin-setup-language = Language of what everybody sees
admin-setup-log = Channel for what moderators did; none: nowhere
admin-setup-check = Check and finish
admin-setup-no-channel = Choose a voice channel first, then press the button again.
admin-setup-missing = **Not yet: the bot lacks permissions.** Nothing was changed.
admin-setup-lacks = - **{ $permission }** in { $channel }
admin-setup-grant = To give it: Edit Channel, Permissions, add the bot's role, and allow what is named. Then try again.
admin-setup-refused = { $channel } did not take the test message: look whether the bot may write there, and press the button again. Nothing was changed.
admin-setup-test = A test of the notice. It is deleted at once.
admin-setup-done = **Ready.** Join { $channel } and use /interview start. See and change everything with /admin view and the other /admin commands.
admin-setup-mark = -# With Change Nickname the bot could also mark its name while it hears people; without it the notice has to do.
admin-setup-try = Are you in that voice channel? Then see that it works: this does what /interview start does.
admin-setup-begin = Start an interview

## What was decided

admin-view-head = **What was decided for this server**
admin-view-channels = - Interviews in: { $allowed }; not in: { $refused }
admin-view-roles = - Start interviews: { $host }; use /mod besides moderators: { $moderator }
admin-view-retention = - What was said can be saved for { $minutes } min; what moderators did is kept for { $days } days
admin-view-limits = - In a day: minutes for each person { $person }, for the server { $server }, interviews started by each { $interviews }; feedback in a month, in tokens: { $tokens }
admin-view-provider = - Feedback by a language model: { $on ->
    [yes] may be asked for
   *[no] off
}
admin-view-language = - Language for everybody: { $language }; minimum age: { $age }
admin-view-notice = - Own line in the notice: { $text }
admin-view-log = - What moderators did is said in: { $channel }
admin-view-cooldowns = - Rest after an interview: { $channels }
admin-view-everywhere = everywhere
admin-view-none = none
admin-view-everybody = everybody
admin-view-no-limit = no limit
admin-view-as-discord = as this server's Discord

## Deleting

# What must be typed, in lower case.
admin-purge-word = server
admin-purge-title = Delete what is kept of this server
admin-purge-intro =
    This deletes **what is kept of this server**: its settings, its own questions, its queue, its blocks, what moderators did, and how much was practised. It cannot be undone.

    What people saved is theirs and stays; they delete it with /privacy. What feedback used this month stays until the month is over.
admin-purge-label = To go on, type “{ $word }”
admin-purge-wrong = Nothing was deleted, since that was not the word: use the command again and type “{ $word }”.
admin-purged = { $count ->
    [0] Nothing was kept of this server, so nothing had to be deleted.
    [one] Deleted for good: one entry.
   *[other] Deleted for good: { $count } entries.
}

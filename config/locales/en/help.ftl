# /help and /report.

cmd-help =
    .description = What this bot does, and how to begin
cmd-report =
    .description = Report a problem or misuse

help-what = **Practise job interviews by voice.** The bot asks questions, writes down what those say who agreed to it, and keeps nothing that nobody saves. It is for practice only: nobody is hired or refused with it.
help-first =
    {""}**First steps**
    1. Go into a voice channel and use { $start }.
    2. Press Join below the notice, or use { $join }: you are heard only after you said yes.
    3. Speak. Leave or pause at any time, with one press.
help-practise = **More to practise with:** a question by chance { $random } · somebody to practise with { $queue }
help-after = **Afterwards:** save your interview within half an hour { $save } · feedback on your answers { $feedback } · what they are judged by { $rubric }
help-rights = **Your data:** who answers for it, and what is kept { $notice } · delete everything { $delete }
help-admin = **You manage this server:** /admin setup makes it ready in a minute.
help-report = Something is wrong, or somebody misuses the bot? { $report }

help-report-title = Report a problem or misuse
help-report-intro =
    This server's moderators get what you write in their log channel, **without your name**. Whoever runs the bot gets it as a complaint that is answered within 30 days; see /privacy requests. In danger, ask the police or Discord itself first.
help-report-to = To whom
help-report-to-moderators = This server's moderators
help-report-to-operator = Whoever runs the bot
help-report-what = What happened
    .hint = When, where, and what you would like to be done.
help-report-empty = Nothing was sent: write what happened.
help-report-too-many = Nothing was sent, since you reported several things just now: send this one after { $until }.
help-report-no-log = Nothing was sent, because this server's moderators have no log channel that the bot can write to: report it to whoever runs the bot. What you wrote:
help-report-log = ⚠ **A problem was reported by a member of this server**, who is not named here:
help-reported-moderators = This server's moderators have it now, without your name.
help-reported-operator = Whoever runs the bot has it now, and answers by { $due }; see /privacy requests.

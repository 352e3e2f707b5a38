# /settings: what somebody chooses for themselves.

cmd-settings =
    .description = Your language, time zone and more; only you see this
    .param-language = In which language you are answered
    .choice-language-discord = as in Discord
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
    .param-time-zone = Your time zone, such as Europe/Berlin
    .param-captions = How you are named beside your words in live captions
    .choice-captions-name = my display name
    .choice-captions-initials = my initials
    .param-dm-results = Whether results that take a while come as a direct message
    .param-invitations = Whether members may invite you to a mock interview

settings-failed = That did not work, and it is our fault. Nothing was changed or lost; please try again in a moment.
settings-no-such-zone = There is no such time zone: choose one from the list, such as Europe/Kyiv.
settings-title = **Your settings**
settings-changed = **Kept.** Your settings now:
settings-as-discord = as in Discord
settings-language = Language: { $language }
settings-time-zone = Time zone: { $zone }
settings-captions-name = Live captions name you by your display name.
settings-captions-initials = Live captions name you by your initials.
settings-results-dm = Results that take a while come as a direct message.
settings-results-here = Results are never sent to you: you look them up with the command.
settings-invitations-on = Members may invite you to a mock interview.
settings-invitations-off = Nobody may invite you to a mock interview.
settings-streak-on = Your days of practice are counted: /questions practice-streak
settings-streak-off = Your days of practice are not counted.
settings-kept = -# Sealed under your own key, part of /privacy export, gone with /privacy delete-account.

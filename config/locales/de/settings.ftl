# /settings: was jemand für sich selbst wählt.

cmd-settings =
    .description = Deine Sprache, Zeitzone und mehr; nur du siehst das
    .param-language = In welcher Sprache du Antworten bekommst
    .choice-language-discord = wie in Discord
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
    .param-time-zone = Deine Zeitzone, zum Beispiel Europe/Berlin
    .param-captions = Wie du in den Live-Untertiteln neben deinen Worten heißt
    .choice-captions-name = mein Anzeigename
    .choice-captions-initials = meine Initialen
    .param-dm-results = Ob Ergebnisse, die länger dauern, als Direktnachricht kommen
    .param-invitations = Ob Mitglieder dich zu einem Übungsinterview einladen dürfen

settings-failed = Das hat nicht geklappt, und es liegt an uns. Es wurde nichts geändert, und nichts ging verloren; versuch es bitte gleich noch einmal.
settings-no-such-zone = Diese Zeitzone gibt es nicht: Wähle eine aus der Liste, zum Beispiel Europe/Berlin.
settings-title = **Deine Einstellungen**
settings-changed = **Gespeichert.** Deine Einstellungen sind jetzt:
settings-as-discord = wie in Discord
settings-language = Sprache: { $language }
settings-time-zone = Zeitzone: { $zone }
settings-captions-name = In Live-Untertiteln stehst du mit deinem Anzeigenamen.
settings-captions-initials = In Live-Untertiteln stehst du mit deinen Initialen.
settings-results-dm = Ergebnisse, die länger dauern, kommen als Direktnachricht.
settings-results-here = Ergebnisse werden dir nie zugeschickt: Du rufst sie mit dem Befehl ab.
settings-invitations-on = Mitglieder dürfen dich zu einem Übungsinterview einladen.
settings-invitations-off = Niemand darf dich zu einem Übungsinterview einladen.
settings-streak-on = Deine Übungstage werden gezählt: /questions practice-streak
settings-streak-off = Deine Übungstage werden nicht gezählt.
settings-kept = -# Mit deinem eigenen Schlüssel versiegelt, Teil von /privacy export, weg mit /privacy delete-account.

# /admin: was die festlegen, die einen Server verwalten.

cmd-admin =
    .description = Für alle, die diesen Server verwalten: seine eigenen Regeln
cmd-admin-setup =
    .description = Den Bot hier Schritt für Schritt einrichten und ausprobieren
cmd-admin-view =
    .description = Alles, was für diesen Server festgelegt ist
cmd-admin-channel =
    .description = In welchen Sprachkanälen Interviews stattfinden dürfen
    .param-channel = Welcher Sprachkanal
    .param-action = Was für ihn gilt
    .choice-action-allow = erlauben (dann nur noch erlaubte)
    .choice-action-refuse = ausschließen
    .choice-action-clear = weder noch
cmd-admin-role =
    .description = Wer Interviews starten und wer /mod verwenden darf
    .param-kind = Wofür
    .param-role = Welche Rolle; leer für keine
    .choice-kind-host = startet Interviews
    .choice-kind-moderator = verwendet /mod
cmd-admin-retention =
    .description = Hier kürzer aufbewahren als anderswo
    .param-draft-minutes = Wie lange nach einem Interview das Gesagte noch gespeichert werden kann; höchstens 30 min
    .param-audit-days = Wie lange aufbewahrt wird, was die Moderation getan hat; höchstens 90 Tage
cmd-admin-limits =
    .description = Wie viel hier geübt werden darf; was du weglässt, bleibt
    .param-person-minutes = Minuten je Person am Tag; 0 für keine Grenze
    .param-server-minutes = Interviewminuten am Tag, alle zusammen; 0 für keine Grenze
    .param-interviews = Interviews, die jede Person am Tag starten darf; 0 für keine Grenze
    .param-month-tokens = Was Feedback im Monat verbrauchen darf, in Token; 0 für keine eigene Grenze
    .param-month-cost = Dasselbe in Geld, in der Währung derer, die den Bot betreiben
cmd-admin-provider =
    .description = Ob hier um Feedback von einem Sprachmodell gebeten werden darf
    .param-feedback = An oder aus; Messwerte und Notizen von Menschen gibt es immer
    .choice-feedback-on = an
    .choice-feedback-off = aus
cmd-admin-language =
    .description = Die Sprache von allem, was hier alle sehen
    .param-language = Welche
    .choice-language-discord = wie das Discord dieses Servers
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-admin-minimum-age =
    .description = Wie alt man hier zum Teilnehmen mindestens sein muss
    .param-years = Nur höher als beim Bot selbst; dort sind es 16
cmd-admin-notice =
    .description = Eine eigene Zeile im Hinweis jedes Interviews
    .param-text = Was dort steht; leer für keine
cmd-admin-log-channel =
    .description = Wo steht, was die Moderation getan hat
    .param-channel = Ein Textkanal, den nur die Moderation sieht; leer für keinen
cmd-admin-purge =
    .description = Alles über diesen Server löschen; was Leuten gehört, bleibt ihnen

admin-only = Das können nur Mitglieder mit der Berechtigung „Server verwalten“.
admin-changed = Geändert.
admin-nothing-named = Es wurde nichts geändert: Gib mindestens einen der Werte an.
admin-no-price = Wer den Bot betreibt, hat für Feedback keinen Preis eingetragen: Setz stattdessen month-tokens.

## The wizard

admin-setup-intro =
    {""}**Übungsinterviews einrichten.** Wähle, was anders sein soll; nötig ist nur der Sprachkanal. Drück dann auf den Knopf: Er prüft, was der Bot darf, schreibt eine Testnachricht in den Kanal und löscht sie wieder.
admin-setup-channel = Sprachkanal für Interviews
admin-setup-role = Rolle, die Interviews starten darf; keine: alle
admin-setup-language = Sprache von allem, was alle sehen
admin-setup-log = Kanal für das Protokoll der Moderation; keiner: nirgends
admin-setup-check = Prüfen und abschließen
admin-setup-no-channel = Wähle erst einen Sprachkanal und drück dann noch einmal auf den Knopf.
admin-setup-missing = **Noch nicht: Dem Bot fehlen Berechtigungen.** Es wurde nichts geändert.
admin-setup-lacks = - **{ $permission }** in { $channel }
admin-setup-grant = So erteilst du sie: Kanal bearbeiten, Berechtigungen, die Rolle des Bots hinzufügen und das Genannte erlauben. Versuch es dann noch einmal.
admin-setup-refused = { $channel } hat die Testnachricht nicht angenommen: Sieh nach, ob der Bot dort schreiben darf, und drück noch einmal auf den Knopf. Es wurde nichts geändert.
admin-setup-test = Ein Test des Hinweises. Er wird sofort gelöscht.
admin-setup-done = **Fertig.** Geh in { $channel } und verwende /interview start. Alles sehen und ändern kannst du mit /admin view und den anderen /admin-Befehlen.
admin-setup-mark = -# Mit „Nickname ändern“ könnte der Bot auch seinen Namen kennzeichnen, während er zuhört; ohne diese Berechtigung muss der Hinweis genügen.
admin-setup-try = Bist du in diesem Sprachkanal? Dann probier es gleich aus: Der Knopf tut dasselbe wie /interview start.
admin-setup-begin = Interview starten

## What was decided

admin-view-head = **Was für diesen Server festgelegt ist**
admin-view-channels = - Interviews in: { $allowed }; nicht in: { $refused }
admin-view-roles = - Interviews starten: { $host }; /mod außer der Moderation: { $moderator }
admin-view-retention = - Gesagtes kann { $minutes } min lang gespeichert werden; was die Moderation getan hat, bleibt { $days } Tage
admin-view-limits = - Am Tag: Minuten je Person { $person }, für den Server { $server }, gestartete Interviews je Person { $interviews }; Feedback im Monat, in Token: { $tokens }
admin-view-provider = - Feedback von einem Sprachmodell: { $on ->
    [yes] man darf darum bitten
   *[no] aus
}
admin-view-language = - Sprache für alle: { $language }; Mindestalter: { $age }
admin-view-notice = - Eigene Zeile im Hinweis: { $text }
admin-view-log = - Was die Moderation getan hat, steht in: { $channel }
admin-view-cooldowns = - Ruhe nach einem Interview: { $channels }
admin-view-everywhere = überall
admin-view-none = keine
admin-view-everybody = alle
admin-view-no-limit = unbegrenzt
admin-view-as-discord = wie das Discord dieses Servers

## Deleting

# What must be typed, in lower case.
admin-purge-word = server
admin-purge-title = Alles über diesen Server löschen
admin-purge-intro =
    Das löscht, **was über diesen Server aufbewahrt ist**: seine Einstellungen, seine eigenen Fragen, seine Warteschlange, seine Sperren, was die Moderation getan hat und wie viel geübt wurde. Das lässt sich nicht rückgängig machen.

    Was Leute gespeichert haben, gehört ihnen und bleibt; sie löschen es mit /privacy. Was Feedback diesen Monat verbraucht hat, bleibt, bis der Monat vorbei ist.
admin-purge-label = Zum Fortfahren „{ $word }“ eintippen
admin-purge-wrong = Es wurde nichts gelöscht, denn das war nicht das Wort: Verwende den Befehl noch einmal und tippe „{ $word }“ ein.
admin-purged = { $count ->
    [0] Über diesen Server war nichts aufbewahrt, also war nichts zu löschen.
    [one] Endgültig gelöscht: ein Eintrag.
   *[other] Endgültig gelöscht: { $count } Einträge.
}

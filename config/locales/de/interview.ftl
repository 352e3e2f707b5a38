# /interview: was alle im Kanal sehen, und was einer Person geantwortet wird.

cmd-interview =
    .description = Ein Vorstellungsgespräch mündlich üben
cmd-interview-start =
    .description = Ein Interview in deinem Sprachkanal starten
    .param-type = Welche Fragen gestellt werden; ohne Angabe beliebige
    .param-role = Was du darin bist; ohne Angabe befragte Person
    .param-level = Für wie viel Erfahrung; ohne Angabe beliebig
    .param-questions = Wie viele Fragen; 0, wenn ihr eigene habt; ohne Angabe 5
    .param-minutes = Wie lange es dauern soll; 0 ohne Grenze; ohne Angabe 45. Nur eine Erinnerung, kein Ende
    .param-language = Die Sprache von Hinweis und Fragen, und die, in der gesprochen wird
    .param-captions = Wo die Worte erscheinen, während jemand spricht
    .param-silence = Allein üben: nach so vielen Sekunden Stille kommt die nächste Frage
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
    .choice-type-open = beliebig
    .choice-role-candidate = befragte Person
    .choice-role-interviewer = fragende Person
    .choice-role-observer = zuhörende Person
    .choice-level-junior = Junior
    .choice-level-middle = Mid-Level
    .choice-level-senior = Senior
    .choice-captions-voice-chat = im Chat des Sprachkanals
    .choice-captions-thread = in einem Thread hier
    .choice-captions-off = nirgends
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-interview-join =
    .description = Teilnehmen: im laufenden Interview gehört werden
    .param-as = Was du darin bist; ohne Angabe, was noch fehlt
    .choice-as-candidate = befragte Person
    .choice-as-interviewer = fragende Person
    .choice-as-observer = zuhörende Person
cmd-interview-question =
    .description = Eine Frage stellen: die nächste, eine andere, dieselbe noch einmal oder eine deiner Wahl
    .param-action = Was geschehen soll; ohne Angabe die nächste Frage
    .param-item = Eine Frage aus der Liste oder deine eigenen Worte
    .choice-action-next = nächste
    .choice-action-skip = diese überspringen
    .choice-action-repeat = wiederholen
    .choice-action-follow-up = nachfragen
cmd-interview-swap =
    .description = Befragte und fragende Person tauschen die Plätze
cmd-interview-timer =
    .description = Die Erinnerung für diese Frage einstellen
    .param-minutes = Von jetzt an; 0 für keine Erinnerung
cmd-interview-note =
    .description = Etwas für dich aufschreiben; nur du siehst es
    .param-text = Woran du denken willst
cmd-interview-answer =
    .description = Eine Antwort tippen statt sprechen
cmd-interview-leave =
    .description = Sofort nicht mehr gehört werden
cmd-interview-pause =
    .description = Eine Weile niemanden hören
cmd-interview-resume =
    .description = Nach einer Pause weitermachen
cmd-interview-stop =
    .description = Das Interview beenden; was niemand speichert, wird vergessen
cmd-interview-status =
    .description = Wer teilnimmt und wessen Pakete entschlüsselt wurden
cmd-interview-draft =
    .description = Dein letztes Interview noch einmal lesen; es wird eine halbe Stunde aufbewahrt
cmd-interview-forget =
    .description = Alle deine Zeilen aus Untertiteln und Entwurf entfernen
cmd-remove-my-line =
    .name = Meine Zeile entfernen

## Buttons

interview-button-join = Teilnehmen
interview-button-leave = Verlassen
interview-button-pause = Pause
interview-button-resume = Weiter
interview-button-stop = Beenden
interview-button-status = Status
interview-button-privacy = Datenschutz
interview-button-forget = Meine Zeilen entfernen
interview-button-draft = Noch einmal lesen
interview-button-withdraw = Mein Ja zurücknehmen
interview-button-save = Speichern
interview-button-next = Nächste Frage
interview-button-skip = Überspringen
interview-button-repeat = Wiederholen
interview-button-followup = Nachfragen
interview-button-answer = Antwort tippen

## The notice

interview-heard = ## 🔴 Interview: Wer teilnimmt, wird gehört
interview-not-heard = ## ⏸ Interview: Niemand wird gehört
    {""}{ $why }
interview-pause-notice = Dieser Hinweis wird gerade gepostet.
interview-pause-mark = Das Zeichen in der Mitgliederliste, dass ein Interview läuft, ist weg und wird neu gesetzt.
interview-pause-moved = Der Bot wurde in diesen Kanal verschoben.
interview-pause-plain = Der Anruf ist nicht mehr Ende-zu-Ende-verschlüsselt.
interview-pause-asked = Jemand hat das Interview pausiert.
interview-notice = **Niemand wird ohne ein Ja gehört.** Drück auf **Teilnehmen**, um mitzumachen; die Stimmen aller anderen bleiben verschlüsselt und werden ungeöffnet verworfen. { $speech } wird der Ton sofort überschrieben und nie gespeichert. { $captions } Text, den niemand speichert, ist { $kept } nach dem Ende weg.
interview-kept = { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
}
interview-speech-here = Gesprochenes wird im Arbeitsspeicher zu Text; dabei
interview-speech-elsewhere = **Gesprochenes wird zusammen mit der gerade gestellten Frage verschlüsselt an { $host } geschickt und dort zu Text**; was dort geschieht, bestimmen die, die es betreiben. Hier
interview-captions-voice-chat = Untertitel erscheinen in diesem Kanal, können von allen darin gelesen werden und werden am Ende gelöscht.
interview-captions-thread = Untertitel erscheinen in einem Thread eines Textkanals, können von allen gelesen werden, die ihn sehen, und werden am Ende gelöscht.
interview-captions-off = Es gibt keine Untertitel.
interview-roster = **Es nehmen teil:** { $who }
interview-roster-person = { $name } ({ $role })
interview-roster-nobody = noch niemand
interview-roster-more = { $count ->
    [one] { $who } und { $count } weitere Person
   *[other] { $who } und { $count } weitere
}
interview-role-candidate = wird befragt
interview-role-interviewer = fragt
interview-role-observer = hört zu
interview-somebody = Jemand
interview-locked = 🔒 Ende-zu-Ende-verschlüsselt
interview-unlocked = 🔓 nicht Ende-zu-Ende-verschlüsselt
interview-host = gestartet von { $host }
interview-planned = geplant bis { $time }
interview-soon = noch fünf Minuten; von selbst endet nichts
interview-overtime = die geplante Zeit ist um; von selbst endet nichts
interview-captions-header = -# Live-Untertitel · können falsch sein · werden am Ende des Interviews gelöscht
interview-captions-header-late = -# Live-Untertitel · verspätet, es wird mehr gesagt, als der Bot schafft · können falsch sein
interview-thread = Untertitel des Interviews
interview-mark-status = 🔴 Interview: Wer teilnimmt, wird gehört
interview-gap = [{ $seconds } s nicht transkribiert]
interview-seconds = { $count } s
interview-minutes = { $count } min
interview-greeting = { $who }: In diesem Kanal läuft ein Interview. Du wirst nicht gehört. Drück auf **Teilnehmen**, wenn du mitmachen willst; sonst musst du nichts tun.

## The question's card

interview-card-none = ### Noch keine Frage
interview-card-number = ### Frage { $number }
interview-card-of = ### Frage { $number } von { $of }
interview-card-follow-up = **Und:** { $text }
interview-card-due = -# ⏱ Gedacht bis etwa { $time }. Das ist eine Erinnerung; es endet nichts.
interview-card-overdue = -# ⏱ Die Zeit für diese Frage ist um. Nimm dir die Zeit, die du brauchst: Von selbst endet nichts.
interview-card-silence = { $seconds ->
    [one] -# Du übst allein: Nach einer längeren Antwort und { $seconds } Sekunde Stille kommt die nächste Frage. Du kannst auch auf „Nächste Frage“ drücken.
   *[other] -# Du übst allein: Nach einer längeren Antwort und { $seconds } Sekunden Stille kommt die nächste Frage. Du kannst auch auf „Nächste Frage“ drücken.
}
interview-card-solo = -# Du übst allein: Drück auf „Nächste Frage“, wenn du geantwortet hast.
interview-card-finished = **Das war die letzte Frage.** Sprecht weiter oder beendet das Interview.

## The end

interview-over-head = ## ⏹ Das Interview ist vorbei
interview-over-text = { $why } Es dauerte { $length }. Der Ton ist weg, die Untertitel sind gelöscht, und der Text wird in { $kept } vergessen, wenn ihn niemand speichert.
interview-over-shutdown = { $why } Es dauerte { $length }. Der Ton ist weg, die Untertitel sind gelöscht, und der Text ist vergessen.
interview-over-restart = Der Bot wird neu gestartet, deshalb endet das Interview hier. Es dauerte { $length }. Der Ton ist weg, und die Untertitel sind gelöscht. Der Text lässt sich jetzt speichern; vergessen wird er { $time }.
interview-stopped-asked = Wer es gestartet hat, hat es beendet.
interview-stopped-host-left = Wer es gestartet hat, war gegangen.
interview-stopped-moderator = Die Moderation hat es beendet.
interview-stopped-empty = Alle waren gegangen.
interview-stopped-kicked = Der Bot wurde aus dem Kanal genommen.
interview-stopped-moved = Der Bot wurde in einen Kanal verschoben, in dem Interviews nicht erlaubt sind.
interview-stopped-limit = Die Zeit, die dieser Server für heute erlaubt, ist aufgebraucht.
interview-stopped-shutdown = Der Bot wurde von denen beendet, die ihn betreiben.
interview-stopped-failed = Etwas ist schiefgegangen.
interview-restarting = Der Bot wird gerade neu gestartet. Starte das Interview in ein paar Minuten.

## Answers

interview-started = Das Interview läuft in { $channel }. Noch wird niemand gehört, auch du nicht: Drück auf „Teilnehmen“, wenn du mitmachst.
interview-started-unmarked = Der Bot darf hier weder seinen Nicknamen noch den Status des Kanals ändern, also ist der Hinweis das einzige Zeichen, dass ein Interview läuft.
interview-lacks = Im Sprachkanal fehlt dem Bot: { $permissions }. Wer den Server verwaltet, kann es erlauben: Kanal bearbeiten > Berechtigungen > die Rolle des Bots.
interview-lacks-thread = In diesem Kanal fehlt dem Bot: { $permissions }. Wer den Server verwaltet, kann es erlauben: Kanal bearbeiten > Berechtigungen > die Rolle des Bots.
interview-permission-view-channel = Kanal anzeigen
interview-permission-connect = Verbinden
interview-permission-send-messages = Nachrichten senden
interview-permission-read-message-history = Nachrichtenverlauf anzeigen
interview-permission-create-public-threads = Öffentliche Threads erstellen
interview-permission-send-messages-in-threads = Nachrichten in Threads senden
interview-guild-only = Interviews finden im Sprachkanal eines Servers statt: Verwende diesen Befehl dort.
interview-not-in-voice = Geh zuerst in einen Sprachkanal, den der Bot sehen kann, und starte das Interview von dort.
interview-running-already = Auf diesem Server läuft schon ein Interview: Nimm daran teil oder beende es mit /interview stop.
interview-none-running = Auf diesem Server läuft kein Interview: Starte eines mit /interview start in einem Sprachkanal.
interview-over = Dieses Interview ist vorbei.
interview-not-here = Geh zuerst in den Sprachkanal des Interviews; dann kannst du teilnehmen.
interview-cannot-join = Der Sprachkanal hat den Bot nicht hineingelassen: Er ist vielleicht voll oder für den Bot nicht sichtbar.
interview-busy = Discord hat nicht rechtzeitig geantwortet: Versuch es gleich noch einmal.
interview-channel-gone = Diesen Kanal gibt es nicht mehr: Starte das Interview in einem anderen.
interview-only-host = Das kann nur, wer das Interview gestartet hat, oder die Moderation. Um selbst nicht mehr gehört zu werden, drück auf „Verlassen“.
interview-only-asking = Über Fragen entscheidet nur, wer das Interview gestartet hat, wer fragt oder wer allein übt und befragt wird.
interview-only-taking-part = Eine Pause beenden kann nur, wer teilnimmt oder das Interview gestartet hat, oder die Moderation.
interview-join-first = Das kann nur, wer teilnimmt: Drück zuerst auf „Teilnehmen“.
interview-not-taking-part = Du nimmst an diesem Interview nicht teil, also wird nichts von dir gehört.
interview-left = Du wirst nicht mehr gehört. Was du gesagt hast und was noch nicht aufgeschrieben war, ist überschrieben. Deine bisherigen Zeilen bleiben bis zum Ende des Interviews, wenn du sie nicht entfernst. Dein Ja gilt auch beim nächsten Mal, wenn du es nicht zurücknimmst.
interview-forgotten = Deine Zeilen sind aus den Untertiteln und aus dem Entwurf entfernt.
interview-nothing-agreed = Von dir wird nichts gehört, weil „Was ich sage, in Text umwandeln“ nicht angekreuzt war. Drück noch einmal auf „Teilnehmen“, wenn du es dir anders überlegst.
interview-paused = Pause: Niemand wird gehört, bis jemand auf „Weiter“ drückt.
interview-resumed = Weiter: Wer teilnimmt, wird wieder gehört.
interview-stopping = Das Interview ist vorbei. Der Bot geht, und alles, was niemand speichert, wird vergessen.
interview-no-draft = Von diesem Interview gibt es für dich nichts zu lesen: Die halbe Stunde ist um, von den Teilnehmenden hat niemand etwas gesagt, oder du hast nicht teilgenommen.
interview-failed = Das hat nicht geklappt, und es liegt an uns. Nichts ging verloren; versuch es bitte noch einmal.
interview-joined = Du nimmst jetzt teil ({ $role }): Deine Stimme wird in diesem Interview gehört. { $captions ->
    [yes] Deine Worte erscheinen als Untertitel.
   *[no] Deine Worte erscheinen nicht als Untertitel.
} Verlassen kannst du es jederzeit mit einem Klick.
interview-asked = Die Frage ist gestellt.
interview-no-more = Es gibt keine weitere Frage dieser Art. Stell eine eigene mit /interview question item.
interview-last = Das war die letzte der geplanten Fragen. Stell weitere mit /interview question item, oder beende das Interview.
interview-no-follow-up = Zu dieser Frage gibt es keine weitere Nachfrage.
interview-no-question = Es wurde noch keine Frage gestellt: Drück auf „Nächste Frage“ oder verwende /interview question.
interview-timer-set = { $minutes ->
    [one] Du wirst in { $minutes } Minute erinnert. Von selbst endet nichts.
   *[other] Du wirst in { $minutes } Minuten erinnert. Von selbst endet nichts.
}
interview-timer-off = Für diese Frage gibt es keine Erinnerung mehr.
interview-swapped = Getauscht: Wer befragt wurde, fragt jetzt, und umgekehrt.
interview-nobody-to-swap = Es ist niemand da, mit dem getauscht werden könnte: Es braucht eine befragte und eine fragende Person, die beide teilnehmen.
interview-noted = Notiert, nur für dich. Es wird beim Entwurf aufbewahrt, und in deinem Transkript, wenn du es speicherst; sonst sieht es niemand.
interview-notes-full = In diesem Interview ist kein Platz für weitere Notizen: { $most } werden aufbewahrt.
interview-answer-title = Antwort tippen
interview-answer-label = Deine Antwort
    .hint = Sie steht im Transkript wie Gesprochenes, als getippt gekennzeichnet.
interview-answered = Deine Antwort steht im Transkript, als getippt gekennzeichnet.
interview-form-over = Das Formular war zu lange offen, oder der Bot wurde neu gestartet; darum wurde nichts aufbewahrt. Öffne es noch einmal. Das hattest du getippt:
interview-lines-none = Du hast hier keine Zeile, die entfernt werden könnte.
interview-lines-not-captions = Das geht bei den Live-Untertiteln des laufenden Interviews.
interview-lines-choose = Welche deiner Zeilen soll aus den Untertiteln und aus dem Entwurf entfernt werden?
interview-lines-placeholder = Deine neuesten Zeilen
interview-line-removed = Die Zeile ist aus den Untertiteln und aus dem Entwurf entfernt.
interview-line-gone = Diese Zeile ist schon weg.
interview-privacy = **Was hier mit Stimmen geschieht.** { $notice }
    {""}
    Du kannst jederzeit gehen, entfernen, was du gesagt hast, und dein Ja zurücknehmen. Wer für diesen Bot verantwortlich ist, und alle deine Rechte: /privacy notice.

## What was said

interview-draft-question = **Frage**
interview-draft-note = **Deine Notiz**
interview-draft-speaker = **{ $name }** ({ $how })
interview-draft-typed = getippt

## Status

interview-status-running = Läuft seit { $length }.
interview-status-code = 🔒 Sprach-Datenschutzcode: `{ $code }` (vergleich ihn mit dem, den dein Discord zeigt)
interview-status-plain = 🔓 Der Anruf ist nicht Ende-zu-Ende-verschlüsselt.
interview-status-takes-part = { $opened ->
    [one] **{ $name }** nimmt teil: { $opened } Paket entschlüsselt, { $sealed } nicht.
   *[other] **{ $name }** nimmt teil: { $opened } Pakete entschlüsselt, { $sealed } nicht.
}
interview-status-does-not = { $packets ->
    [one] **{ $name }** nimmt nicht teil: { $packets } Paket, { $opened } entschlüsselt.
   *[other] **{ $name }** nimmt nicht teil: { $packets } Pakete, { $opened } entschlüsselt.
}
interview-status-more = { $packets ->
    [one] { $count } weitere: { $packets } Paket, { $opened } entschlüsselt.
   *[other] { $count } weitere: { $packets } Pakete, { $opened } entschlüsselt.
}
interview-status-nobody = Noch hat niemand gesprochen.
interview-status-missing = { $gap } insgesamt.
interview-status-foot = -# Gezählt von diesem Bot selbst; sein Quelltext ist offen.

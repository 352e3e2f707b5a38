# /transcript: Gesagtes speichern, lesen, teilen und löschen.

cmd-transcript =
    .description = Transkripte, die du gespeichert hast
cmd-transcript-save =
    .description = Aufbewahren, was in deinem letzten Interview gesagt wurde; sonst wird es vergessen
    .param-title = Wie es heißen soll; ohne Angabe nach dem Tag
cmd-transcript-list =
    .description = Deine Transkripte und die, die mit dir geteilt sind
    .param-page = Welche Seite davon
cmd-transcript-view =
    .description = Ein Transkript lesen
    .param-transcript = Welches
    .param-page = Welche Seite davon
cmd-transcript-search =
    .description = Wörter in allem suchen, was du lesen darfst
    .param-text = Wörter in beliebiger Reihenfolge; eine "Wendung" in Anführungszeichen
cmd-transcript-export =
    .description = Ein Transkript als Datei mitnehmen
    .param-transcript = Welches
    .param-format = Text, Markdown, JSON, eine Tabelle oder Untertitel
cmd-transcript-correct =
    .description = Richtigstellen, was von deinen eigenen Worten falsch verstanden wurde
    .param-transcript = Welches
    .param-line = Die Nummer der Zeile, wie /transcript view sie zeigt
    .param-text = Was du gesagt hast
cmd-transcript-redact =
    .description = Worte endgültig herausnehmen: deine eigenen überall, in deinen Transkripten alle
    .param-transcript = Welches
    .param-line = Die Nummer der Zeile, wie /transcript view sie zeigt
cmd-transcript-share =
    .description = Jemanden eines deiner Transkripte eine Zeit lang lesen lassen
    .param-transcript = Welches
    .param-person = Wer es lesen darf
    .param-hours = Wie viele Stunden; ohne Angabe 24
cmd-transcript-unshare =
    .description = Jemandem den Zugang zu einem deiner Transkripte wieder entziehen
    .param-transcript = Welches
    .param-person = Wer es nicht mehr lesen darf
cmd-transcript-delete =
    .description = Eines deiner Transkripte löschen, für alle
    .param-transcript = Welches

transcript-failed = Das hat nicht geklappt, und es liegt an uns. Nichts ist verloren; bitte versuch es noch einmal.
transcript-no-such = Dieses Transkript gibt es nicht, oder es ist nicht für dich: Wähle eines der angebotenen.
transcript-not-possible = Das geht nicht: Sieh dir an, was du eingegeben hast, und versuch es noch einmal.
transcript-page = -# Seite { $page } von { $pages }
transcript-and-more = -# Und { $count } weitere

## Speichern

transcript-save-title = Das Transkript speichern
transcript-save-afterwards = Das Interview läuft noch: Speichere es, wenn es vorbei ist, innerhalb einer halben Stunde.
transcript-no-draft = Von diesem Interview gibt es für dich nichts zu lesen: Die halbe Stunde ist um, von den Teilnehmenden hat niemand etwas gesagt, oder du hast nicht teilgenommen.
transcript-not-ticked = Es wurde nichts gespeichert, denn Speichern war nicht angekreuzt.
transcript-nothing-to-save = Es gibt nichts zu speichern: Niemand, der gesprochen hat, hat eingewilligt, dass die eigenen Worte aufbewahrt werden.
transcript-title = Interview vom { $day }, { $time } UTC
transcript-saved = Gespeichert, { $lines ->
    [one] eine Zeile
   *[other] { $lines } Zeilen
}. Lies es mit /transcript view, teile es mit /transcript share.
transcript-left-out = Die Worte von { $people ->
    [one] einer Person
   *[other] { $people } Personen
} fehlen und stehen als \[nicht gespeichert\] da: In das Aufbewahren wurde nicht eingewilligt.

## Lesen

transcript-none = Du hast keine Transkripte. Nach einem Interview bewahrt /transcript save auf, was gesagt wurde.
transcript-list-head = **Deine Transkripte**
transcript-unopened = lässt sich nicht öffnen
transcript-entry = - **{ $title }** · { $day } · { $lines ->
    [one] eine Zeile
   *[other] { $lines } Zeilen
}
transcript-entry-shared-with-you = mit dir geteilt
transcript-entry-shared-until = mit dir geteilt bis { $until }
transcript-entry-readers = geteilt mit { $people ->
    [one] einer Person
   *[other] { $people } Personen
}
transcript-empty = Es steht nichts darin.
transcript-question = Frage
transcript-note = Deine Notiz
transcript-not-saved = [nicht gespeichert]
transcript-redacted = [herausgenommen]
transcript-erased = [gelöscht]
transcript-withheld = [zurückgehalten]
transcript-damaged = [beschädigt]
transcript-gap = [{ $seconds } s nicht transkribiert]
transcript-nothing-found = Nichts passt. Wörter dürfen in beliebiger Reihenfolge stehen; setz eine Wendung in Anführungszeichen.
transcript-hit = - **{ $title }** · { $day }
transcript-hit-line = Zeile { $line }
transcript-exported = Deine Datei. Sie liegt auf den Servern von Discord, solange diese Nachricht da ist.

## Ändern

transcript-line-corrected = Richtiggestellt: Alle, die dieses Transkript lesen dürfen, sehen, was du gesagt hast.
transcript-line-redacted = Endgültig herausgenommen. An der Stelle steht ein Vermerk.
transcript-not-with-bots = Ein Transkript lässt sich nur mit Menschen teilen.
transcript-not-with-yourself = Es gehört dir schon: Wähle jemand anderen.
transcript-shared = { $person } darf es bis { $until } lesen. Eine Nachricht kommt nicht von selbst: Sag kurz Bescheid.
transcript-unshared = Diese Person kann es nicht mehr lesen.
transcript-was-not-shared = Diese Person konnte es ohnehin nicht lesen.
transcript-sure = **{ $title }** für alle löschen, mit { $lines ->
    [one] einer Zeile
   *[other] { $lines } Zeilen
} und allem Feedback dazu? Es lässt sich nicht zurückholen.
transcript-delete-for-good = Endgültig löschen
transcript-keep-it = Behalten
transcript-kept = Es wurde nichts gelöscht.
transcript-deleted = Endgültig gelöscht, mit { $lines ->
    [one] einer Zeile
   *[other] { $lines } Zeilen
} und { $comments ->
    [one] einem Kommentar
   *[other] { $comments } Kommentaren
}. Außer dir { $readers ->
    [0] konnte es niemand
    [one] konnte es eine Person
   *[other] konnten es { $readers } Personen
} lesen. Eine wiederhergestellte Sicherung bringt es nicht zurück.

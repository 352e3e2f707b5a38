# /consent und das Formular, das fragt.

cmd-consent =
    .description = Deine Einwilligungen, und wie du sie widerrufst
cmd-consent-give =
    .description = Wählen, worin du einwilligst; nichts ist vorausgewählt
cmd-consent-withdraw =
    .description = Deine Einwilligungen sofort widerrufen
    .param-scope = Was du widerrufst; ohne Angabe alles
    .choice-scope-all = alles
    .choice-scope-transcribe = { consent-purpose-transcribe.name }
    .choice-scope-captions = { consent-purpose-captions.name }
    .choice-scope-save = { consent-purpose-save.name }
    .choice-scope-ai-feedback = { consent-purpose-ai-feedback.name }
    .choice-scope-analytics = { consent-purpose-analytics.name }
cmd-consent-status =
    .description = Worin du derzeit eingewilligt hast
cmd-consent-history =
    .description = Alle deine Einwilligungen und Widerrufe, als Datei, die sich prüfen lässt
    .param-format = JSON lässt sich offline prüfen; CSV ist zum Lesen

## Das Formular

consent-title = Worin ich einwillige
consent-title-join = Am Interview teilnehmen
consent-intro = **Was mit deiner Stimme geschieht.** Der Bot entschlüsselt sie erst, nachdem du das erste Kästchen angekreuzt hast, { $speech }; Ton wird nie gespeichert. Text, den niemand speichert, ist 30 Minuten nach dem Interview weg. Du kannst das Interview jederzeit mit einem Klick verlassen. Datenschutzerklärung (auf Englisch): <{ $policy }>
consent-speech-here = macht daraus im Arbeitsspeicher Text und überschreibt den Ton sofort
consent-speech-elsewhere = **schickt sie zusammen mit der gerade gestellten Frage an { $host }, wo daraus Text wird**, und überschreibt den Ton sofort
consent-purposes = Ich willige ein
    .hint = Jedes Kästchen gilt für sich; nichts ist vorausgewählt.
consent-purpose-transcribe = Was ich sage, in Text umwandeln
    .hint = Nötig, um teilzunehmen. Nur in Interviews, an denen ich teilnehme.
    .name = Transkription
consent-purpose-captions = Meine Worte als Untertitel zeigen
    .hint = Alle im Kanal des Interviews können sie lesen, bis es endet.
    .name = Untertitel
consent-purpose-save = Meine Worte aufbewahren, wenn jemand das Transkript speichert
    .hint = Mit eigenem Schlüssel versiegelt; ich kann sie wieder herausnehmen. Wer speichert, kann sie lesen.
    .name = Speichern
consent-purpose-ai-feedback = Meine gespeicherten Worte für Feedback an ein Sprachmodell schicken
    .hint = Nur wenn ich um Feedback bitte, und nur an das Modell, das dann genannt wird.
    .name = KI-Feedback
consent-purpose-analytics = Zählen, was ich nutze
    .hint = Unter einem wechselnden Pseudonym, ohne meine Worte.
    .name = Zählen der Nutzung
consent-age = Mein Alter
    .hint = { $age }, oder mehr, wenn das Gesetz an deinem Wohnort mehr verlangt.
    .option = Ich bin alt genug, um hierin selbst einzuwilligen
consent-too-young = Du kannst nur teilnehmen, wenn du alt genug bist, um hierin selbst einzuwilligen. Es wurde nichts aufbewahrt.
consent-opted-out = Du hast festgelegt, dass dieser Bot dich nie hört, also wurde in nichts eingewilligt: Mit /privacy opt-out off darfst du wieder gefragt werden.
consent-nothing-ticked = Nichts war angekreuzt, also hat sich nichts geändert. Worin du derzeit eingewilligt hast: /consent status.

## Worin jemand einwilligt

consent-standing-head = **Deine Einwilligungen**
consent-standing-line = { $standing ->
    [yes] ☑ ja
    [stale] ☐ wird neu gefragt (die Datenschutzerklärung hat sich geändert)
   *[no] ☐ nein
}: { $purpose }
consent-standing-foot = -# Ändern mit /consent give, widerrufen mit /consent withdraw. Alles, was du entschieden hast: /consent history.
consent-nothing-to-take-back = Darin hattest du nicht eingewilligt, also gab es nichts zu widerrufen. Nichts davon geschieht.
consent-taken-back = Widerrufen: { $purposes }. Es hat schon aufgehört.
consent-heard-nowhere = Du wirst nirgends mehr gehört, und was du gesagt hast und niemand gespeichert hat, ist weg.
consent-no-decisions = Du hast hier nie in etwas eingewilligt, also gibt es nichts zu zeigen.
consent-history = { $count ->
    [one] Deine Entscheidung.
   *[other] Deine { $count } Entscheidungen.
} Das JSON ist signiert und verkettet: Wer es hat, kann es ohne diesen Bot prüfen. Es liegt auf den Servern von Discord, solange diese Nachricht da ist.
consent-history-damaged = { $count ->
    [one] Wann und wie eine davon getroffen wurde, ließ sich nicht mehr öffnen: Die Angaben dazu wurden
   *[other] Wann und wie { $count } davon getroffen wurden, ließ sich nicht mehr öffnen: Die Angaben dazu wurden
} dort, wo der Bot seine Daten aufbewahrt, verändert oder beschädigt und lassen sich nicht mehr prüfen. Schreib an die Adresse aus /privacy contact.
consent-failed = Das konnte nicht festgehalten werden, und es liegt an uns. Es geschieht nichts, worin du nicht eingewilligt hast; was du widerrufen hast, bleibt aus, solange der Bot läuft. Bitte versuch es gleich noch einmal.

# /consent und das Formular, das fragt.

cmd-consent =
    .description = Worin du einwilligst, und wie du es widerrufst
cmd-consent-give =
    .description = Wähle, worin du einwilligst; nichts ist vorausgewählt
cmd-consent-withdraw =
    .description = Widerrufe sofort, worin du eingewilligt hast
    .param-scope = Was du widerrufst; ohne Angabe alles
    .choice-scope-all = alles
    .choice-scope-transcribe = { consent-purpose-transcribe.name }
    .choice-scope-captions = { consent-purpose-captions.name }
    .choice-scope-save = { consent-purpose-save.name }
    .choice-scope-ai-feedback = { consent-purpose-ai-feedback.name }
    .choice-scope-analytics = { consent-purpose-analytics.name }
cmd-consent-status =
    .description = Worin du gerade einwilligst
cmd-consent-history =
    .description = Alles, worin du je eingewilligt oder was du widerrufen hast, als prüfbare Datei
    .param-format = JSON lässt sich offline prüfen; CSV ist zum Lesen

## Das Formular

consent-title = Worin ich einwillige
consent-title-join = Beim Interview mitmachen
consent-intro = **Was mit deiner Stimme geschieht.** Der Bot entschlüsselt sie erst, wenn du das erste Kästchen ankreuzt, { $speech }; Ton wird nie gespeichert. Text, den niemand speichert, ist 30 Minuten nach dem Interview weg. Du kannst jederzeit mit einem Klick aussteigen. Datenschutzerklärung (auf Englisch): <{ $policy }>
consent-speech-here = macht daraus im Arbeitsspeicher Text und überschreibt den Ton sofort
consent-speech-elsewhere = **schickt sie mit der Frage, die gerade gestellt ist, an { $host }, wo daraus Text wird**, und überschreibt den Ton sofort
consent-purposes = Ich willige ein
    .hint = Jedes Kästchen gilt für sich; nichts ist vorausgewählt.
consent-purpose-transcribe = Aus meiner Sprache Text machen
    .hint = Nötig zum Mitmachen. Nur in Interviews, denen ich beitrete.
    .name = Sprache zu Text
consent-purpose-captions = Meine Worte als Untertitel zeigen
    .hint = Alle im Kanal des Interviews können sie lesen, bis es endet.
    .name = Untertitel
consent-purpose-save = Meine Worte aufbewahren, wenn jemand das Transkript speichert
    .hint = Mit eigenem Schlüssel versiegelt; ich kann sie herausnehmen, und wer speichert, kann sie lesen.
    .name = Speichern
consent-purpose-ai-feedback = Meine gespeicherten Worte für Feedback an ein Sprachmodell schicken
    .hint = Nur wenn ich um Feedback bitte, und nur an das, das dann genannt wird.
    .name = KI-Feedback
consent-purpose-analytics = Zählen, was ich nutze
    .hint = Unter einem wechselnden Pseudonym, ohne meine Worte.
    .name = Zählen der Nutzung
consent-age = Mein Alter
    .hint = { $age }, oder was das Gesetz an deinem Wohnort verlangt, je nachdem, was mehr ist.
    .option = Ich bin alt genug, selbst einzuwilligen
consent-too-young = Du kannst nur mitmachen, wenn du alt genug bist, selbst einzuwilligen. Nichts wurde aufbewahrt.
consent-opted-out = Du hast gewählt, von diesem Bot nie gehört zu werden, also wurde nichts erlaubt: Mit /privacy opt-out off darfst du wieder gefragt werden.
consent-nothing-ticked = Nichts war angekreuzt, also hat sich nichts geändert. Worin du gerade einwilligst: /consent status.

## Worin jemand einwilligt

consent-standing-head = **Worin du einwilligst**
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
    [one] Wann und wie eine davon getroffen wurde, ließ sich nicht mehr öffnen: Sie wurde
   *[other] Wann und wie { $count } davon getroffen wurden, ließ sich nicht mehr öffnen: Sie wurden
} am Ort der Ablage verändert oder beschädigt; prüfen kann man das nicht mehr. Schreib an die Adresse aus /privacy contact.
consent-failed = Das konnte nicht festgehalten werden, und es liegt an uns. Es geschieht nichts, worin du nicht eingewilligt hast; was du widerrufen hast, bleibt aus, solange der Bot läuft. Bitte versuch es gleich noch einmal.

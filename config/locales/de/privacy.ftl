# /privacy: was über Menschen aufbewahrt wird, und ihre Rechte.

cmd-privacy =
    .description = Deine Daten: was aufbewahrt wird, und deine Rechte
cmd-privacy-notice =
    .description = Die Datenschutzerklärung dieses Bots
cmd-privacy-processors =
    .description = Wer sonst etwas von deinen Daten bekommt, und wo
cmd-privacy-contact =
    .description = Wer hier für deine Daten verantwortlich ist
cmd-privacy-data =
    .description = Wie viel über dich aufbewahrt wird, und wie lange
cmd-privacy-export =
    .description = Alles, was über dich aufbewahrt wird, als Dateien
cmd-privacy-delete-transcripts =
    .description = Alle Transkripte löschen, die du gespeichert hast
cmd-privacy-delete-account =
    .description = Alles löschen, was über dich aufbewahrt wird
cmd-privacy-request =
    .description = Eine Anfrage zu deinen Daten an die stellen, die den Bot betreiben
    .param-kind = Worum du bittest
    .param-text = In deinen eigenen Worten
    .choice-kind-access = Auskunft: eine Kopie meiner Daten
    .choice-kind-portability = Übertragbarkeit: meine Daten zum Mitnehmen
    .choice-kind-erasure = Löschung: meine Daten löschen
    .choice-kind-rectification = Berichtigung: etwas richtigstellen
    .choice-kind-restriction = Einschränkung: aufbewahren und nichts damit tun
    .choice-kind-objection = Widerspruch gegen das, was mit meinen Daten geschieht
    .choice-kind-complaint = Beschwerde
    .choice-kind-withdraw = Widerruf der Einwilligung
cmd-privacy-analytics =
    .description = Ob gezählt wird, was du nutzt; aus, bis du es einschaltest
    .param-switch = An: Ein Formular fragt nach deinem Ja. Aus: sofort
    .choice-switch-on = an
    .choice-switch-off = aus
cmd-privacy-opt-out =
    .description = Von diesem Bot nie gehört werden, auf keinem Server
    .param-switch = An: Niemand kann veranlassen, dass du gehört wirst. Aus: Du darfst wieder gefragt werden
    .choice-switch-on = an
    .choice-switch-off = aus
cmd-privacy-correct =
    .description = Etwas berichtigen, das über dich aufbewahrt wird
    .param-text = Was falsch ist und wie es stimmt; leer: was du selbst berichtigen kannst
cmd-privacy-object =
    .description = Dem widersprechen, was mit deinen Daten geschieht
    .param-text = Wogegen du Widerspruch einlegst und warum es für dich schwerer wiegt
cmd-privacy-requests =
    .description = Deine Anfragen, und bis wann sie beantwortet werden
cmd-privacy-confirm =
    .description = Eine Anfrage bestätigen, die du per E-Mail gestellt hast
    .param-code = Der Code aus der Antwort, die du bekommen hast
cmd-privacy-receipt =
    .description = Eine Löschquittung prüfen
    .param-file = Die JSON-Datei, die dazugehörte

privacy-failed = Das hat nicht geklappt, und es liegt an uns: Bitte versuch es gleich noch einmal.
privacy-and-more = -# Und { $count } weitere

## Was Menschen gesagt wird

privacy-policy-language = Die Datenschutzerklärung ist auf Englisch geschrieben.
privacy-policy-foot =
    -# Version { $version } · SHA-256 der Datei: `{ $hash }`
    -# Die ganze Datenschutzerklärung hängt an.
privacy-processors-head = **Wer sonst etwas von deinen Daten bekommt**
privacy-processors-language = -# Die Angaben stehen so da, wie sie von denen geschrieben wurden, die den Bot betreiben.
privacy-processor-on =
    - 🟢 **{ $name }** ist eingeschaltet. { $purpose }
    { "  " }Bekommt: { $data }. Wo: { $region }, { $transfer }. Aufbewahrt: { $retention }{ $evidence }
privacy-processor-off = - ⚪ **{ $name }** ist ausgeschaltet und bekommt nichts. { $purpose }
privacy-transfer-eea = bleibt im Europäischen Wirtschaftsraum
privacy-transfer-scc = Standardvertragsklauseln
privacy-transfer-dpf = Datenschutzrahmen EU-USA
privacy-transfer-local = auf den eigenen Rechnern dieser Installation
privacy-contact =
    {""}**{ $name }**, { $region }, ist hier für deine Daten verantwortlich. E-Mail: `{ $email }`
    Oder verwende /privacy request: Das wird innerhalb von { $days ->
        [one] einem Tag
       *[other] { $days } Tagen
    } beantwortet. Du kannst dich auch bei der Datenschutzbehörde deines Wohn- oder Arbeitsorts beschweren.
    -# Der Bot ist für Menschen ab { $age } Jahren.

## Was aufbewahrt wird

privacy-nothing-kept = Über dich wird hier nichts aufbewahrt. Was die Teilnehmenden in einem laufenden Interview sagen, steht nur im Arbeitsspeicher und ist 30 Minuten danach weg.
privacy-data-head = **Was über dich aufbewahrt wird**
privacy-data-line = - { $rows } · { $what } · { $kept }
privacy-data-foot = -# Was gesagt und nicht gespeichert wurde, steht nur im Arbeitsspeicher und ist 30 Minuten nach dem Interview weg. Alles als Dateien: /privacy export. Löschen: /privacy delete-account.
privacy-table-subject = wer du bist: deine Discord-ID, versiegelt
privacy-table-consent-event = worin du eingewilligt oder was du widerrufen hast
privacy-table-opt-out = dass du nie gehört werden willst
privacy-table-transcript = Transkripte, die du gespeichert hast
privacy-table-turn = Zeilen, die du gesagt hast, in deinen Transkripten und in denen anderer
privacy-table-share = Transkripte, die du teilst oder die mit dir geteilt sind
privacy-table-feedback = Kommentare zu deinen Transkripten
privacy-table-ai-job = Kommentare, die gerade entstehen
privacy-table-request = Anfragen zu deinen Daten
privacy-table-audit = Sicherheitsereignisse
privacy-table-analytics-event = gezählte Nutzung
privacy-table-budget = was Kommentare verbraucht haben
privacy-table-rating = Notizen über dich und von dir
privacy-table-reservation = was Kommentare, die gerade entstehen, verbrauchen dürfen
privacy-table-preference = deine Einstellungen
privacy-table-queue-entry = dein Platz in der Warteschlange für Interviews
privacy-table-usage = wie lange du an welchem Tag auf einem Server geübt hast
privacy-table-block = Server, auf denen du weder Interviews starten noch daran teilnehmen darfst
privacy-table-guild-question = Fragen, die du einem Server hinzugefügt hast
privacy-table-offer = Angebote und Einladungen, zusammen zu üben
privacy-period-account = bis du dein Konto löschst
privacy-period-saved = bis die Person, der es gehört, es löscht, oder du dein Konto löschst
privacy-period-interview = bis das Interview vorbei ist
privacy-period-job = bis es fertig ist, höchstens einen Tag
privacy-period-server = bis es die löschen, die den Server verwalten, oder der Bot ihn verlässt
privacy-period-block = bis sie aufgehoben wird oder endet, höchstens ein Jahr, auch wenn du dein Konto löschst
privacy-period-30-days = 30 Tage
privacy-period-90-days = 90 Tage
privacy-period-a-year = bis ein Jahr nach der Antwort, oder bis du dein Konto löschst
privacy-period-backups = solange eine Sicherung Gelöschtes zurückbringen könnte, ohne jemanden zu nennen
privacy-period-installation = solange der Bot betrieben wird; es betrifft niemanden
privacy-exported = { $parts ->
    [one] Alles, was über dich aufbewahrt wird
   *[other] Teil { $number } von { $parts } dessen, was über dich aufbewahrt wird
}. Deine eigenen Worte sind darin, die anderer nicht. Die Datei liegt auf den Servern von Discord, solange diese Nachricht da ist: Lade sie herunter und verwirf oder lösche dann die Nachricht.
privacy-export-too-large = { $count ->
    [one] Teil { $numbers } von { $parts } ist
   *[other] Die Teile { $numbers } von { $parts } sind
} größer, als Discord annimmt: Schreib an die Adresse aus /privacy contact, dann bekommst du den Rest auf anderem Weg.
privacy-export-damaged = { $count ->
    [one] Etwas, das über dich aufbewahrt wird, ließ sich nicht öffnen: Es wurde
   *[other] { $count } Dinge, die über dich aufbewahrt werden, ließen sich nicht öffnen: Sie wurden
} dort, wo der Bot seine Daten aufbewahrt, verändert oder beschädigt. Alles andere ist im Paket, und README.txt darin sagt, was fehlt. Schreib an die Adresse aus /privacy contact, damit es in Ordnung gebracht oder gelöscht wird.

## Gehört werden

privacy-opted-out = Du wirst nirgends mehr gehört, auf keinem Server, worin du auch eingewilligt hast oder später einwilligst; Zeilen, die niemand gespeichert hat, sind weg. Gespeichertes bleibt: /privacy data zeigt es. Mit /privacy opt-out off darfst du wieder gefragt werden.
privacy-opted-in = Du darfst wieder gefragt werden. Damit hast du in nichts eingewilligt: Du wirst nur gehört, wo du teilnimmst und Ja sagst.
privacy-not-opted-out = Du hattest nicht festgelegt, nie gehört zu werden. Du wirst nur gehört, wo du teilnimmst und Ja sagst.
privacy-analytics-title = Zählen, was ich nutze
privacy-analytics-intro = **Was gezählt wird.** Welche Befehle du nutzt und wie lang Interviews waren, in Stufen, mit dem Tag, unter einem Pseudonym, das in jedem Quartal ein anderes ist. Keines deiner Worte, keine Namen. Nach 90 Tagen weg. Nichts hängt davon ab.
privacy-analytics-none = Dieser Bot zählt nichts, also gibt es nichts einzuschalten.
privacy-analytics-on = Ab jetzt wird unter einem Pseudonym gezählt, was du nutzt. /privacy analytics off beendet es sofort.

## Löschen

# Was eingetippt werden muss, kleingeschrieben. Zwei verschiedene Wörter.
privacy-delete-transcripts-word = transkripte
privacy-delete-account-word = konto
privacy-delete-transcripts-title = Alle meine Transkripte löschen
privacy-delete-account-title = Alles über mich löschen
privacy-delete-transcripts-intro =
    Das löscht **jedes Transkript, das du gespeichert hast**, für alle, mit denen es geteilt ist, samt allen Kommentaren dazu. Das lässt sich nicht rückgängig machen.

    Was bleibt: deine Worte in Transkripten, die andere gespeichert haben. Du kannst sie einzeln mit /transcript redact herausnehmen, oder alle auf einmal mit /privacy delete-account.
privacy-delete-account-intro =
    Das löscht **alles, was über dich aufbewahrt wird**: deine Transkripte, deine Worte in denen anderer, worin du eingewilligt hast, deine Anfragen. Du wirst ab sofort nirgends mehr gehört. Das lässt sich nicht rückgängig machen; neu anfangen kannst du jederzeit.

    Du bekommst eine signierte Quittung. Eine Sperre durch die Moderation eines Servers bleibt, bis sie endet. Was andere kopiert haben und was Discord aufbewahrt, liegt außer Reichweite.
privacy-word-label = Zum Fortfahren „{ $word }“ eintippen
privacy-wrong-word = Es wurde nichts gelöscht, denn das war nicht das Wort: Verwende den Befehl noch einmal und tippe „{ $word }“ ein.
privacy-no-transcripts = Du hast keine eigenen Transkripte, also wurde nichts gelöscht.
privacy-transcripts-gone = Endgültig gelöscht, für alle: { $count ->
    [one] eines deiner Transkripte
   *[other] { $count } deiner Transkripte
}.
privacy-transcripts-unfinished = Das konnte nicht zu Ende gebracht werden, und es liegt an uns: Verwende den Befehl noch einmal; was begonnen wurde, wird spätestens beim nächsten Start des Bots fertig.
privacy-transcripts-stay = Deine Worte in Transkripten anderer bleiben, bis du sie herausnimmst oder dein Konto löschst.
privacy-not-rewritten = Die Dateien konnten noch nicht neu geschrieben werden, weil jemand sie gerade las: Bis der Bot das nächste Mal startet, enthalten sie noch das Gelöschte, verschlüsselt.
privacy-nothing-opens = Nichts öffnet es mehr.
privacy-account-failed = Das konnte nicht abgeschlossen werden, und es liegt an uns: Bitte verwende /privacy delete-account gleich noch einmal. Du wirst nirgends mehr gehört.
privacy-account-nothing = Über dich war hier nichts aufbewahrt, also war nichts zu löschen. Du wirst nirgends gehört. Die angehängte Quittung sagt das.
privacy-account-gone = **Gelöscht.** Du wirst nirgends mehr gehört, und das hier ist weg, zusammen mit den Schlüsseln, die es öffneten:
privacy-account-line = - { $rows } · { $what }
privacy-account-running = Was ein laufendes Interview noch von dir enthält, verschwindet mit seinem Ende.
privacy-account-receipt = Heb die angehängte Quittung auf, die dich nicht nennt: Der Bot behält keine Kopie. /privacy receipt prüft sie.

## Anfragen

privacy-requested = Notiert: { $kind }. Die Antwort kommt bis { $due }; siehe /privacy requests.
privacy-hint-access = /privacy export gibt sie dir sofort.
privacy-hint-portability = /privacy export gibt sie dir sofort.
privacy-hint-erasure = /privacy delete-account erledigt es sofort.
privacy-hint-rectification = Für Worte erledigt es /transcript correct sofort.
privacy-hint-complaint = Du kannst dich auch an eine Datenschutzbehörde wenden.
privacy-hint-withdraw = /consent withdraw erledigt es sofort.
privacy-correct-yourself = Falsch mitgeschriebene Worte: /transcript correct. Worin du eingewilligt hast: /consent. Dein Name steht so da, wie er beim Speichern in Discord war. Für alles andere schreib hier, was falsch ist und wie es stimmt; du bekommst innerhalb von { $days ->
    [one] einem Tag
   *[other] { $days } Tagen
} eine Antwort.
privacy-no-requests = Du hast keine Anfragen gestellt. /privacy request stellt eine.
privacy-too-many-requests = Du hast schon { $most ->
    [one] eine offene Anfrage
   *[other] { $most } offene Anfragen
}: Jede wird rechtzeitig beantwortet, also warte bitte zuerst diese ab.
privacy-requests-head = **Deine Anfragen**
privacy-request-open = - **{ $kind }** · gestellt am { $made } · Antwort bis { $due }
privacy-request-closed = - **{ $kind }** · gestellt am { $made } · { $outcome } am { $closed }
privacy-outcome-done = erledigt
privacy-outcome-partly = teilweise erledigt
privacy-outcome-refused = abgelehnt
privacy-outcome-taken-back = zurückgezogen
privacy-outcome-unconfirmed = nie bestätigt
privacy-outcome-none = abgeschlossen
privacy-confirmed = Diese Anfrage gehört jetzt dir.
privacy-code-refused = Dieser Code gilt nicht oder nicht mehr: Er gilt nur einmal, { $hours ->
    [one] eine Stunde
   *[other] { $hours } Stunden
} lang und für wenige Versuche. Bitte per E-Mail um einen neuen.

## Quittungen

privacy-not-a-receipt = Diese Datei ist keine Quittung: Häng die JSON-Datei an, die mit einer Löschung kam.
privacy-receipt-holds = ✅ Diese Quittung ist gültig: Diese Installation hat sie für eine Löschung am { $at } signiert, und { $keys ->
    [0] sie nennt keine Schlüssel
    [one] den einen Schlüssel, den sie nennt, gibt es nicht mehr
   *[other] keinen der { $keys } Schlüssel, die sie nennt, gibt es noch
}.
privacy-receipt-refused = ❌ Diese Quittung ist nicht gültig:
privacy-fault-installation = eine andere Installation hat diese Quittung ausgestellt
privacy-fault-signature = die Signatur stimmt nicht
privacy-fault-keys = { $count ->
    [one] einer der vernichteten Schlüssel ist
   *[other] { $count } der vernichteten Schlüssel sind
} noch im Schlüsselbund dieses Bots
privacy-fault-files = die Dateien wurden noch nicht neu geschrieben: Sie enthalten noch das Gelöschte, das nichts mehr öffnet

# /feedback: was zu Antworten gesagt wird, wer darum gebeten wird, und was andere notiert haben.

cmd-feedback =
    .description = Feedback zu dem, was du in einem Interview geantwortet hast
cmd-feedback-request =
    .description = Um Feedback zu einem gespeicherten Transkript bitten
    .param-transcript = Zu welchem
    .param-rubric = Welche Art von Interview es war, für eigene Fragen
    .choice-rubric-behavioural = Verhalten
    .choice-rubric-technical = Technik
    .choice-rubric-system-design = Systemdesign
    .choice-rubric-case = Fallstudie
cmd-feedback-view =
    .description = Dein Feedback lesen
    .param-feedback = Welches; sonst das neueste
    .param-answer = Eine Antwort im Einzelnen, nach ihrer Nummer
cmd-feedback-rubric =
    .description = Wonach Antworten beurteilt werden, von 1 bis 5
    .param-type = Für welche Art von Interview; sonst die deines neuesten Feedbacks
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
cmd-feedback-peer =
    .description = Etwas für jemanden notieren, bei dessen Interview du dabei warst
    .param-person = Für wen es ist
    .param-transcript = Zu welchem Interview; sonst das letzte, das die Person mit dir darin gespeichert hat
cmd-feedback-compare =
    .description = Zwei Interviews nebeneinander
    .param-first = Das eine
    .param-second = Das andere
cmd-feedback-progress =
    .description = Wie deine Interviews mit der Zeit liefen
    .param-period = Wie weit zurück; sonst alles
    .choice-period-30 = die letzten 30 Tage
    .choice-period-90 = die letzten 90 Tage
    .choice-period-365 = das letzte Jahr
    .choice-period-0 = alles
cmd-feedback-dispute =
    .description = Einer Bewertung widersprechen
    .param-feedback = In welchem Feedback
    .param-criterion = Welcher Bewertung
    .choice-criterion-relevance = Bezug
    .choice-criterion-context = Zusammenhang
    .choice-criterion-action = eigener Anteil
    .choice-criterion-result = Ergebnis
    .choice-criterion-depth = Tiefe
    .choice-criterion-structure = Aufbau
cmd-feedback-delete =
    .description = Ein Feedback zu deinen Antworten löschen
    .param-feedback = Welches
cmd-feedback-delete-note =
    .description = Löschen, was du notiert hast oder jemand für dich
    .param-note = Welche Notiz

## Kriterien

feedback-criterion-relevance = Bezug
    .hint = ob die Antwort zur Frage passt
feedback-criterion-context = Zusammenhang
    .hint = ob man die Situation versteht
feedback-criterion-action = Eigener Anteil
    .hint = was du getan oder wie du überlegt hast
feedback-criterion-result = Ergebnis
    .hint = was herauskam, und wie es geprüft wurde
feedback-criterion-depth = Tiefe
    .hint = wie weit es unter die Oberfläche geht
feedback-criterion-structure = Aufbau
    .hint = ob man der Antwort folgen kann

## Zahlen

feedback-number = { NUMBER($value, maximumFractionDigits: 1) }
feedback-range = { NUMBER($low, maximumFractionDigits: 1) }–{ NUMBER($high, maximumFractionDigits: 1) }
feedback-nothing = zu wenig belegt
feedback-answers = { $count ->
        [one] { $count } Antwort
       *[other] { $count } Antworten
    }
feedback-questions = { $count ->
        [one] { $count } Frage
       *[other] { $count } Fragen
    }
feedback-interviews = { $count ->
        [one] { $count } Interview
       *[other] { $count } Interviews
    }
feedback-answers-of = { $scored } von { $total ->
        [one] { $total } Antwort
       *[other] { $total } Antworten
    }

## Wonach Antworten beurteilt werden

feedback-rubric-head = **Wonach Antworten beurteilt werden · { $kind }**
    Jede Antwort nach sechs Kriterien, alle mit gleichem Gewicht, von 1 bis 5. 2 und 4 liegen zwischen ihren Nachbarn.
feedback-rubric-foot = -# „{ feedback-nothing }“: Nichts, was du in dieser Antwort gesagt hast, ließ sich für das Kriterium zitieren. Das ist nie eine schlechte Bewertung und zählt weder für dich noch gegen dich.
    -# Einem Modell werden diese Sätze auf Englisch gesagt, und jede Bewertung, die es abgibt, braucht ein Zitat von dir.
    -# Bewertungen sind nur zum Üben. Sie können falsch sein, sagen nichts über dich als Person und entscheiden nichts.

## Was jemand notiert, über sich oder über andere

feedback-self-title = Zuerst: Wie lief es?
feedback-self-intro = Was du hier notierst, ist nur für dich, und du siehst es neben dem Feedback. Dieses Formular schickt nichts weg.
feedback-peer-title = Für dein Gegenüber
feedback-peer-intro = Die Person, für die es ist, liest das mit deinem Namen, vor jedem anderen Feedback. Schreib, was dir selbst helfen würde.
feedback-overall = Insgesamt
    .hint = 1: Man konnte nicht folgen. 3: Das Wichtigste war da. 5: Es fehlte nichts.
feedback-strong = Was war stark?
    .hint = So viele du willst, oder keins.
feedback-weak = Woran arbeiten?
    .hint = So viele du willst, oder keins.
feedback-sentence = In einem Satz: was gelang, was als Nächstes
feedback-noted = Notiert. { $person } liest es neben dem eigenen Feedback, mit deinem Namen.
feedback-note-withdraw = Zurücknehmen
feedback-noted-head = **Was Menschen notiert haben**
feedback-noted-own = **Du**: { $overall } von 5
feedback-noted-by = **{ $person }**: { $overall } von 5
feedback-noted-unreadable = Eine Notiz lässt sich nicht mehr öffnen.
feedback-noted-strong = stark: { $criteria }
feedback-noted-weak = daran arbeiten: { $criteria }
feedback-not-for-yourself = Für dich selbst gibt es ein eigenes Formular: Es kommt zuerst, wenn du /feedback request verwendest.
feedback-not-for-bots = Bots nehmen an keinem Interview teil, also gibt es niemanden, für den du es notieren könntest.
feedback-not-together = Von dieser Person gibt es kein gespeichertes Interview, in dem auch deine Worte gespeichert sind, und keines, das sie mit dir teilt. Bitte sie, es zu speichern oder mit /transcript share zu teilen.

## Bitten

feedback-ask-head = **Feedback zu „{ $title }“**
feedback-ask-where = Was du gesagt hast, geht an **{ $host }** ({ $region }), an das Modell { $model }. Es geht erst hinaus, wenn du auf Senden drückst.
feedback-ask-here = Das Modell { $model } auf dem eigenen Rechner des Bots liest, was du gesagt hast. Nichts verlässt diesen Rechner.
feedback-ask-size = Gebraucht { $tokens ->
        [one] wird höchstens { $tokens } Token
       *[other] werden höchstens { $tokens } Token
    }, { $passes ->
        [one] in einem Durchgang
       *[other] in { $passes } Durchgängen
    }.
feedback-ask-price = Dafür zahlt, wer den Bot betreibt, höchstens { $price } { $currency }; du zahlst nichts.
feedback-ask-withheld = { $count ->
        [one] Eine Zeile von jemand anderem bleibt hier: Gesendet wird nur, was du selbst gesagt hast.
       *[other] { $count } Zeilen von anderen bleiben hier: Gesendet wird nur, was du selbst gesagt hast.
    }
feedback-ask-peers = -# Sonst hat noch niemand etwas notiert. Willst du zuerst von Menschen hören, dann bitte alle, die dabei waren, um /feedback peer; das hier kann warten.
feedback-ask-redacted = Vorher herausgenommen: { $kinds }.
feedback-ask-redacted-none = Nichts darin sah aus wie ein Name, eine Adresse oder eine Nummer, die sagt, wer jemand ist.
feedback-ask-check = Was wie ein Name aussieht, finden Regeln, und Regeln übersehen manches. Lies das Transkript, bevor du es sendest: /transcript view, und /transcript redact für das, was nicht mitgehen soll.
feedback-ask-flagged = { $count ->
        [one] Eine Zeile liest sich wie eine Anweisung an das Modell. Sie bleibt hier: { $lines }.
       *[other] { $count } Zeilen lesen sich wie Anweisungen an das Modell. Sie bleiben hier: { $lines }.
    }
feedback-ask-left = Heute noch für dich übrig: { $tokens ->
        [one] { $tokens } Token
       *[other] { $tokens } Token
    }.
feedback-ask-left-server = Diesen Monat noch für diesen Server übrig: { $tokens ->
        [one] { $tokens } Token
       *[other] { $tokens } Token
    }.
feedback-ask-consent = -# Wenn du auf Senden drückst, wirst du vorher, ein einziges Mal, um deine Einwilligung gebeten. Du kannst sie jederzeit mit /consent withdraw widerrufen.
feedback-send = Senden
feedback-cancel = Abbrechen
feedback-cancelled = Nicht gesendet. Nichts hat diesen Bot verlassen.
feedback-sent = Abgeschickt. Es dauert ein, zwei Minuten; dann wartet es in /feedback view, nur für dich.
feedback-under-way = Das ist schon unterwegs. Schau in ein, zwei Minuten in /feedback view.
feedback-not-yours = Das gehört jemand anderem.
feedback-consent-title = Feedback von einem Modell
feedback-consent-intro = Für das Feedback gehen deine gespeicherten Worte aus diesem Interview und die Fragen dazu an **{ $host }** ({ $region }), an das Modell { $model }, ohne die Namen, die darin gefunden wurden; ein Anbieter, der danach fragt, bekommt auch eine Nummer, die für dich steht. Du wirst jedes Mal gefragt, bevor etwas gesendet wird, und kannst das mit /consent withdraw widerrufen. Datenschutzerklärung (auf Englisch): <{ $policy }>
feedback-consent-needed = Wenn das Kästchen nicht angekreuzt ist, wird nichts gesendet. Dein Transkript und deine Notizen sind noch da.
feedback-kind-name = { $count ->
        [one] { $count } Name
       *[other] { $count } Namen
    }
feedback-kind-email = { $count ->
        [one] { $count } E-Mail-Adresse
       *[other] { $count } E-Mail-Adressen
    }
feedback-kind-phone = { $count ->
        [one] { $count } Telefonnummer
       *[other] { $count } Telefonnummern
    }
feedback-kind-link = { $count ->
        [one] { $count } Link
       *[other] { $count } Links
    }
feedback-kind-handle = { $count ->
        [one] { $count } Benutzername
       *[other] { $count } Benutzernamen
    }
feedback-kind-discord = { $count ->
        [one] { $count } Discord-ID
       *[other] { $count } Discord-IDs
    }
feedback-kind-account = { $count ->
        [one] { $count } Bankkonto
       *[other] { $count } Bankkonten
    }
feedback-kind-card = { $count ->
        [one] { $count } Kartennummer
       *[other] { $count } Kartennummern
    }
feedback-kind-machine = { $count ->
        [one] { $count } Netzwerkadresse
       *[other] { $count } Netzwerkadressen
    }
feedback-kind-number = { $count ->
        [one] { $count } lange Nummer
       *[other] { $count } lange Nummern
    }

## Ohne Modell, und was schiefgehen kann

feedback-no-model = Hier ist kein Modell eingerichtet, also beurteilt niemand die Antworten: Es gibt nur, was gezählt wurde und was du und andere notiert haben. Das wartet in /feedback view.
feedback-nothing-to-judge = Nichts von deinen Antworten lässt sich bewerten: Dafür braucht es { $words ->
        [one] { $words } Wort
       *[other] { $words } Wörter
    }, sicher genug erkannt. Also wird nichts gesendet; was gezählt wurde, steht hier und in /feedback view.
feedback-no-answers = In diesem Transkript steht keine Antwort von dir, also gibt es nichts dazu zu sagen.
feedback-no-such = Ein solches Feedback von dir gibt es nicht. /feedback view schlägt beim Tippen vor, was da ist.
feedback-none = Es gibt noch kein Feedback. Speichere ein Interview mit /transcript save und verwende dann /feedback request.
feedback-too-many = Es sind schon so viele unterwegs, wie gleichzeitig möglich sind. Warte auf eines oder brich eines in /feedback view ab, und bitte dann noch einmal darum.
feedback-state-waiting = **„{ $title }“** wartet, bis es dran ist.
feedback-state-again = **„{ $title }“** wird { $when } noch einmal versucht: { $reason }
feedback-state-sending = Das Feedback zu **„{ $title }“** wird gerade geschrieben.
feedback-state-failed = Zu **„{ $title }“** gibt es kein Feedback: { $reason } Was du notiert hast, ist noch da; bitte mit /feedback request noch einmal darum.
feedback-reason-consent = Deine Einwilligung wurde widerrufen, oder die Datenschutzerklärung hat sich geändert. Es wurde nichts gesendet.
feedback-reason-person-budget = Was dir für heute noch bleibt, reicht nicht aus. Es wurde nichts gesendet. Um Mitternacht UTC beginnt es neu.
feedback-reason-server-budget = Was diesem Server für diesen Monat noch bleibt, reicht nicht aus. Es wurde nichts gesendet. Am Ersten (UTC) beginnt es neu.
feedback-reason-busy = Das Modell hatte zu viel zu tun. Es wurde nichts verbraucht.
feedback-reason-unavailable = Das Modell hat nicht rechtzeitig geantwortet. Ein Teil deiner Token von heute kann als verbraucht zählen.
feedback-reason-unfit = Was das Modell schrieb, war nicht zu gebrauchen, also wird nichts davon gezeigt. Die verbrauchten Token zählen.
feedback-reason-refused = Das Modell wollte dazu nichts schreiben. Die verbrauchten Token zählen.
feedback-reason-misconfigured = So, wie es eingerichtet ist, lässt sich das Modell nicht erreichen; wer den Bot betreibt, muss nachsehen. Es wurde nichts verbraucht.
feedback-reason-interrupted = Der Bot wurde zweimal mittendrin angehalten. Diese Versuche zählen voll.
feedback-reason-unreadable = Das Transkript ließ sich nicht öffnen, oder nichts darin kann bewertet werden. Es wurde nichts gesendet.
feedback-over = Dein Feedback ist da: /feedback view.
feedback-over-failed = Diesmal gibt es kein Feedback; /feedback view sagt, warum.
feedback-cancel-job = Nicht senden
feedback-job-cancelled = Abgebrochen. Es wird nichts mehr gesendet.
feedback-job-too-late = Das ist schon vorbei. Schau in /feedback view.
feedback-failed = Das hat nicht geklappt, und es liegt an uns: Bitte versuch es gleich noch einmal. Nichts wird doppelt gesendet.

## Die Karte

feedback-head = **Feedback zu „{ $title }“**
    { $day } · { $answers } · { $model }
feedback-by-nobody = ohne Modell
feedback-by = von { $model }
feedback-strength = **Eine Stärke**
    { $text }
feedback-strength-none = **Eine Stärke**
    Keine, die sich mit deinen eigenen Worten belegen ließ.
feedback-next = **Nächster Schritt · { $criterion }, Antwort { $answer }**
    { $text }
feedback-next-none = **Nächster Schritt**
    Keiner, der sich mit deinen eigenen Worten belegen ließ.
feedback-opening = So könntest du anfangen, nur mit dem, was du gesagt hast:
feedback-opening-without = -# Ein Anfang wurde auch geschrieben. Er wird nicht gezeigt: { $why }.
feedback-why-invented = Er brachte etwas hinein, das du nicht gesagt hast
feedback-why-other = Er hielt dem nicht stand, was du gesagt hast
feedback-scores = **Bewertung, 1 bis 5** · { $total }
feedback-scores-none = **Bewertung**
    Für keine Bewertung war genug belegt.
feedback-score = **{ $criterion }** { $score }
feedback-total = insgesamt { $score }, aus { $answers }
feedback-quote = „{ $quote }“ (Zeile { $line })
feedback-range-why = -# Zwei Zahlen: Zwei Durchgänge waren sich nicht einig.
feedback-lines = -# Zeilen: /transcript view, „{ $title }“.
feedback-disputed = ✗ du widersprichst
feedback-measures = **Gezählt, nicht bewertet**
feedback-measure-length = { $words ->
        [one] { $words } Wort
       *[other] { $words } Wörter
    } in { $time }
feedback-measure-typed = { $words ->
        [one] { $words } Wort
       *[other] { $words } Wörter
    }, getippt
feedback-measure-pace = { NUMBER($value, maximumFractionDigits: 0) } Wörter in der Minute
feedback-measure-share = { NUMBER($value, maximumFractionDigits: 0) } % der Redezeit
feedback-measure-thinking = { NUMBER($value, maximumFractionDigits: 0) } s, bevor du begannst
feedback-measure-pause = längste Pause { $time }
feedback-measure-interruptions = Unterbrechungen: { $own } von dir, { $others } von anderen
feedback-measure-fillers = Füllwörter auf 100 Wörter: { NUMBER($value, maximumFractionDigits: 1) } oder mehr
feedback-measure-hedges = Abschwächungen auf 100 Wörter: { NUMBER($value, maximumFractionDigits: 1) }
feedback-fillers-note = -# Die Erkennung lässt die meisten Füllwörter weg, also ist diese Zahl zu niedrig.
feedback-past = { $median }, { $low }–{ $high }
feedback-past-share = { NUMBER($value, maximumFractionDigits: 0) } %
feedback-past-foot = { $count ->
        [one] -# In Klammern: dein einziges Interview davor.
       *[other] -# In Klammern: Mitte und Spanne deiner letzten { $count } Interviews davor.
    }
feedback-past-foot-answers = { $count ->
        [one] -# In Klammern: deine einzige Antwort dieser Art in den Interviews davor.
       *[other] -# In Klammern: Mitte und Spanne deiner letzten { $count } Antworten dieser Art, in den Interviews davor.
    }
feedback-dropped = -# Weggelassen, weil unsere Prüfungen es nicht durchließen: { $count ->
        [one] { $count } Stelle
       *[other] { $count } Stellen
    } von dem, was das Modell schrieb.
feedback-flagged = -# Nicht gesendet, weil es sich wie eine Anweisung an ein Modell liest: Zeile { $lines }.
feedback-foot = -# Nur zum Üben. Es kann falsch sein. Es sagt nichts über dich als Person und entscheidet nichts.
feedback-foot-ai = -# Von einem Modell geschrieben. Unsere Regeln prüfen, dass jedes Zitat Wort für Wort von dir ist. Ob es die Bewertung rechtfertigt, kann keine Regel prüfen: Lies die Zitate. Es kann falsch sein. Nur zum Üben. Es sagt nichts über dich als Person und entscheidet nichts.
feedback-unreadable = Dieses Feedback wurde verändert oder beschädigt und lässt sich nicht öffnen. Mit /feedback delete kannst du es löschen.
feedback-dispute-button = Ich widerspreche
feedback-delete-button = Löschen
feedback-answer-menu = Eine Antwort im Einzelnen
feedback-answer-option = { $number }. { $question }
feedback-answer-unasked = Alles, was du gesagt hast
feedback-answer-head = **Antwort { $number }** · { $score }
feedback-status-unanswered = nicht beantwortet
feedback-status-short = weniger als { $words } Wörter, also nicht bewertet
feedback-status-unsure = zu unsicher erkannt, also nicht bewertet
feedback-status-left-out = nicht gesendet: Das Interview ist zu lang für eine Anfrage
feedback-status-unjudged = nicht beurteilt
feedback-lines-button = Diese Zeilen lesen
feedback-back = Das ganze Interview
feedback-no-answer = Eine Antwort mit dieser Nummer gibt es nicht. { $count ->
        [one] Es gibt eine.
       *[other] Es gibt { $count }.
    }

## Bilder

feedback-timeline-title = Wer wann sprach
feedback-timeline-subtitle = { $day } · { $time } · { $questions }
feedback-timeline-pauses = Pausen ab { NUMBER($seconds, maximumFractionDigits: 0) } s
feedback-role-candidate = wird befragt
feedback-role-interviewer = fragt
feedback-role-observer = hört zu
feedback-you = Du
feedback-others = Andere
feedback-somebody = Person { $number }
feedback-lane-note = { $role } · { NUMBER($share, maximumFractionDigits: 0) } %
feedback-timeline-alt = Wer wann sprach, in { $time }. { $people }. { $questions }. Pausen ab 3 Sekunden: { $pauses }.
feedback-timeline-alt-person = { $name } ({ $role }): { NUMBER($share, maximumFractionDigits: 0) } % der Redezeit
feedback-pauses-none = keine
feedback-pauses = { $count }, die längste { $time }
feedback-scores-title = Bewertung
feedback-scores-subtitle = 1 bis 5 · { $answers } · gestreift: zwei Durchgänge uneinig
feedback-scores-subtitle-sure = 1 bis 5 · { $answers }
feedback-scores-alt = Bewertung von 1 bis 5. { $items }.
feedback-scores-alt-item = { $criterion }: { $score }
feedback-progress-title = Verlauf
feedback-progress-subtitle = { $interviews } · zum Üben, an dir selbst gemessen
feedback-progress-range = Punkt: Mittel der Antworten; Balken: wo zwei Durchgänge uneinig waren
feedback-progress-break = Raster, Anweisungen oder Modell geändert: darüber hinweg nicht vergleichbar
feedback-progress-missing = zu wenig belegt
feedback-progress-alt = Bewertung über { $interviews }, von 1 bis 5; „?“ heißt zu wenig belegt. { $items }.
feedback-progress-alt-item = { $criterion }: { $scores }
feedback-progress-alt-break = (geändert)
feedback-altogether = Insgesamt

## Vergleichen

feedback-compare-head = **Nebeneinander**
    { $before } → { $after }
feedback-compare-line = - **{ $criterion }** { $before } → { $after }
feedback-compare-higher = - **{ $criterion }** { $before } → { $after } (höher)
feedback-compare-lower = - **{ $criterion }** { $before } → { $after } (niedriger)
feedback-compare-foot = -# Höher oder niedriger steht nur dort, wo der Unterschied größer ist als das, was zwei Durchgänge offenlassen. Zwei Interviews sagen wenig.
feedback-compare-same = Wähle zwei verschiedene.
feedback-compare-apart = Diese beiden wurden nach verschiedenen Rastern, Anweisungen oder Modellen beurteilt, also sagen ihre Bewertungen nichts übereinander aus. Was gezählt wurde, lässt sich vergleichen:
feedback-compare-unscored = Mindestens eines hat keine Bewertung. Was gezählt wurde, lässt sich vergleichen:
feedback-progress-head = **Verlauf** · { $interviews }
feedback-progress-line = - **{ $criterion }** { $median } ({ $range }, { $interviews })
feedback-progress-none = Aus dieser Zeit gibt es keine Bewertung. Was gezählt wurde, steht bei jedem Interview in /feedback view.
feedback-progress-unscored = -# Ohne Bewertung und nicht im Bild: { $interviews }.
feedback-progress-breaks = -# Raster, Anweisungen oder Modell haben sich in dieser Zeit { $count ->
        [one] einmal
       *[other] { $count }-mal
    } geändert; zusammengefasst ist nur, was nach der letzten Änderung kam.
feedback-progress-foot = -# Mitte und Spanne der höchstens { $most } letzten Interviews. Nur zum Üben.

## Widersprechen, löschen

feedback-dispute-title = Ich widerspreche
feedback-dispute-which = Welcher Bewertung?
feedback-dispute-why = Warum?
    .hint = Für dich und alle, die du um Prüfung bittest. Die Bewertung bleibt, dein Widerspruch steht daneben.
feedback-dispute-kept = Festgehalten: Du widersprichst bei { $criterion }. Das steht ab jetzt neben der Bewertung. Damit ein Mensch es ansieht: /privacy request.
feedback-dispute-no-score = Es gibt keine Bewertung, der du widersprechen könntest.
feedback-sure = Das Feedback zu **„{ $title }“** endgültig löschen? Das Transkript bleibt, und auch, was du und andere notiert haben: /feedback delete-note.
feedback-delete = Endgültig löschen
feedback-keep = Behalten
feedback-kept = Behalten.
feedback-deleted = Gelöscht.
feedback-note-own = für dich selbst
feedback-note-given = für { $person }
feedback-note-got = von { $person }
feedback-note-unknown = jemand anders
feedback-note-none = Es gibt keine solche Notiz von dir oder für dich. /feedback delete-note bietet an, was es gibt, während du tippst.
feedback-note-sure-own = Endgültig löschen, was du zu **„{ $title }“** über dich notiert hast?
feedback-note-sure-given = Endgültig löschen, was du am { $day } für { $person } notiert hast? Vielleicht wurde es schon gelesen; danach kann es niemand mehr.
feedback-note-sure-got = Endgültig löschen, was { $person } zu **„{ $title }“** für dich notiert hat?
feedback-choice = { $day } · { $title }
feedback-untitled = (ohne Titel)

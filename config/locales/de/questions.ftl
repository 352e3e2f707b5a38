# /questions: die Fragen, eigene Fragen eines Servers und Übungstage.

cmd-questions =
    .description = Fragen zum Üben
cmd-questions-list =
    .description = Die Fragen durchsehen
    .param-search = Wörter aus der Frage oder eine Technologie
    .param-type = Welche Art von Interview
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
    .param-level = Für wie viel Erfahrung
    .choice-level-junior = Junior
    .choice-level-middle = Mid-Level
    .choice-level-senior = Senior
    .param-page = Welche Seite
cmd-questions-random =
    .description = Eine zufällige Frage zum Üben
    .param-type = Welche Art von Interview
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
    .param-level = Für wie viel Erfahrung
    .choice-level-junior = Junior
    .choice-level-middle = Mid-Level
    .choice-level-senior = Senior
cmd-questions-add =
    .description = Eine Frage dieses Servers hinzufügen; für alle, die ihn verwalten
    .param-type = Welche Art von Interview
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
    .param-level = Für wie viel Erfahrung
    .choice-level-junior = Junior
    .choice-level-middle = Mid-Level
    .choice-level-senior = Senior
    .param-minutes = Wie lange eine Antwort dauern darf
    .param-language = In welcher Sprache sie geschrieben ist
    .choice-language-en = English
    .choice-language-de = Deutsch
    .choice-language-uk = Українська
cmd-questions-remove =
    .description = Eine Frage dieses Servers entfernen; für alle, die ihn verwalten
    .param-question = Welche
cmd-questions-import =
    .description = Viele Fragen aus einer Datei hinzufügen; für alle, die diesen Server verwalten
    .param-file = YAML, JSON oder CSV, höchstens 256 KiB und 200 Fragen; alle oder keine
cmd-questions-practice-streak =
    .description = Deine Übungstage zählen; nur du siehst sie
    .param-counting = An oder aus; bei „aus“ wird vergessen, was gezählt wurde
    .choice-counting-on = an
    .choice-counting-off = aus

questions-type-behavioural = Verhalten
questions-type-technical = Technik
questions-type-system-design = Systemdesign
questions-type-case = Fallstudie
questions-level-junior = Junior
questions-level-middle = Mid-Level
questions-level-senior = Senior

questions-form-title = Eine Frage dieses Servers
questions-form-text = Die Frage
questions-form-covers = Was eine gute Antwort enthält
    .hint = Ein Punkt pro Zeile, einer bis acht
questions-form-follow-ups = Was danach gefragt werden kann, je eine Zeile

questions-none = Keine Frage passt: Lass etwas weg oder suche nach anderen Wörtern.
questions-found = { $count ->
        [one] **Eine Frage passt**
       *[other] **{ $count } Fragen passen**
    }
questions-page = -# Seite { $page } von { $pages }
questions-own = von diesem Server
questions-card-kind = { $type } · { $level } · { $minutes ->
        [one] etwa eine Minute
       *[other] etwa { $minutes } Minuten
    }
questions-card-covers = **Was eine gute Antwort enthält** (drück auf eine Zeile, um sie zu lesen)
questions-card-follow-ups = **Was danach gefragt werden kann**

questions-not-allowed = Das können nur die, die diesen Server verwalten: Frag jemanden von ihnen. Es wurde nichts geändert.
questions-no-such = So eine Frage hat dieser Server nicht: Wähle eine von denen, die angeboten werden.
questions-removed = Entfernt: Sie wird nicht mehr gestellt.
questions-added = { $count ->
        [one] Hinzugefügt: eine Frage. Sie ist mit deinem Schlüssel versiegelt und verschwindet mit deinem Konto.
       *[other] Hinzugefügt: { $count } Fragen. Sie sind mit deinem Schlüssel versiegelt und verschwinden mit deinem Konto.
    }
questions-too-many = Ein Server hat höchstens { $count } eigene Fragen: Entferne erst einige. Es wurde nichts hinzugefügt.
questions-file-kind = Die Datei muss auf .yaml, .json oder .csv enden. Es wurde nichts hinzugefügt.

# Nichts wird hinzugefügt, wenn einer dieser Sätze kommt. $field ist der Name eines Feldes in der Datei.
questions-fault-entry = Frage { $entry } der Datei:
questions-fault-too-large = Die Datei hat mehr als { $limit } KiB: Mach sie kleiner. Es wurde nichts hinzugefügt.
questions-fault-not-readable = Die Datei lässt sich nicht lesen: Sie muss UTF-8 sein und das Format haben, das ihr Name sagt. Es wurde nichts hinzugefügt.
questions-fault-no-entries = Die Datei muss eine Liste von Fragen enthalten. Es wurde nichts hinzugefügt.
questions-fault-too-many = Die Datei hat mehr als { $limit } Fragen: Teile sie auf. Es wurde nichts hinzugefügt.
questions-fault-not-an-entry = Das muss eine Frage mit ihren Feldern sein. Es wurde nichts hinzugefügt.
questions-fault-unknown-field = Ein Feld „{ $field }“ gibt es nicht: Entferne es oder berichtige den Namen. Es wurde nichts hinzugefügt.
questions-fault-missing = „{ $field }“ fehlt: Ergänze es. Es wurde nichts hinzugefügt.
questions-fault-not-text = „{ $field }“ muss Text sein. Es wurde nichts hinzugefügt.
questions-fault-not-a-list = „{ $field }“ muss eine Liste sein. Es wurde nichts hinzugefügt.
questions-fault-too-long = „{ $field }“ hat mehr als { $limit } Zeichen: Kürze es. Es wurde nichts hinzugefügt.
questions-fault-too-few-or-many = „{ $field }“ muss { $limit } Zeilen haben. Es wurde nichts hinzugefügt.
questions-fault-not-one-of = „{ $field }“ muss eines davon sein: { $limit }. Es wurde nichts hinzugefügt.
questions-fault-not-a-number = „{ $field }“ muss eine Zahl im Bereich { $limit } sein. Es wurde nichts hinzugefügt.
questions-fault-twice = Diese Frage gibt es schon: Nimm sie heraus. Es wurde nichts hinzugefügt.

questions-streak-off = Es wird nicht mehr gezählt; was gezählt wurde, ist vergessen.
questions-streak-not-counted = Deine Übungstage werden nicht gezählt. Schalte es ein mit /questions practice-streak counting: on. Nur du siehst sie.
questions-streak-empty = Ab jetzt zählt jeder Tag mit einem Interview, an dem du teilnimmst oder das du speicherst. Nur du siehst es.
questions-streak-running = { $days ->
        [one] **Ein Übungstag** bisher: Komm morgen wieder.
       *[other] **{ $days } Übungstage** hintereinander
    }
questions-streak-over = Gerade läuft keine Reihe von Tagen: Mit dem nächsten Interview beginnt eine.
questions-streak-longest = { $days ->
        [one] Längste Reihe: ein Tag
       *[other] Längste Reihe: { $days } Tage
    }
questions-streak-total = { $days ->
        [one] Insgesamt: ein Tag
       *[other] Insgesamt: { $days } Tage
    }
questions-streak-note = -# In deiner Zeitzone, siehe /settings. Nur diese Zahlen und der letzte Tag werden aufbewahrt.

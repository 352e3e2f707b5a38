# /help und /report.

cmd-help =
    .description = Was dieser Bot tut, und wie du anfängst
cmd-report =
    .description = Ein Problem oder Missbrauch melden

help-what = **Vorstellungsgespräche mündlich üben.** Der Bot stellt Fragen, schreibt auf, was die sagen, die eingewilligt haben, und bewahrt nichts auf, was niemand speichert. Er ist nur zum Üben da: Niemand wird damit eingestellt oder abgelehnt.
help-first =
    {""}**Erste Schritte**
    1. Geh in einen Sprachkanal und verwende { $start }.
    2. Drück unter dem Hinweis auf „Teilnehmen“ oder verwende { $join }: Gehört wirst du erst, wenn du Ja gesagt hast.
    3. Sprich. Das Interview verlassen oder pausieren kannst du jederzeit mit einem Klick.
help-practise = **Mehr zum Üben:** eine zufällige Frage { $random } · jemanden zum Üben finden { $queue }
help-after = **Danach:** dein Interview innerhalb einer halben Stunde speichern { $save } · Feedback zu deinen Antworten { $feedback } · wonach sie beurteilt werden { $rubric }
help-rights = **Deine Daten:** wer für sie verantwortlich ist und was aufbewahrt wird { $notice } · alles löschen { $delete }
help-admin = **Du verwaltest diesen Server:** Mit /admin setup ist er in einer Minute bereit.
help-report = Etwas stimmt nicht, oder jemand missbraucht den Bot? { $report }

help-report-title = Problem oder Missbrauch melden
help-report-intro =
    Die Moderation dieses Servers bekommt, was du schreibst, in ihrem Protokollkanal, **ohne deinen Namen**. Wer den Bot betreibt, bekommt es als Beschwerde, die innerhalb von 30 Tagen beantwortet wird; siehe /privacy requests. Bei Gefahr wende dich zuerst an die Polizei oder an Discord selbst.
help-report-to = An wen
help-report-to-moderators = An die Moderation dieses Servers
help-report-to-operator = An die, die den Bot betreiben
help-report-what = Was geschehen ist
    .hint = Wann, wo, und was nun geschehen soll.
help-report-empty = Es wurde nichts gesendet: Schreib, was geschehen ist.
help-report-too-many = Es wurde nichts gesendet, denn du hast gerade schon mehrmals etwas gemeldet: Sende das hier nach { $until }.
help-report-no-log = Es wurde nichts gesendet, denn die Moderation dieses Servers hat keinen Protokollkanal, in den der Bot schreiben kann: Melde es denen, die den Bot betreiben. Das hast du geschrieben:
help-report-log = ⚠ **Ein Mitglied dieses Servers meldet ein Problem** und wird hier nicht genannt:
help-reported-moderators = Die Moderation dieses Servers hat es jetzt, ohne deinen Namen.
help-reported-operator = Wer den Bot betreibt, hat es jetzt und antwortet bis { $due }; siehe /privacy requests.

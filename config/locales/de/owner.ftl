# /owner: für alle, die den Bot betreiben. Die Befehle selbst heißen nur englisch.

owner-only = Das können nur die, die den Bot betreiben, und nur auf seinem Heimatserver.
owner-health-retention = { $ok ->
    [yes] 🟢 Was fällig ist, wird rechtzeitig gelöscht.
   *[no] 🔴 Was fällig ist, wurde zuletzt nicht gelöscht: Siehe python -m bot selfcheck.
}
owner-health-requests = { $overdue ->
    [0] 🟢 Offene Anfragen: { $open }; keine ist überfällig.
   *[other] 🔴 Offene Anfragen: { $open }; überfällig: { $overdue }. Siehe python -m bot requests list.
}
owner-health-backup = { $stale ->
    [yes] 🔴 Die neueste Sicherung ist vom { $at }: Sieh nach, was jeden Tag eine anlegt, und führe python -m bot backup aus.
   *[no] 🟢 Die neueste Sicherung ist vom { $at }.
}
owner-health-no-backup = { $bare ->
    [yes] 🔴 Es gibt keine Sicherung, und mit der Platte gingen gespeicherte Transkripte verloren: { $transcripts }. Führe python -m bot backup aus.
   *[no] 🟢 Es gibt keine Sicherung, und gespeichert ist noch nichts.
}
owner-health-running = Server: { $servers }; laufende Interviews: { $interviews }.
owner-budget = Feedback diesen Monat, in Token: { $spent } verbraucht, { $reserved } reserviert, auf allen Servern zusammen.
owner-due = Nach Ablauf der Frist fällig: { $count }. Es wurde nichts gelöscht.
owner-deleted = Gelöscht: { $count }; zurückgehalten, bis noch einmal nachgesehen wird: { $held }.
owner-not-run = Fälliges wurde nicht gelöscht: Ein anderer Prozess ist schon dabei, oder der Uhr wird nicht getraut. Siehe python -m bot selfcheck.
owner-not-sure = Es ist nichts geschehen: Wähle True, wenn dieser Prozess enden soll.
owner-ending-already = Dieser Prozess endet bereits.
owner-draining = Dieser Prozess endet: Kein Interview beginnt mehr, und Gesagtes kann während der Schonfrist gespeichert werden.

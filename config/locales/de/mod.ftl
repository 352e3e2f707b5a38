# /mod: was die Moderation tut, und was ein Server nicht erlaubt.

cmd-mod =
    .description = Für die Moderation: wer hier übt, und wer nicht darf
cmd-mod-stop =
    .description = Das laufende Interview beenden; was niemand gespeichert hat, wird vernichtet
cmd-mod-sessions =
    .description = Was hier gerade läuft, und wie viel heute geübt wurde
cmd-mod-roster =
    .description = Wer im laufenden Interview gehört wird und wann eingewilligt hat; nie ein gesagtes Wort
cmd-mod-block =
    .description = Jemanden hier weder Interviews starten noch daran teilnehmen lassen
    .param-member = Wen
    .param-reason = Warum; die Person erfährt es
    .param-days = Für wie viele Tage; ohne Angabe 30
    .choice-reason-conduct = Umgang mit anderen
    .choice-reason-consent = missachtet, worin andere eingewilligt haben
    .choice-reason-age = jünger als angegeben
    .choice-reason-spam = Spam (Werbung)
    .choice-reason-other = etwas anderes
cmd-mod-unblock =
    .description = Jemanden hier wieder üben lassen, oder sehen, wer gesperrt ist
    .param-member = Wen; leer zeigt, wer gesperrt ist
cmd-mod-cooldown =
    .description = Wie lange ein Sprachkanal nach einem Interview ruht
    .param-channel = Welcher Sprachkanal
    .param-minutes = Minuten, bis das nächste beginnen darf; 0 für keine
cmd-mod-audit =
    .description = Was die Moderation hier getan hat
    .param-days = Wie viele Tage zurück; ohne Angabe 30
    .param-format = Als Nachricht oder als Datei
    .choice-format-list = hier
    .choice-format-csv = CSV-Datei

mod-only = Das können nur Mitglieder mit der Berechtigung „Mitglieder moderieren“ oder mit der Moderationsrolle dieses Servers.
mod-failed = Das hat nicht geklappt, und es liegt an uns. Es wurde nichts geändert; versuch es gleich noch einmal.

## What a server does not allow

mod-refused-blocked = Die Moderation dieses Servers lässt dich hier bis { $until } weder Interviews starten noch daran teilnehmen; ihr Grund: { $reason }. Deine Daten und Rechte bleiben unberührt: /privacy, /consent und /transcript funktionieren wie zuvor.
mod-refused-channel = Dieser Server lässt in diesem Sprachkanal keine Interviews zu: Nimm einen anderen.
mod-refused-role = Auf diesem Server werden Interviews von Mitgliedern mit einer bestimmten Rolle gestartet: Bitte jemanden mit dieser Rolle darum.
mod-refused-cooldown = Dieser Kanal ruht zwischen Interviews: Versuch es { $until } wieder, oder in einem anderen Kanal.
mod-refused-person-minutes = Du hast { $count ->
    [one] die eine Minute
   *[other] die { $count } Minuten
} aufgebraucht, die dieser Server dir für einen Tag erlaubt: Mach nach { $until } weiter.
mod-refused-server-minutes = Dieser Server hat { $count ->
    [one] seine eine Interviewminute
   *[other] seine { $count } Interviewminuten
} für heute aufgebraucht: Mach nach { $until } weiter.
mod-refused-interviews = Du hast hier heute { $count ->
    [one] ein Interview
   *[other] { $count } Interviews
} gestartet, und mehr erlaubt dieser Server nicht: Mach nach { $until } weiter oder nimm an einem teil.
mod-refused-ai = Dieser Server erlaubt kein Feedback von einem Sprachmodell. Was gezählt wird und was Menschen notieren, gibt es trotzdem, und anderswo darfst du darum bitten: Das Transkript gehört dir.
mod-reason-conduct = dein Umgang mit anderen
mod-reason-consent = du missachtest, worin andere eingewilligt haben
mod-reason-age = du bist jünger, als du gesagt hast
mod-reason-spam = Spam
mod-reason-other = keiner der üblichen

## What was done

mod-stopped = Das Interview ist vorbei, und was niemand gespeichert hat, ist vernichtet. Was vorher gespeichert wurde, gehört denen, die es gespeichert haben, und bleibt.
mod-none-running = Auf diesem Server läuft kein Interview.
mod-session = In { $channel } läuft seit { $length } ein Interview. { $people ->
    [0] Noch nimmt niemand teil.
    [one] Eine Person nimmt teil.
   *[other] { $people } Personen nehmen teil.
}
mod-session-usage = Heute, in UTC: { $count ->
    [0] noch kein Interview ist zu Ende.
    [one] ein Interview, { $minutes } min.
   *[other] { $count } Interviews, { $minutes } min.
}
mod-roster-head = **Wer in { $channel } gehört wird**
mod-roster-line = - **{ $name }**: hat am { $since } in die Transkription eingewilligt; Untertitel: { $captions ->
    [yes] ja
   *[no] nein
}
mod-roster-nobody = Niemand nimmt teil, also wird niemand gehört.
mod-roster-foot = -# Was gesagt und gespeichert wird, sieht die Moderation nicht.
mod-blocked = { $member } kann hier bis { $until } weder Interviews starten noch daran teilnehmen und erfährt das samt Grund beim Versuch. Die Sperre endet von selbst oder mit /mod unblock.
mod-blocked-out = { $member } nahm gerade teil und wird nicht mehr gehört.
mod-block-not-them = Wähle ein anderes Mitglied: weder dich selbst noch einen Bot noch jemanden, der diesen Server verwaltet.
mod-too-many-blocks = Auf diesem Server gibt es schon { $count } Sperren: Heb erst welche mit /mod unblock auf.
mod-unblocked = { $member } darf hier wieder Interviews starten und daran teilnehmen.
mod-not-blocked = { $member } ist hier nicht gesperrt.
mod-blocks-none = Hier ist niemand gesperrt.
mod-blocks-head = **Wer hier gesperrt ist**
mod-blocks-line = - { $member } bis { $until }: { $reason }
mod-blocks-more = -# Und { $count } weitere
mod-cooldown-set = { $channel } ruht nach jedem Interview { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
}.
mod-cooldown-off = In { $channel } dürfen Interviews sofort aufeinander folgen.
mod-too-many-channels = Höchstens { $count } Kanäle können genannt werden: Nimm erst einen heraus.
mod-audit-none = In dieser Zeit wurde nichts getan.
mod-audit-head = **Was hier getan wurde, das Neueste zuerst**
mod-audit-line = - { $at } · { $what }{ $mine ->
    [yes] , von dir
   *[no] {""}
}
mod-audit-more = -# Und { $count } weitere: Wähle die CSV-Datei.
mod-audit-file = Alles, was hier in dieser Zeit getan wurde, als Datei. Namen anderer werden nicht aufbewahrt.

## For the log channel

mod-log = { $who } · { $what }
mod-event-stop = laufendes Interview beendet, Ungespeichertes vernichtet
mod-event-block = ein Mitglied gesperrt
mod-event-unblock = eine Sperre aufgehoben
mod-event-cooldown = Ruhe zwischen Interviews geändert
mod-event-setup = eingerichtet
mod-event-channel = Kanäle für Interviews geändert
mod-event-role = Rollen geändert
mod-event-retention = Aufbewahrungsfristen geändert
mod-event-limits = Grenzen geändert
mod-event-provider = Feedback von einem Sprachmodell umgeschaltet
mod-event-language = öffentliche Sprache geändert
mod-event-minimum-age = Mindestalter geändert
mod-event-notice = Zeile im Hinweis geändert
mod-event-log-channel = Protokollkanal geändert
mod-event-purge = alles gelöscht, was über diesen Server aufbewahrt war
mod-event-report = ein Problem an die Moderation gemeldet

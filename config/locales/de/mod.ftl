# /mod: was Moderierende tun, und was ein Server nicht erlaubt.

cmd-mod =
    .description = Für Moderierende: wer hier übt, und wer nicht darf
cmd-mod-stop =
    .description = Das laufende Gespräch beenden; was niemand gespeichert hat, wird vernichtet
cmd-mod-sessions =
    .description = Was hier gerade läuft, und wie viel heute geübt wurde
cmd-mod-roster =
    .description = Wer im laufenden Gespräch gehört wird und seit wann zugestimmt ist; kein einziges Wort
cmd-mod-block =
    .description = Jemanden hier weder Gespräche beginnen noch beitreten lassen
    .param-member = Wen
    .param-reason = Warum; die Person erfährt es
    .param-days = Für wie viele Tage; ohne Angabe 30
    .choice-reason-conduct = Umgang mit anderen
    .choice-reason-consent = missachtet, wozu andere zugestimmt haben
    .choice-reason-age = jünger als angegeben
    .choice-reason-spam = Spam (Werbung)
    .choice-reason-other = etwas anderes
cmd-mod-unblock =
    .description = Jemanden hier wieder üben lassen, oder sehen, wer gesperrt ist
    .param-member = Wen; leer zeigt, wer gesperrt ist
cmd-mod-cooldown =
    .description = Wie lange ein Sprachkanal nach einem Gespräch ruht
    .param-channel = Welcher Sprachkanal
    .param-minutes = Minuten, bis das nächste beginnen darf; 0 für keine
cmd-mod-audit =
    .description = Was Moderierende hier getan haben
    .param-days = Wie viele Tage zurück; ohne Angabe 30
    .param-format = Als Nachricht oder als Datei
    .choice-format-list = hier
    .choice-format-csv = CSV-Datei

mod-only = Das können nur Mitglieder mit der Berechtigung „Mitglieder moderieren“ oder mit der Moderationsrolle dieses Servers.
mod-failed = Das hat nicht geklappt, und es liegt an uns. Nichts wurde geändert; versuch es gleich noch einmal.

## What a server does not allow

mod-refused-blocked = Moderierende dieses Servers lassen dich hier bis { $until } weder Gespräche beginnen noch beitreten; ihr Grund: { $reason }. Deine Daten und Rechte bleiben unberührt: /privacy, /consent und /transcript gehen wie zuvor.
mod-refused-channel = In diesem Sprachkanal hält dieser Server keine Gespräche ab: Nimm einen anderen.
mod-refused-role = Auf diesem Server beginnen Mitglieder mit einer bestimmten Rolle die Gespräche: Bitte jemanden, der sie hat.
mod-refused-cooldown = Dieser Kanal ruht zwischen Gesprächen: Versuch es { $until } wieder, oder in einem anderen Kanal.
mod-refused-person-minutes = Du hast { $count ->
    [one] die eine Minute
   *[other] die { $count } Minuten
} aufgebraucht, die dieser Server dir für einen Tag erlaubt: Mach nach { $until } weiter.
mod-refused-server-minutes = Dieser Server hat { $count ->
    [one] seine eine Minute
   *[other] seine { $count } Minuten
} Gespräche für heute aufgebraucht: Mach nach { $until } weiter.
mod-refused-interviews = Du hast hier heute { $count ->
    [one] ein Gespräch
   *[other] { $count } Gespräche
} begonnen, und mehr erlaubt dieser Server nicht: Mach nach { $until } weiter, oder tritt einem bei.
mod-refused-ai = Dieser Server erlaubt kein Feedback durch ein Sprachmodell. Was gezählt wird und was Menschen notieren, gibt es trotzdem, und anderswo darfst du danach fragen: Das Transkript gehört dir.
mod-reason-conduct = dein Umgang mit anderen
mod-reason-consent = du missachtest, wozu andere zugestimmt haben
mod-reason-age = du bist jünger, als du gesagt hast
mod-reason-spam = Spam
mod-reason-other = keiner der üblichen

## What was done

mod-stopped = Das Gespräch ist vorbei, und was niemand gespeichert hat, ist vernichtet. Was vorher gespeichert wurde, gehört denen, die es gespeichert haben, und bleibt.
mod-none-running = Auf diesem Server läuft kein Gespräch.
mod-session = In { $channel } läuft seit { $length } ein Gespräch. { $people ->
    [0] Noch nimmt niemand teil.
    [one] Eine Person nimmt teil.
   *[other] { $people } Personen nehmen teil.
}
mod-session-usage = Heute, in UTC: { $count ->
    [0] Noch kein Gespräch ist zu Ende.
    [one] ein Gespräch, { $minutes } min.
   *[other] { $count } Gespräche, { $minutes } min.
}
mod-roster-head = **Wer in { $channel } gehört wird**
mod-roster-line = - **{ $name }**: hat der Verschriftung am { $since } zugestimmt; Untertitel: { $captions ->
    [yes] ja
   *[no] nein
}
mod-roster-nobody = Niemand nimmt teil, also wird niemand gehört.
mod-roster-foot = -# Was gesagt und gespeichert wird, sehen Moderierende nicht.
mod-blocked = { $member } kann hier bis { $until } weder Gespräche beginnen noch beitreten und erfährt es samt Grund beim Versuch. Es endet von selbst oder mit /mod unblock.
mod-blocked-out = { $member } nahm gerade teil und wird nicht mehr gehört.
mod-block-not-them = Wähl ein anderes Mitglied: weder dich selbst noch einen Bot noch jemanden, der diesen Server verwaltet.
mod-too-many-blocks = Auf diesem Server gibt es schon { $count } Sperren: Heb erst welche mit /mod unblock auf.
mod-unblocked = { $member } darf hier wieder Gespräche beginnen und beitreten.
mod-not-blocked = { $member } ist hier nicht gesperrt.
mod-blocks-none = Hier ist niemand gesperrt.
mod-blocks-head = **Wer hier gesperrt ist**
mod-blocks-line = - { $member } bis { $until }: { $reason }
mod-blocks-more = -# Und { $count } weitere
mod-cooldown-set = { $channel } ruht nach jedem Gespräch { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
}.
mod-cooldown-off = In { $channel } dürfen Gespräche sofort aufeinander folgen.
mod-too-many-channels = Höchstens { $count } Kanäle können genannt werden: Nimm erst einen heraus.
mod-audit-none = In dieser Zeit wurde nichts getan.
mod-audit-head = **Was hier getan wurde, das Neueste zuerst**
mod-audit-line = - { $at } · { $what }{ $mine ->
    [yes] , von dir
   *[no] {""}
}
mod-audit-more = -# Und { $count } weitere: Wähl die CSV-Datei.
mod-audit-file = Alles, was hier in dieser Zeit getan wurde, als Datei. Namen anderer werden nicht aufbewahrt.

## For the log channel

mod-log = { $who } · { $what }
mod-event-stop = laufendes Gespräch beendet, Ungespeichertes vernichtet
mod-event-block = ein Mitglied gesperrt
mod-event-unblock = eine Sperre aufgehoben
mod-event-cooldown = Ruhe zwischen Gesprächen geändert
mod-event-setup = eingerichtet
mod-event-channel = Kanäle für Gespräche geändert
mod-event-role = Rollen geändert
mod-event-retention = Fristen der Aufbewahrung geändert
mod-event-limits = Grenzen geändert
mod-event-provider = Feedback durch ein Sprachmodell umgeschaltet
mod-event-language = öffentliche Sprache geändert
mod-event-minimum-age = Mindestalter geändert
mod-event-notice = Zeile im Hinweis geändert
mod-event-log-channel = Protokollkanal geändert
mod-event-purge = alles gelöscht, was über diesen Server aufbewahrt war
mod-event-report = ein Problem an die Moderation gemeldet

# /queue und die Einladung: wie zwei Mitglieder zueinanderfinden.

cmd-queue =
    .description = Jemanden zum Üben finden
cmd-queue-join =
    .description = Auf jemanden warten, der dasselbe üben möchte
    .param-type = Welche Art von Interview
    .choice-type-behavioural = Verhalten
    .choice-type-technical = Technik
    .choice-type-system-design = Systemdesign
    .choice-type-case = Fallstudie
    .param-level = Für wie viel Erfahrung
    .choice-level-junior = Junior
    .choice-level-middle = Mid-Level
    .choice-level-senior = Senior
cmd-queue-leave =
    .description = Nicht länger warten
cmd-queue-status =
    .description = Ob du wartest, und worauf
cmd-invite-to-a-mock-interview =
    .name = Zum Übungsinterview einladen

queue-button-yes = Ja, lass uns üben
queue-button-no = Nein, jetzt nicht
queue-button-accept = Annehmen
queue-button-decline = Ablehnen

queue-not-here = Das geht nur in einem Kanal eines Servers: Verwende den Befehl dort.
queue-joined = Du wartest auf jemanden zum Üben: { $type }, { $level }. Sobald jemand da ist, fragt euch beide namentlich eine Nachricht in einem Kanal, den ihr beide seht. Du wartest höchstens zwei Stunden; mit /queue leave hörst du auf.
queue-found = Es gibt jemanden: { $type }, { $level }. Eine Nachricht im Kanal fragt euch beide.
queue-in-already = Du bist schon in der Warteschlange dieses Servers: Sieh mit /queue status nach, oder verlasse sie mit /queue leave.
queue-no-channel = Jemand wartet, aber es gibt keinen Kanal, den ihr beide seht und in den der Bot schreiben darf: Versuch /queue join in einem anderen Kanal.
queue-left = Du wartest nicht mehr.
queue-not-in = Du bist nicht in der Warteschlange dieses Servers: Mit /queue join kommst du hinein.
queue-standing = Du wartest: { $type }, { $level }. Das endet { $until }.
queue-waiting = { $count ->
        [one] Nur du wartest darauf.
       *[other] { $count } Leute warten darauf.
    }
queue-asked = Du wirst gefragt: Drück auf Ja oder Nein unter der Nachricht mit deinem Namen.
queue-said-yes = Du hast Ja gesagt. Sobald auch die andere Person Ja sagt, steht es in der Nachricht; bis dahin kannst du mit /queue leave gehen.

# Für alle im Kanal.
queue-offer = { $one } und { $other }, ihr wollt beide üben: **{ $type }, { $level }**. Wollt ihr das zusammen tun? Beide müssen Ja sagen; das Angebot endet { $until }.
queue-matched = Beide haben Ja gesagt. Trefft euch in einem Sprachkanal; jemand von euch verwendet dort /interview start.
queue-declined = Daraus wurde nichts. Wer noch wartet, behält den Platz.
queue-over = Dieses Angebot ist vorbei. /queue join sucht ein neues.
queue-not-yours = Hier wird jemand anders gefragt: Nur wer genannt ist, kann antworten.
queue-invitation = { $member }, { $inviter } lädt dich zu einem Übungsinterview ein. Nur du kannst antworten; die Einladung endet { $until }.
queue-accepted = { $inviter }, deine Einladung wurde angenommen: Trefft euch in einem Sprachkanal, und verwende dort /interview start.

queue-invite-other = Du kannst nur andere Leute einladen, weder dich selbst noch einen Bot.
queue-invite-unseen = Dieses Mitglied sieht diesen Kanal nicht: Lade es in einem ein, den ihr beide seht.
queue-invite-not-wanted = Dieses Mitglied nimmt keine Einladungen an.
queue-invite-open = Zwischen euch ist schon eine Einladung offen, oder du hast { $count } offene: Warte erst auf eine Antwort.

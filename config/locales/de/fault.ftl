# Was der Speicher nicht getan hat, bei welchem Befehl auch immer.

fault-account-deleted = Dein Konto bei diesem Bot wurde gelöscht, während das lief. Darum wurde es nicht ausgeführt, und nichts davon wird aufbewahrt. Wenn du es noch willst, verwende den Befehl noch einmal: Du fängst dann neu an.
fault-deleted = Das, wozu es gehört, wurde währenddessen gelöscht, darum wurde es nicht ausgeführt. Sieh nach, was noch da ist, und verwende den Befehl noch einmal, wenn du ihn brauchst.
fault-full = Das wurde nicht ausgeführt: Wo dieser Bot seine Daten aufbewahrt, ist kein Platz mehr. Was schon aufbewahrt war, ist sicher. Bitte versuch es später noch einmal; wenn es so bleibt, schreib an die Adresse aus /privacy contact.
fault-later = Das wurde nicht ausgeführt: Dieser Bot kann seine Daten im Moment nicht lesen oder schreiben. Was schon aufbewahrt war, ist sicher. Bitte versuch es in ein paar Minuten noch einmal; wenn es so bleibt, schreib an die Adresse aus /privacy contact.
fault-damaged = Das lässt sich nicht öffnen: Es wurde dort, wo dieser Bot seine Daten aufbewahrt, verändert oder beschädigt. Es noch einmal zu versuchen, hilft nicht. Schreib an die Adresse aus /privacy contact, damit es in Ordnung gebracht oder gelöscht wird.

# /privacy: was über Menschen aufbewahrt wird, und ihre Rechte.

cmd-privacy =
    .description = Deine Daten: was aufbewahrt wird, und deine Rechte

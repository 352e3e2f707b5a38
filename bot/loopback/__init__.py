"""A Discord on 127.0.0.1: REST, gateway, voice gateway with DAVE, and the forwarding of media.

It is faithful enough that libraries nobody here wrote join it, and it can be made to misbehave. It knows nothing of
this bot: `bot.rehearsal` puts the two on one stage.
"""

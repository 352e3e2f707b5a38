"""A Discord on this machine alone: REST, gateway, voice, and people in it, for the rehearsal and the flow tests.

`server.LoopbackDiscord` serves a `world.World`; `connector.loopback_connector` leads an unmodified discord.py to it;
`interactions.Interactions` is what people there do.
"""

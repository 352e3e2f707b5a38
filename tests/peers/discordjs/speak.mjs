// One person in a voice call of the loopback Discord, by @discordjs/voice alone: no client library around it.
//
//   node speak.mjs '{"gateway": "wss://…", "token": "…", "guild_id": "…", "channel_id": "…"}'
//
// stdin:  `play FILE` (Ogg Opus), `leave`, one per line.
// stdout: one JSON object per line: {"event": "joined" | "encrypted" | "played" | "heard" | "left" | "state", …}.
// NODE_EXTRA_CA_CERTS names the loopback's CA. Ends with 1 if the main gateway hangs up.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  AudioPlayerStatus,
  EndBehaviorType,
  StreamType,
  VoiceConnectionStatus,
  createAudioPlayer,
  createAudioResource,
  entersState,
  joinVoiceChannel,
} from '@discordjs/voice';
import WebSocket from 'ws';

const INTENTS = (1 << 0) | (1 << 7); // GUILDS, GUILD_VOICE_STATES
const { gateway, token, guild_id: guildId, channel_id: channelId } = JSON.parse(process.argv[2]);

const tell = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);

let leaving = false;
let sequence = null;
let me = null;
let voice = null; // what @discordjs/voice wants to be told

const socket = new WebSocket(`${gateway}?v=10&encoding=json`);
const send = (op, d) => socket.send(JSON.stringify({ op, d }));

socket.on('message', (data) => {
  const { op, d, s, t } = JSON.parse(data.toString());
  sequence = s ?? sequence;
  if (op === 10) {
    setInterval(() => send(1, sequence), d.heartbeat_interval).unref();
    send(2, { token, intents: INTENTS, properties: { os: 'linux', browser: 'peer', device: 'peer' } });
  } else if (op === 0 && t === 'READY') {
    me = d.user.id;
    join();
  } else if (op === 0 && t === 'VOICE_STATE_UPDATE' && d.user_id === me) {
    voice?.onVoiceStateUpdate(d);
  } else if (op === 0 && t === 'VOICE_SERVER_UPDATE') {
    voice?.onVoiceServerUpdate(d);
  }
});
socket.on('close', (code) => process.exit(leaving ? 0 : (tell('hung up', { code }), 1)));
socket.on('error', (error) => tell('failed', { message: error.message }));

function join() {
  const connection = joinVoiceChannel({
    guildId,
    channelId,
    selfDeaf: false,
    adapterCreator: (methods) => {
      voice = methods;
      return { sendPayload: (payload) => (socket.send(JSON.stringify(payload)), true), destroy: () => {} };
    },
  });
  const player = createAudioPlayer();
  connection.subscribe(player);
  connection.on('error', (error) => tell('failed', { message: error.message }));
  player.on('error', (error) => tell('failed', { message: error.message }));
  connection.on('stateChange', (before, after) => tell('state', { from: before.status, to: after.status }));
  entersState(connection, VoiceConnectionStatus.Ready, 10_000).then(
    () => tell('joined'),
    (error) => tell('failed', { message: error.message }),
  );

  let code = null;
  setInterval(() => {
    if ((connection.voicePrivacyCode ?? null) !== code) {
      code = connection.voicePrivacyCode ?? null;
      if (code) tell('encrypted');
    }
  }, 10).unref();

  const listening = new Set();
  connection.receiver.speaking.on('start', (userId) => {
    if (listening.has(userId)) return;
    listening.add(userId);
    let packets = 0;
    let bytes = 0;
    connection.receiver
      .subscribe(userId, { end: { behavior: EndBehaviorType.AfterSilence, duration: 300 } })
      .on('data', (packet) => {
        packets += 1;
        bytes += packet.length;
      })
      .on('error', (error) => tell('failed', { message: error.message }))
      .on('close', () => {
        listening.delete(userId);
        tell('heard', { user_id: userId, packets, bytes });
      });
  });

  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line.startsWith('play ')) {
      player.play(createAudioResource(createReadStream(line.slice(5)), { inputType: StreamType.OggOpus }));
      await entersState(player, AudioPlayerStatus.Playing, 5_000);
      await entersState(player, AudioPlayerStatus.Idle, 60_000);
      tell('played');
    } else if (line === 'leave') {
      leaving = true;
      connection.destroy();
      tell('left');
      setTimeout(() => socket.close(1000), 100);
    }
  });
}

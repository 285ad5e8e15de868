import { setTimeout as sleep } from 'node:timers/promises';
import { BadgeReader } from './machines/badge-reader.mjs';
import { BrokenGateway } from './machines/broken-gateway.mjs';
import { Meter } from './machines/meter.mjs';
import { Press } from './machines/press.mjs';
import { Pump } from './machines/pump.mjs';
import { Vibration } from './machines/vibration.mjs';
import { SeededRandom } from './random.mjs';

const TICK_MS = 100;

/** The machines of the plant, `scale` times. */
function build(seed, scale) {
  const machines = [];
  const random = () => new SeededRandom(seed + machines.length * 7919);
  for (let s = 0; s < scale; s++) {
    for (let i = 1; i <= 4; i++) {
      machines.push(new Pump(`pump-${s * 4 + i}`, random()));
      machines.push(new Vibration(`vib-${s * 4 + i}`, random()));
    }
    for (let i = 1; i <= 2; i++) machines.push(new Press(`press-${s * 2 + i}`, random()));
    for (const phase of ['L1', 'L2', 'L3']) machines.push(new Meter(`meter-${s + 1}`, phase, random()));
  }
  machines.push(new BadgeReader('gate-1', random()));
  machines.push(new BrokenGateway('gateway-1', random()));
  return machines;
}

/** Plays the plant in real time until `seconds` are over or `stopped()` says so. */
export async function simulate(publisher, { seed, scale, seconds, stopped, progress }) {
  const machines = build(seed, scale);
  const start = Date.now();
  // Strictly increasing across machines and messages, so that (device, point, time) names a sample.
  let lastMicros = 0;
  for (let tick = 0; !stopped() && (seconds === 0 || Date.now() - start < seconds * 1000); tick++) {
    for (const machine of machines) {
      if (tick % machine.periodTicks !== 0) continue;
      lastMicros = Math.max(lastMicros + 1, Date.now() * 1000);
      const message = machine.message(lastMicros);
      const entry = {
        device: machine.device,
        topic: machine.topic,
        samples: Object.keys(message.values).length,
        values: message.values,
        ...(message.hasTime === false || message.malformed ? {} : { ts: lastMicros }),
        ...(message.malformed ? { malformed: true } : {}),
        ...(message.personal ? { personal: message.personal } : {}),
      };
      await publisher.publish(machine.topic, message.payload, entry);
    }
    progress?.();
    const wait = start + (tick + 1) * TICK_MS - Date.now();
    if (wait > 0) await sleep(wait);
  }
}

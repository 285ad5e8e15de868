import { setTimeout as sleep } from 'node:timers/promises';

const BATCH_MS = 20;

/**
 * A steady load for kill tests and benchmarks: `devices` devices, `perMessage` samples a message, `rate` samples a second.
 * Values follow from device and sequence, so the ledger needs no values: sample i of message n is n * 100 + i.
 */
export async function load(publisher, { devices, perMessage, rate, seconds, stopped, topic }) {
  const start = Date.now();
  const messagesPerSecond = rate / perMessage;
  let sent = 0;
  while (!stopped() && (seconds === 0 || Date.now() - start < seconds * 1000)) {
    const due = Math.floor(((Date.now() - start) / 1000) * messagesPerSecond);
    for (; sent < due && !stopped(); sent++) {
      const device = `load-${sent % devices}`;
      const sequence = Math.floor(sent / devices);
      const values = [];
      for (let i = 0; i < perMessage; i++) values.push(sequence * 100 + i);
      const micros = start * 1000 + sent;
      await publisher.publish(topic.replace('{device}', device), `{"ts":${micros},"n":${sequence},"v":[${values}]}`, {
        device, ts: micros, sequence, samples: perMessage + 1,
      });
    }
    await sleep(BATCH_MS);
  }
}

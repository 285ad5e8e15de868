import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/**
 * What the broker acknowledged, one JSON object a line: the oracle of every test that asks whether something was lost or
 * doubled. `ts` is in microseconds and absent where the payload carried no time; `values` are by point.
 */
export class Ledger {
  constructor(path) {
    this.stream = path ? createWriteStream(path) : null;
    this.messages = 0;
    this.samples = 0;
    this.malformed = 0;
  }

  acknowledge(entry) {
    this.messages++;
    if (entry.malformed) this.malformed++;
    this.samples += entry.samples;
    this.stream?.write(`${JSON.stringify(entry)}\n`);
  }

  get totals() {
    return { messages: this.messages, samples: this.samples, malformed: this.malformed };
  }

  async close() {
    if (!this.stream) return;
    this.stream.end();
    await once(this.stream, 'finish');
  }
}

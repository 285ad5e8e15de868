import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Plays a recording: one message per row of a CSV file, its cells as the file writes them, so that a value can be compared
 * bit by bit with the file. The first column is the time, the columns in `leaveOut` are not sent.
 */
export async function play(publisher, file, { topic, separator, leaveOut, rate, stopped }) {
  const device = basename(file, '.csv');
  const deviceTopic = topic.replace('{device}', device);
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  const start = Date.now();
  let header = null;
  let row = 0;
  for await (const line of lines) {
    if (line.length === 0) continue;
    const cells = line.split(separator);
    if (header === null) {
      header = cells;
      continue;
    }
    if (stopped()) return;
    if (cells.length !== header.length) {
      throw new Error(`${file}: row ${row + 1} has ${cells.length} cells, the header has ${header.length}`);
    }
    row++;
    const fields = [];
    for (let i = 1; i < header.length; i++) {
      // Numbers are copied as text: parsing and printing them again could change their last bit.
      if (!leaveOut.includes(header[i])) fields.push(`${JSON.stringify(header[i])}:${cells[i]}`);
    }
    const payload = `{"ts":${JSON.stringify(cells[0])},"values":{${fields.join(',')}}}`;
    await publisher.publish(deviceTopic, payload, {
      device, topic: deviceTopic, row, time: cells[0], samples: fields.length,
    });
    if (rate > 0) {
      const wait = start + (row * 1000) / rate - Date.now();
      if (wait > 5) await sleep(wait);
    }
  }
}

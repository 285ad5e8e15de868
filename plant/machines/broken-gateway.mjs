/** A gateway that sends what nobody can parse: cut JSON, wrong types, bytes that are no text, with a badge in it at times. */
export class BrokenGateway {
  constructor(name, random) {
    this.device = name;
    this.topic = `hamburg/water/line-1/${name}/state`;
    this.random = random;
    this.periodTicks = 7;
  }

  message(micros) {
    const badge = `B-${1000 + this.random.below(40)}-7731`;
    const payloads = [
      `{"ts": ${micros}, "flow": 12.`,
      `{"ts": "never", "flow": 12.5}`,
      `flow=12.5;operator=${badge}`,
      Buffer.from([0xff, 0xfe, 0x00, 0x80]),
      '',
      `[${'['.repeat(100)}`,
    ];
    return { payload: payloads[this.random.below(payloads.length)], values: {}, malformed: true };
  }
}

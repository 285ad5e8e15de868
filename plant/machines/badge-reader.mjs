/** A badge reader: who stands at which station, in the payload and in the topic. Badges are personal data. */
export class BadgeReader {
  constructor(name, random) {
    this.device = name;
    this.random = random;
    this.periodTicks = 10;
  }

  message(micros) {
    const badge = `B-${1000 + this.random.below(40)}-7731`;
    this.topic = `hamburg/access/${this.device}/${badge}`;
    const station = `press-${1 + this.random.below(2)}`;
    return {
      payload: JSON.stringify({ ts: micros, operator: badge, station, granted: true }),
      values: { operator: badge, station, granted: true },
      personal: ['operator'],
    };
  }
}

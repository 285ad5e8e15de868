import { dailyRhythm, round } from '../random.mjs';

const STUCK_TICKS = 50;

/** A water pump: flow, pressure, temperature, current and speed; drifts when its bearing wears, a sensor sticks at times. */
export class Pump {
  constructor(name, random) {
    this.device = name;
    this.topic = `hamburg/water/line-1/${name}/state`;
    this.random = random;
    this.wear = 0;
    this.stuck = 0;
    this.last = 21;
    this.periodTicks = 1;
  }

  message(micros) {
    const load = 0.6 + 0.2 * dailyRhythm(micros);
    this.wear = Math.min(1, this.wear + (this.device === 'pump-4' ? 0.0005 : 0.000002));
    if (this.stuck === 0 && this.random.below(2000) === 0) this.stuck = STUCK_TICKS;
    if (this.stuck > 0) this.stuck--;
    else this.last = round(this.random.normal(21 + 18 * load + 12 * this.wear, 0.15), 2);
    const values = {
      flow: round(this.random.normal(32 * load - 4 * this.wear, 0.3), 3),
      pressure: round(this.random.normal(2.4 + load, 0.02), 4),
      temperature: this.last,
      current: round(this.random.normal(4.1 + 2 * load + this.wear, 0.05), 3),
      speed: Math.round(this.random.normal(1450 + 30 * load, 2)),
    };
    return { payload: JSON.stringify({ ts: micros, q: 'GOOD', ...values }), values };
  }
}

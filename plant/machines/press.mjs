import { round } from '../random.mjs';

const STATES = ['IDLE', 'CLOSING', 'PRESSING', 'OPENING'];

/** A press: state as text, force and a counter, a flag for its door; nested as machines' gateways send it. */
export class Press {
  constructor(name, random) {
    this.device = name;
    this.topic = `hamburg/forming/line-2/${name}/cycle`;
    this.random = random;
    this.strokes = random.below(100000);
    this.step = 0;
    this.periodTicks = 2;
  }

  message(micros) {
    this.step = (this.step + 1) % STATES.length;
    const state = STATES[this.step];
    if (state === 'PRESSING') this.strokes++;
    const force = state === 'PRESSING' ? round(this.random.normal(820, 6), 1) : round(Math.abs(this.random.normal(0, 0.4)), 1);
    const door = this.random.below(200) === 0;
    const values = { state, 'force.value': force, strokes: this.strokes, door };
    return { payload: JSON.stringify({ ts: micros, state, force: { value: force }, strokes: this.strokes, door }), values };
  }
}

// A broker that speaks MQTT 3.1.1 only (aedes, of the plant's packages). Prints its port; ends when its input is closed.
import { startBroker } from '../../plant/broker.mjs';

const broker = await startBroker();
console.log(broker.port);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

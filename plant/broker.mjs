import { createServer } from 'node:net';
import { once } from 'node:events';
import { Aedes } from 'aedes';

/** An MQTT broker on loopback, on a port the system picks; sessions live as long as the process. */
export async function startBroker() {
  const broker = await Aedes.createBroker({ queueLimit: 1_000_000 });
  // Connected is not enough: what is published before a subscription stands reaches nobody.
  const subscribed = new Set();
  broker.on('subscribe', (_, client) => subscribed.add(client.id));
  const server = createServer(broker.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    /** Clients that have subscribed to something. */
    subscribers: () => subscribed.size,
    close: () => new Promise((resolve) => broker.close(() => server.close(resolve))),
  };
}

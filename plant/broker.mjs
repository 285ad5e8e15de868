import { createServer } from 'node:net';
import { once } from 'node:events';
import { Aedes } from 'aedes';

/** An MQTT broker on loopback, on a port the system picks; sessions live as long as the process. */
export async function startBroker() {
  const broker = await Aedes.createBroker({ queueLimit: 1_000_000 });
  const server = createServer(broker.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    /** Clients that hold a session under this id, connected or not. */
    connected: () => broker.connectedClients,
    close: () => new Promise((resolve) => broker.close(() => server.close(resolve))),
  };
}

import mqtt from 'mqtt';

/** Publishes with a bounded number of unacknowledged messages and enters each acknowledged one into the ledger. */
export class Publisher {
  constructor(client, ledger, { qos, inFlightMax }) {
    this.client = client;
    this.ledger = ledger;
    this.qos = qos;
    this.inFlightMax = inFlightMax;
    this.inFlight = 0;
    this.waiting = [];
  }

  static async connect(url, clientId, ledger, options) {
    const client = await mqtt.connectAsync(url, {
      clientId, protocolVersion: 4, clean: false, reconnectPeriod: 200, // aedes speaks 3.1.1 only
    });
    // mqtt.js reconnects by itself and sends again what was not acknowledged.
    client.on('error', (error) => console.error(`plant: ${error.message}`));
    return new Publisher(client, ledger, options);
  }

  /** Resolves when there is room for the next message, not when this one is acknowledged. */
  async publish(topic, payload, entry) {
    while (this.inFlight >= this.inFlightMax) await new Promise((resolve) => this.waiting.push(resolve));
    this.inFlight++;
    this.client.publish(topic, payload, { qos: this.qos }, (error) => {
      this.inFlight--;
      if (error) console.error(`plant: not acknowledged: ${error.message}`);
      else this.ledger.acknowledge(entry);
      this.waiting.shift()?.();
    });
  }

  async drain() {
    while (this.inFlight > 0) await new Promise((resolve) => this.waiting.push(resolve));
  }

  async close() {
    await this.drain();
    await this.client.endAsync();
  }
}
